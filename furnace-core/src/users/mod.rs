//! Users of a container, by number or by name. Names are the container's own: its files are read by the parser here, and
//! by nothing of the host.

mod database;
mod spec;

pub(crate) use database::{Account, Fault, find_group, find_user, groups_of};
pub(crate) use spec::Which;

pub use spec::UserSpec;

use std::ffi::OsString;
use std::path::PathBuf;

/// A user of a container, for [`Command::user`](crate::Command::user).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The name, if it was looked up by that.
    pub name: Option<OsString>,
    /// The user id.
    pub uid: u32,
    /// The group id.
    pub gid: u32,
    /// The supplementary groups, without the first group, and each once.
    pub groups: Vec<u32>,
    /// The home directory, a path inside; `/` for one that was given by number.
    pub home: PathBuf,
    /// The login shell, a path inside; `/bin/sh` for one that was given by number.
    pub shell: PathBuf,
}
