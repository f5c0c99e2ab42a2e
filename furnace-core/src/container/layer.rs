//! The layer of a running container: where the changes of its root are.

use std::os::fd::{AsFd, OwnedFd};

use furnace_sys::Errno;
use rustix::fs::fstatvfs;

use crate::root::Upper;

/// What a container holds on to while it has a layer.
#[derive(Debug)]
pub(crate) struct HeldLayer {
    pub(crate) upper: OwnedFd,
    /// The tree below it, without what is mounted in it.
    pub(crate) lower: OwnedFd,
    /// Given back after the descriptors.
    _in_use: Option<Upper>,
}

impl HeldLayer {
    pub(crate) fn new([upper, lower]: [OwnedFd; 2], in_use: Option<Upper>) -> Self {
        Self {
            upper,
            lower,
            _in_use: in_use,
        }
    }

    pub(crate) fn usage(&self) -> Result<LayerUsage, Errno> {
        let usage = fstatvfs(self.upper.as_fd())?;
        Ok(LayerUsage {
            size: usage.f_blocks.saturating_mul(usage.f_frsize),
            available: usage.f_bavail.saturating_mul(usage.f_frsize),
            has_inodes: usage.f_files == 0 || usage.f_favail > 0,
        })
    }
}

/// How full the file system is that keeps the changes of a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerUsage {
    size: u64,
    available: u64,
    has_inodes: bool,
}

impl LayerUsage {
    /// How many bytes it can hold in all.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many bytes it can still take.
    #[must_use]
    pub fn available(&self) -> u64 {
        self.available
    }

    /// Whether it can take nothing more: no byte, or no file.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.available == 0 || !self.has_inodes
    }
}
