//! Options, each as it is typed and as the library is told of it.

pub(crate) mod bind;
pub(crate) mod changes;
pub(crate) mod command;
pub(crate) mod container;
pub(crate) mod device;
pub(crate) mod file;
pub(crate) mod id;
pub(crate) mod idmap;
pub(crate) mod memory;
pub(crate) mod mode;
pub(crate) mod mounts;
pub(crate) mod parts;
pub(crate) mod propagation;
pub(crate) mod root;
pub(crate) mod size;
pub(crate) mod terminal;
pub(crate) mod tmpfs;
pub(crate) mod unknown;
pub(crate) mod user;
pub(crate) mod variable;
