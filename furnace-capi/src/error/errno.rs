//! The errno of each failure. It is promised: programs compare it.

use std::ffi::c_int;

use furnace_core::{Error, ErrorKind};

pub(super) const EPERM: c_int = 1;
pub(super) const ENOENT: c_int = 2;
pub(super) const ESRCH: c_int = 3;
pub(super) const EIO: c_int = 5;
pub(super) const E2BIG: c_int = 7;
pub(super) const ENOEXEC: c_int = 8;
pub(super) const ECHILD: c_int = 10;
pub(super) const ENOMEM: c_int = 12;
pub(super) const EBUSY: c_int = 16;
pub(super) const EEXIST: c_int = 17;
pub(super) const ENOTDIR: c_int = 20;
pub(super) const EINVAL: c_int = 22;
pub(super) const EROFS: c_int = 30;
pub(super) const ENODATA: c_int = 61;
pub(super) const EOPNOTSUPP: c_int = 95;
pub(super) const ETIMEDOUT: c_int = 110;
pub(super) const ENOTRECOVERABLE: c_int = 131;

/// The kernel's, where it refused, and otherwise that of the kind. What is told by its kind has one errno always.
pub(super) fn errno_of(error: &Error) -> c_int {
    match error.kind() {
        ErrorKind::Ended | ErrorKind::TimedOut | ErrorKind::StatusLost => of_kind(error.kind()),
        kind => error.raw_os_error().unwrap_or_else(|| of_kind(kind)),
    }
}

fn of_kind(kind: ErrorKind) -> c_int {
    match kind {
        ErrorKind::InvalidInput => EINVAL,
        ErrorKind::NotFound => ENOENT,
        ErrorKind::PermissionDenied => EPERM,
        ErrorKind::NotADirectory => ENOTDIR,
        ErrorKind::ArgumentListTooLong => E2BIG,
        ErrorKind::NotExecutable => ENOEXEC,
        ErrorKind::Unsupported => EOPNOTSUPP,
        ErrorKind::ReadOnlyFilesystem => EROFS,
        ErrorKind::ResourceExhausted => ENOMEM,
        ErrorKind::AlreadyExists => EEXIST,
        ErrorKind::ResourceBusy => EBUSY,
        ErrorKind::Ended => ESRCH,
        ErrorKind::TimedOut => ETIMEDOUT,
        ErrorKind::StatusLost => ECHILD,
        // `Other`, and what is not there yet.
        _ => EIO,
    }
}
