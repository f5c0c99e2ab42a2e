//! The directories that an overlay is made of, for a container's root and for a mount on the host: what must hold of them,
//! and between them.

mod directory;
mod file_system;
mod remains;

pub(crate) use directory::{Directory, Role, attempt, check_apart};
pub(crate) use remains::{MADE_BY_THE_KERNEL, foreign_entry};
