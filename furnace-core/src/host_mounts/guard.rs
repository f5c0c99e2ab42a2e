//! What keeps a mount there.

use std::path::{Path, PathBuf};

use super::attached::{Attached, tell};
use super::errors;
use crate::error::Result;

/// A mount on the host, which goes with this.
///
/// It may be sent to other threads and used from them; it has to be dropped in the mount namespace in which it was made.
/// A forked copy of the process does not unmount it. If the process is killed, nobody does.
///
/// # How it goes
///
/// It is unmounted. If it is in use (an open file, a working directory, another mount below it), it is unmounted lazily,
/// with a warning through [`tracing`]: nobody finds it any more, and it is gone when its last user is. What is mounted
/// below it goes from the tree with it.
///
/// This mount goes, never another one: if somebody has unmounted it, nothing is done. If another mount lies over it, it
/// stays until that has gone, which is looked at again whenever a guard of this process goes. So guards may be dropped in
/// any order.
#[derive(Debug)]
#[must_use = "it is unmounted as soon as this is dropped"]
pub struct MountGuard {
    /// Nothing once it has been unmounted.
    attached: Option<Attached>,
    path: PathBuf,
}

impl MountGuard {
    pub(super) fn new(attached: Attached) -> Self {
        let path = attached.path().to_owned();
        Self {
            attached: Some(attached),
            path,
        }
    }

    /// Where it is mounted: absolute, without symlinks, as it was when it was mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Unmounts it, lazily if it is in use, and says what went wrong. It is not an error if somebody else has done it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ResourceBusy`](crate::ErrorKind::ResourceBusy) if another mount lies over it: it stays until a guard of this process
    /// goes after that. [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) in a forked copy of the process that
    /// has mounted it. Otherwise what umount(2) fails with, and then it stays.
    pub fn unmount(mut self) -> Result<()> {
        let Some(attached) = self.attached.take() else {
            return Ok(());
        };
        let gone = attached.unmount().map_err(|why| errors::unmount(&self.path, why))?;
        tell(&self.path, Ok(gone));
        Ok(())
    }
}

impl Drop for MountGuard {
    fn drop(&mut self) {
        if let Some(attached) = self.attached.take() {
            tell(&self.path, attached.unmount());
        }
    }
}
