//! Containers that outlive the command that has started them.

pub(crate) mod completing;
pub(crate) mod exec;
pub(crate) mod gc;
mod listed;
mod name;
pub(crate) mod ps;
mod runtime;
pub(crate) mod start;
pub(crate) mod stop;
mod timeout;
pub(crate) mod wait;

pub(crate) use name::Name;
pub(crate) use runtime::RuntimeArgs;
