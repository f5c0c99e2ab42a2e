//! A terminal of a container's own.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, IntoRawFd};

use furnace_core::Terminal;

use crate::border::{EINVAL, boundary, given, place, value};
use crate::error::furnace_error;
use crate::types::uid_t;

/// A terminal (pty(7)) of a container's own: commands inside have one end, the caller the other. What is written to
/// the caller's end is typed there, and what is written there can be read here. The caller's terminal is not reachable
/// through it.
///
/// Any number of threads may use it at once, with all functions but furnace_terminal_free() and
/// furnace_terminal_into_fd().
#[derive(Debug)]
pub struct furnace_terminal {
    pub(crate) terminal: Terminal,
}

impl furnace_terminal {
    pub(crate) fn new(terminal: Terminal) -> Self {
        Self { terminal }
    }
}

/// Frees the terminal, and hangs it up for what runs on it.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_terminal_free(terminal: Option<Box<furnace_terminal>>) {
    value((), || drop(terminal));
}

/// The caller's end: to be read from, written to, polled. Close-on-exec. Borrowed until the terminal is freed: it must
/// not be closed. -EINVAL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_terminal_fd(terminal: Option<&furnace_terminal>) -> c_int {
    terminal.map_or(-EINVAL, |terminal| terminal.terminal.as_fd().as_raw_fd())
}

/// Frees the terminal, but for the caller's end, which becomes `*fd`, for the caller to close. No command can be put
/// on it any more; and reading from it fails with EIO once the last command that has it is gone. `terminal` is freed
/// by this, whether it succeeds or fails.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_terminal_into_fd(
    terminal: Option<Box<furnace_terminal>>,
    fd: Option<&mut MaybeUninit<c_int>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let terminal = given(terminal, "terminal")?;
        place(fd, "fd")?.write(terminal.terminal.into_master().into_raw_fd());
        Ok(())
    })
}

/// The size in characters; what runs on it hears of a change by SIGWINCH.
///
/// Fails when the container is gone.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_terminal_set_size(
    terminal: Option<&furnace_terminal>,
    rows: u16,
    columns: u16,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        Ok(given(terminal, "terminal")?.terminal.set_size(rows, columns)?)
    })
}

/// The size in characters.
///
/// Fails when the container is gone.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_terminal_size(
    terminal: Option<&furnace_terminal>,
    rows: Option<&mut MaybeUninit<u16>>,
    columns: Option<&mut MaybeUninit<u16>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let terminal = given(terminal, "terminal")?;
        let (rows, columns) = (place(rows, "rows")?, place(columns, "columns")?);
        let size = terminal.terminal.size()?;
        rows.write(size.0);
        columns.write(size.1);
        Ok(())
    })
}

/// Gives the terminal to a user of the container, who then can open it by its name. At first it is root's.
///
/// Fails when the container is gone.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_terminal_set_owner(
    terminal: Option<&furnace_terminal>,
    uid: uid_t,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || Ok(given(terminal, "terminal")?.terminal.set_owner(uid)?))
}
