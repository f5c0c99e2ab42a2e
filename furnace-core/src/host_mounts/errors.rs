//! Failures of mounts on the host, in words.

use std::path::Path;

use furnace_sys::Errno;

use super::attached::StillMounted;
use super::place::Place;
use crate::error::escape::escaped;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};
use crate::mount::c_string;

/// The place `destination`, for an attempt.
pub(super) fn resolve(destination: &Path, attempt: &Attempt) -> Result<Place> {
    let attempt = &attempt.at(destination);
    c_string(destination.as_os_str()).map_err(|why| Error::invalid(attempt, why))?;
    Place::resolve(destination).map_err(|errno| match errno {
        Errno::BUSY => Error::invalid(attempt, "the destination is the root directory itself"),
        Errno::STALE => Error::new(Phase::Configure, ErrorKind::ResourceBusy, attempt)
            .because("the destination was moved, removed or mounted on while it was looked up"),
        errno => Error::os(Phase::Configure, attempt, errno).with_any_remedy(match errno {
            Errno::NOENT => Some("the destination must exist: nothing is made on the host but the mount"),
            Errno::LOOP => Some("the destination is a symlink that leads in a circle"),
            _ => None,
        }),
    })
}

/// A directory was to be mounted on something else, or the other way round.
pub(super) fn mismatch(attempt: &Attempt, place: &Place) -> Error {
    let why = if place.is_directory() {
        "the destination is a directory, and the source is not"
    } else {
        "the destination is not a directory, but what is to be mounted is"
    };
    Error::new(Phase::Configure, ErrorKind::NotADirectory, attempt)
        .because(why)
        .with_remedy("a directory can be mounted on a directory only, and anything else on anything else")
}

/// The kernel would not.
pub(super) fn mount(attempt: &Attempt, errno: Errno) -> Error {
    Error::os(Phase::Mount, attempt, errno).with_any_remedy(match errno {
        Errno::PERM => Some("mounting needs the capability CAP_SYS_ADMIN: run it as root, for example with sudo"),
        Errno::NOSYS => Some("the mount API is missing or filtered; furnace needs Linux 5.14 or newer"),
        Errno::NODEV => Some("this kernel lacks that file system, or its module is not loaded"),
        Errno::NOSPC => Some("a limit of the kernel is reached: see the sysctl fs.mount-max"),
        Errno::MFILE => Some("the limit of open descriptors is reached: raise it with `ulimit -n`"),
        _ => None,
    })
}

/// It is still mounted.
pub(super) fn unmount(path: &Path, why: StillMounted) -> Error {
    let attempt = Attempt::on(path, format!("cannot unmount {}", escaped(path)));
    match why {
        StillMounted::Covered => Error::new(Phase::Unmount, ErrorKind::ResourceBusy, attempt)
            .because("another mount lies over it")
            .with_remedy("unmount that one first"),
        StillMounted::NotOwner => Error::new(Phase::Unmount, ErrorKind::InvalidInput, attempt)
            .because("it belongs to the process that this one is a forked copy of"),
        StillMounted::Refused(errno) => Error::os(Phase::Unmount, attempt, errno).with_any_remedy(match errno {
            Errno::INVAL => Some("a thread can only unmount what is in its own mount namespace"),
            Errno::PERM => Some("unmounting needs the capability CAP_SYS_ADMIN"),
            _ => None,
        }),
    }
}
