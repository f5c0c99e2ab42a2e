//! The work directory that Furnace makes for an overlay.

use std::ffi::OsString;
use std::fs;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use furnace_sys::Errno;
use rustix::fs::{Mode, OFlags, fstat, open};

use crate::overlay::{MADE_BY_THE_KERNEL, foreign_entry};

/// Why a directory can't be the work directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    Foreign,
    InUse,
    Unreadable(Errno),
}

impl Unfit {
    pub(super) fn why(self) -> Result<&'static str, Errno> {
        match self {
            Self::Foreign => Ok("what is beside it by the name of the work directory is no directory of the caller's"),
            Self::InUse => Ok("the directory beside it by the name of the work directory is in use for something else"),
            Self::Unreadable(errno) => Err(errno),
        }
    }
}

impl From<Errno> for Unfit {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOTDIR | Errno::LOOP => Self::Foreign,
            other => Self::Unreadable(other),
        }
    }
}

/// Where it is for this upper directory, if there is a place beside that.
pub(super) fn beside(upper: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(upper.file_name()?);
    name.push(".work");
    Some(upper.parent()?.join(name))
}

/// Opens a directory of the caller's own in which there is nothing but what the kernel leaves, and no other.
pub(super) fn open_own(path: &Path) -> Result<OwnedFd, Unfit> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = open(path, flags, Mode::empty())?;
    if fstat(&directory)?.st_uid != rustix::process::geteuid().as_raw() {
        return Err(Unfit::Foreign);
    }
    match foreign_entry(&directory)? {
        None => Ok(directory),
        Some(_) => Err(Unfit::InUse),
    }
}

/// Removes it. What is in it is named by the open directory: nothing else can have come in its place.
pub(super) fn remove(directory: impl AsFd, path: &Path) {
    let open = PathBuf::from(format!("/proc/self/fd/{}", directory.as_fd().as_raw_fd()));
    for inner in MADE_BY_THE_KERNEL {
        let _ = fs::remove_dir_all(open.join(inner.to_string_lossy().as_ref()));
    }
    if let Err(error) = fs::remove_dir(path) {
        tracing::warn!(path = %crate::error::escape::escaped(path), %error, "a work directory could not be removed");
    }
}
