//! What a function that fails tells.

mod codes;
mod errno;

use std::ffi::{CString, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::ptr::null;

use furnace_core::Error;

pub use codes::*;

use crate::border::{EBADF, EINVAL, Failure, c_string, value};
use errno::{ENODATA, ENOTRECOVERABLE, errno_of};

/// Why a function failed. It is made for whoever asked for it, and never changes: any number of threads may look at
/// it.
#[derive(Debug)]
pub struct furnace_error {
    code: c_int,
    phase: c_int,
    errno: c_int,
    step: i64,
    path: Option<CString>,
    message: CString,
    remedy: Option<CString>,
}

impl furnace_error {
    /// Why `function` failed.
    pub(crate) fn new(function: &'static str, failure: Failure) -> Self {
        match failure {
            Failure::Core(error) => Self::of_core(&error),
            Failure::Argument { name, why, errno } => {
                let code = match errno {
                    EINVAL | EBADF => FURNACE_ERROR_INVALID_INPUT,
                    // A descriptor is there, but cannot be duplicated.
                    _ => FURNACE_ERROR_RESOURCE_EXHAUSTED,
                };
                Self::of_call(code, errno, &format!("{function}: {name} {why}"))
            }
            Failure::NoData(why) => Self::of_call(FURNACE_ERROR_NOT_FOUND, ENODATA, &format!("{function}: {why}")),
            Failure::Panicked(why) => {
                let message = format!("{function}: libfurnace has a mistake: {why}");
                Self::of_call(FURNACE_ERROR_INTERNAL, ENOTRECOVERABLE, &message)
            }
        }
    }

    fn of_call(code: c_int, errno: c_int, message: &str) -> Self {
        Self {
            code,
            phase: FURNACE_PHASE_CONFIGURE,
            errno,
            step: 0,
            path: None,
            message: c_string(message),
            remedy: None,
        }
    }

    fn of_core(error: &Error) -> Self {
        let mut message = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(why) = cause {
            message.push_str(": ");
            message.push_str(&why.to_string());
            cause = why.source();
        }
        Self {
            code: code_of(error.kind()),
            phase: phase_of(error.phase()),
            errno: errno_of(error),
            step: error
                .step()
                .and_then(|index| i64::try_from(index).ok())
                .map_or(0, |index| index.saturating_add(1)),
            path: error.path().map(|path| c_string(path.as_os_str().as_bytes())),
            message: c_string(message),
            remedy: error.remedy().map(c_string),
        }
    }

    pub(crate) fn errno(&self) -> c_int {
        self.errno
    }

    #[cfg(test)]
    pub(crate) fn message(&self) -> &std::ffi::CStr {
        &self.message
    }
}

/// Frees the error, and all text that it gave.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_error_free(error: Option<Box<furnace_error>>) {
    value((), || drop(error));
}

/// What kind of failure it was: one of FURNACE_ERROR_*. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_error_code(error: Option<&furnace_error>) -> c_int {
    error.map_or(0, |error| error.code)
}

/// When it failed: one of FURNACE_PHASE_*. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_error_phase(error: Option<&furnace_error>) -> c_int {
    error.map_or(0, |error| error.phase)
}

/// The errno, positive: what the function returned, without the sign. Where the kernel refused something it is the
/// kernel's. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_error_errno(error: Option<&furnace_error>) -> c_int {
    error.map_or(0, |error| error.errno)
}

/// Which step of a start failed: its number, from 1, in the list that furnace_builder_explain() gives. 0 where it was
/// none of them, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_error_step(error: Option<&furnace_error>) -> i64 {
    error.map_or(0, |error| error.step)
}

/// The path that could not be used, or NULL where it was about none: one of the host for what comes from there, and
/// one inside the container for what is there. Any bytes; borrowed until the error is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_error_path(error: Option<&furnace_error>) -> *const c_char {
    pointer_to(error.and_then(|error| error.path.as_ref()))
}

/// What was tried, on what, and why it failed: one line of UTF-8 for people, without a newline. Borrowed until the
/// error is freed. NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_error_message(error: Option<&furnace_error>) -> *const c_char {
    pointer_to(error.map(|error| &error.message))
}

/// What probably helps, where that is known, for people; otherwise NULL. Borrowed until the error is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_error_remedy(error: Option<&furnace_error>) -> *const c_char {
    pointer_to(error.and_then(|error| error.remedy.as_ref()))
}

fn pointer_to(text: Option<&CString>) -> *const c_char {
    text.map_or(null(), |text| text.as_ptr())
}

#[cfg(test)]
mod tests {
    use super::{EINVAL, FURNACE_ERROR_INVALID_INPUT, FURNACE_ERROR_NOT_FOUND, Failure, furnace_error};

    #[test]
    fn the_message_has_the_cause() {
        let error = furnace_core::Container::builder("/no/such/directory").start();
        let error = furnace_error::new(
            "furnace_builder_start",
            Failure::Core(error.expect_err("it is not there")),
        );
        assert_eq!(
            error.message(),
            c"cannot use /no/such/directory as the root directory: No such file or directory (ENOENT)"
        );
        assert_eq!(error.path.as_deref(), Some(c"/no/such/directory"));
        assert_eq!((error.code, error.errno()), (FURNACE_ERROR_NOT_FOUND, 2));
    }

    #[test]
    fn a_bad_argument_is_named() {
        let error = furnace_error::new("furnace_x", Failure::argument("root", "is NULL"));
        assert_eq!(error.message(), c"furnace_x: root is NULL");
        assert_eq!((error.code, error.errno()), (FURNACE_ERROR_INVALID_INPUT, EINVAL));
    }
}
