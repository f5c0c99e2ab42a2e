//! What is in a file or in a partition, in a word.

use std::fmt;

use furnace_sys::Errno;

use super::bytes::Window;
use super::filesystem::Filesystem;
use super::lookalikes::{self, Lookalike};
use super::superblock;
use super::unfit::Unfit;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Contents {
    Filesystem(Filesystem),
    Lookalike(&'static Lookalike),
    Unknown,
}

impl Contents {
    pub(super) fn of(window: Window<'_>) -> Result<Self, Errno> {
        match superblock::recognise(window) {
            Ok(Some(superblock)) => return Ok(Self::Filesystem(superblock.filesystem)),
            Err(Unfit::Unreadable(errno)) => return Err(errno),
            Ok(None) | Err(_) => {}
        }
        Ok(lookalikes::find(window)?.map_or(Self::Unknown, Self::Lookalike))
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filesystem(filesystem) => filesystem.fmt(f),
            Self::Lookalike(lookalike) => f.write_str(lookalike.what),
            Self::Unknown => f.write_str("no known file system"),
        }
    }
}
