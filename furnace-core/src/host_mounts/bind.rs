//! A part of the tree at a second place.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use furnace_sys::Errno;
use furnace_sys::flags::{MountAttributes, Propagation};
use furnace_sys::mounts::change_tree;
use rustix::fs::{CWD, FileType, fstat};
use rustix::mount::{OpenTreeFlags, open_tree};

use super::attached::{Attached, Extent};
use super::errors;
use super::guard::MountGuard;
use crate::error::escape::escaped;
use crate::error::{Attempt, Error, Phase, Result};
use crate::mount::c_string;

/// Shows a directory or a file of the host at another place of it.
///
/// ```no_run
/// # fn main() -> furnace_core::Result<()> {
/// use furnace_core::host_mounts::BindMount;
///
/// let guard = BindMount::new("/home/me/src", "/mnt").recursive(true).read_only(true).mount()?;
/// assert_eq!(guard.path(), std::path::Path::new("/mnt"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct BindMount {
    source: PathBuf,
    destination: PathBuf,
    read_only: bool,
    recursive: bool,
    propagation: Option<Propagation>,
}

impl BindMount {
    /// Shows `source` at `destination`, a directory if it is one, and otherwise a file.
    pub fn new(source: impl AsRef<Path>, destination: impl AsRef<Path>) -> Self {
        Self {
            source: source.as_ref().to_owned(),
            destination: destination.as_ref().to_owned(),
            read_only: false,
            recursive: false,
            propagation: None,
        }
    }

    /// Whether nothing can be changed through it, nor through any mount below it: not for a moment. By default it can.
    /// Flags of the source (`nosuid`, `nodev`, `noexec`, `ro`) are kept in either case.
    pub fn read_only(&mut self, read_only: bool) -> &mut Self {
        self.read_only = read_only;
        self
    }

    /// Whether all that is mounted below the source is seen too. By default it is not.
    pub fn recursive(&mut self, recursive: bool) -> &mut Self {
        self.recursive = recursive;
        self
    }

    /// Whether what is mounted below the source later is seen too ([`Propagation::Slave`], the default) or not
    /// ([`Propagation::Private`], the default of a read-only one, since a mount that came later would be writable). It
    /// depends on the source being shared, as it is on most systems. What is mounted below the destination is never seen
    /// at the source, and unmounting never reaches the source.
    pub fn propagation(&mut self, propagation: Propagation) -> &mut Self {
        self.propagation = Some(propagation);
        self
    }

    /// Mounts it.
    ///
    /// # Errors
    ///
    /// [`Phase::Configure`] if source or destination is not there, or one is a directory and the other is not;
    /// [`Phase::Mount`] if the kernel would not, for want of `CAP_SYS_ADMIN` for one. Nothing is left in either case.
    pub fn mount(&self) -> Result<MountGuard> {
        let attempt = Attempt::on(
            &self.destination,
            format!(
                "cannot bind {} to {} on the host",
                escaped(&self.source),
                escaped(&self.destination)
            ),
        );
        let place = errors::resolve(&self.destination, &attempt)?;
        let mount = self.detached(&attempt.at(&self.source))?;
        let kind = fstat(&mount).map_err(|errno| errors::mount(&attempt, errno))?.st_mode;
        if place.is_directory() != (FileType::from_raw_mode(kind) == FileType::Directory) {
            return Err(errors::mismatch(&attempt, &place));
        }
        let extent = if self.recursive { Extent::Tree } else { Extent::Mount };
        Attached::attach(mount.as_fd(), place, extent, Vec::new())
            .map(MountGuard::new)
            .map_err(|errno| errors::mount(&attempt, errno))
    }

    fn detached(&self, attempt: &Attempt) -> Result<OwnedFd> {
        let source = c_string(self.source.as_os_str()).map_err(|why| Error::invalid(attempt, why))?;
        let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        flags.set(OpenTreeFlags::AT_RECURSIVE, self.recursive);
        let mount = open_tree(CWD, source, flags).map_err(|errno| match errno {
            Errno::NOENT => Error::os(Phase::Configure, attempt, errno).with_remedy("the source must exist"),
            Errno::NOTDIR | Errno::ACCESS | Errno::LOOP => Error::os(Phase::Configure, attempt, errno),
            Errno::INVAL => errors::mount(attempt, errno).with_remedy(
                "part of the source is mounted unbindable, or locked by an outer container; take a part of it",
            ),
            other => errors::mount(attempt, other),
        })?;
        let attributes = if self.read_only {
            MountAttributes::READ_ONLY
        } else {
            MountAttributes::empty()
        };
        // Before it is attached, also for its propagation: unmounting a peer of the source, with what is below it, would
        // unmount what is below the source.
        change_tree(mount.as_fd(), attributes, self.wanted_propagation())
            .map_err(|errno| errors::mount(attempt, errno))?;
        Ok(mount)
    }

    fn wanted_propagation(&self) -> Propagation {
        self.propagation.unwrap_or(if self.read_only {
            Propagation::Private
        } else {
            Propagation::Slave
        })
    }
}
