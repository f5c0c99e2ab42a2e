//! Which mount a file is on.

use std::ffi::CStr;
use std::os::fd::AsFd;

use furnace_sys::Errno;
use rustix::fs::{AtFlags, StatxFlags, statx};

/// `STATX_MNT_ID_UNIQUE`, Linux 6.8.
const UNIQUE: StatxFlags = StatxFlags::from_bits_retain(0x4000);

/// A mount by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MountId {
    /// The one that mountinfo shows. A later mount can get it again.
    pub(crate) shown: u64,
    /// One that no other mount ever gets, from kernels that have it.
    unique: Option<u64>,
}

impl MountId {
    /// The mount that a descriptor's file is on.
    pub(crate) fn of(file: impl AsFd) -> Result<Self, Errno> {
        Self::find(file, c"", AtFlags::EMPTY_PATH)
    }

    /// The topmost mount at `name` in `directory`, by a call that opens nothing: a descriptor, or a copy of it that
    /// another thread has just forked, would keep that mount busy.
    pub(crate) fn at(directory: impl AsFd, name: &CStr) -> Result<Self, Errno> {
        Self::find(directory, name, AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT)
    }

    fn find(directory: impl AsFd, name: &CStr, flags: AtFlags) -> Result<Self, Errno> {
        let shown = statx(&directory, name, flags, StatxFlags::MNT_ID)?;
        if shown.stx_mask & StatxFlags::MNT_ID.bits() == 0 {
            return Err(Errno::NOSYS);
        }
        let other = statx(&directory, name, flags, UNIQUE)?;
        Ok(Self {
            shown: shown.stx_mnt_id,
            unique: (other.stx_mask & UNIQUE.bits() != 0).then_some(other.stx_mnt_id),
        })
    }
}
