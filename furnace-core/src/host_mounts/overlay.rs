//! Directories over each other.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use super::attached::{Attached, Extent};
use super::guard::MountGuard;
use super::layers::Layers;
use super::{errors, filesystem};
use crate::error::escape::escaped;
use crate::error::{Attempt, Result};

/// Shows several directories over each other at one place, by an overlay file system.
///
/// ```no_run
/// # fn main() -> furnace_core::Result<()> {
/// use furnace_core::host_mounts::OverlayMount;
///
/// let system = OverlayMount::new("/srv/system")
///     .lower("/srv/packages")
///     .lower("/srv/debian")
///     .upper("/srv/changes", "/srv/work")
///     .mount()?;
/// std::fs::write(system.path().join("etc/hostname"), "build\n").expect("it can be written to");
/// # Ok(())
/// # }
/// ```
///
/// The directories may have any names. None of them may lie in another, which is also refused where the kernel would
/// allow it. What is mounted below one of them is not seen. The directories must not be changed by others while the
/// overlay is mounted.
#[derive(Clone, Debug)]
pub struct OverlayMount {
    destination: PathBuf,
    lower: Vec<PathBuf>,
    writable: Option<(PathBuf, PathBuf)>,
}

impl OverlayMount {
    /// Shows, on the directory `destination`, those directories that are added.
    pub fn new(destination: impl AsRef<Path>) -> Self {
        Self {
            destination: destination.as_ref().to_owned(),
            lower: Vec::new(),
            writable: None,
        }
    }

    /// Adds a directory below those that there are already. It is only read. There may be 500; before Linux 6.8 ten
    /// or so.
    pub fn lower(&mut self, directory: impl AsRef<Path>) -> &mut Self {
        self.lower.push(directory.as_ref().to_owned());
        self
    }

    /// The directory to which all changes go and where they stay, and one for the kernel to work in, empty or left by an
    /// earlier overlay, on the same mount. Without them the overlay is read-only.
    ///
    /// While the overlay is mounted, both are locked with flock(2), so that no two mounts of Furnace write to them. One
    /// that was unmounted lazily may still write to them after that.
    pub fn upper(&mut self, upper: impl AsRef<Path>, work: impl AsRef<Path>) -> &mut Self {
        self.writable = Some((upper.as_ref().to_owned(), work.as_ref().to_owned()));
        self
    }

    /// Mounts it.
    ///
    /// # Errors
    ///
    /// [`Phase::Configure`](crate::Phase::Configure) if a directory is not there, is not fit for its part, or is in use
    /// by another overlay ([`ErrorKind::ResourceBusy`](crate::ErrorKind::ResourceBusy)); [`Phase::Mount`](crate::Phase::Mount) if the
    /// kernel would not, for want of `CAP_SYS_ADMIN` for one. No mount is left in either case.
    pub fn mount(&self) -> Result<MountGuard> {
        let words = format!("cannot mount an overlay on {} of the host", escaped(&self.destination));
        let attempt = Attempt::on(&self.destination, words);
        let place = errors::resolve(&self.destination, &attempt)?;
        if !place.is_directory() {
            return Err(errors::mismatch(&attempt, &place));
        }
        let layers = Layers::open(&self.lower, self.writable.as_ref(), &attempt)?;
        let mount = filesystem::make(&layers, &attempt)?;
        Attached::attach(mount.as_fd(), place, Extent::Mount, layers.into_locked())
            .map(MountGuard::new)
            .map_err(|errno| errors::mount(&attempt, errno))
    }
}
