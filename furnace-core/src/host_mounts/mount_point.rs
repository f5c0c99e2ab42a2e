//! Where something is mounted.

use std::path::Path;

use furnace_sys::Errno;
use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

use crate::error::escape::escaped;
use crate::error::{Attempt, Error, Phase, Result};
use crate::mount::c_string;

/// Whether something is mounted at `path`, a directory or a file, as the caller sees it. Symlinks are followed. Nothing is
/// mounted for it, or asked of a file system in user space.
///
/// ```
/// use furnace_core::host_mounts::is_mount_point;
///
/// # fn main() -> furnace_core::Result<()> {
/// assert!(is_mount_point("/proc")?);
/// assert!(!is_mount_point("/proc/self")?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is nothing; what else statx(2) fails with.
pub fn is_mount_point(path: impl AsRef<Path>) -> Result<bool> {
    let path = path.as_ref();
    let attempt = || {
        Attempt::on(
            path,
            format!("cannot tell whether something is mounted on {}", escaped(path)),
        )
    };
    let name = c_string(path.as_os_str()).map_err(|why| Error::invalid(attempt(), why))?;
    let about = statx(CWD, name, AtFlags::STATX_DONT_SYNC, StatxFlags::empty())
        .map_err(|errno| Error::os(Phase::Configure, attempt(), errno))?;
    if about.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT) {
        Ok(about.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
    } else {
        Err(Error::os(Phase::Configure, attempt(), Errno::OPNOTSUPP))
    }
}
