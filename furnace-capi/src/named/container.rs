//! A container that was found by its name.

use std::ffi::{CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::ptr::null;
use std::time::Duration;

use furnace_core::NamedContainer;

use super::seconds;
use crate::border::{EINVAL, boundary, c_string, given, place, value};
use crate::container::furnace_container;
use crate::container::joining::{furnace_join_options, join};
use crate::error::furnace_error;
use crate::log::Log;
use crate::types::pid_t;

/// A container that was found by its name, and ran then. Whatever happens to the name, this means the same container.
///
/// Any number of threads may use it at once, with all functions but furnace_named_free().
#[derive(Debug)]
pub struct furnace_named {
    named: NamedContainer,
    name: CString,
    root: CString,
    log: Log,
}

impl furnace_named {
    pub(crate) fn new(named: NamedContainer, log: Log) -> Self {
        Self {
            name: c_string(named.name()),
            root: c_string(named.root().as_os_str().as_bytes()),
            named,
            log,
        }
    }
}

/// Frees the handle, and does nothing to the container.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_named_free(named: Option<Box<furnace_named>>) {
    value((), || drop(named));
}

/// The name. Borrowed until it is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_named_name(named: Option<&furnace_named>) -> *const c_char {
    named.map_or(null(), |named| named.name.as_ptr())
}

/// The pid of its PID 1. -EINVAL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_named_pid(named: Option<&furnace_named>) -> pid_t {
    named.map_or(-EINVAL, |named| named.named.id().cast_signed())
}

/// The root directory, or disk image, that it was started with. Borrowed until it is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_named_root(named: Option<&furnace_named>) -> *const c_char {
    named.map_or(null(), |named| named.root.as_ptr())
}

/// When it got its name, in seconds since 1970, as time(2) counts.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_named_started(named: Option<&furnace_named>) -> i64 {
    named.map_or(0, |named| seconds(Some(named.named.started())))
}

/// Kills all that runs in it, waits until nothing of it is left, and frees the name. That it has ended already is no
/// error.
///
/// -ETIMEDOUT when something that was killed has not ended within 30 seconds: it sits in the kernel, or the process
/// that has it as a child does not wait for it.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_named_stop(
    named: Option<&furnace_named>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let named = given(named, "named")?;
        Ok(named.log.scope(|| named.named.stop())?)
    })
}

/// Waits until it has ended, by whatever cause, and frees the name.
///
/// Fails when the name can't be freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_named_wait(
    named: Option<&furnace_named>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let named = given(named, "named")?;
        Ok(named.log.scope(|| named.named.wait())?)
    })
}

/// As furnace_named_wait(), but no longer than `milliseconds`; `*ended` tells whether it has ended.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_named_wait_timeout(
    named: Option<&furnace_named>,
    milliseconds: u64,
    ended: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let named = given(named, "named")?;
        let ended = place(ended, "ended")?;
        let limit = Duration::from_millis(milliseconds);
        ended.write(named.log.scope(|| named.named.wait_within(limit))?);
        Ok(())
    })
}

/// Attaches to it, as furnace_container_attach(), which says the rest. `options` may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_named_attach(
    named: Option<&furnace_named>,
    options: Option<&furnace_join_options>,
    container: Option<&mut MaybeUninit<Box<furnace_container>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let named = given(named, "named")?;
        join(options, container, |options| options.attach_to(&named.named))
    })
}
