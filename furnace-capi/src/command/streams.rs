//! Which descriptors a command has.

use std::ffi::c_int;
use std::mem::MaybeUninit;

use furnace_core::Stdio;

use super::furnace_command;
use crate::border::{Failure, boundary, descriptor, given, standard_stream};
use crate::error::furnace_error;

fn set_stream(
    command: Option<&mut furnace_command>,
    number: c_int,
    stdio: impl FnOnce() -> Result<Stdio, Failure>,
) -> Result<(), Failure> {
    let command = &mut given(command, "command")?.command;
    let set = match standard_stream(number)? {
        0 => furnace_core::Command::stdin,
        1 => furnace_core::Command::stdout,
        _ => furnace_core::Command::stderr,
    };
    set(command, stdio()?);
    Ok(())
}

/// Leads a standard stream (`number` is 0 for input, 1 for output, 2 for error) to the caller's descriptor `fd`. It is
/// duplicated now, so that the caller may close his own at once; the duplicate is closed when the stream is set
/// otherwise, or the command freed.
///
/// -EBADF where `fd` is no open descriptor; -EINVAL where there is no such stream.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_set_stream_fd(
    command: Option<&mut furnace_command>,
    number: c_int,
    fd: c_int,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        set_stream(command, number, || Ok(descriptor(fd, "fd")?.into()))
    })
}

/// Leads a standard stream to nowhere: nothing can be read there, and what is written is gone.
///
/// -EINVAL where there is no such stream.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_set_stream_null(
    command: Option<&mut furnace_command>,
    number: c_int,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || set_stream(command, number, || Ok(Stdio::null())))
}

/// Leads a standard stream to a pipe, a new one each time that the command is spawned; the caller's end of it is had
/// by furnace_child_take_stream().
///
/// -EINVAL where there is no such stream.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_set_stream_pipe(
    command: Option<&mut furnace_command>,
    number: c_int,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || set_stream(command, number, || Ok(Stdio::piped())))
}

/// Leads a standard stream to where the caller's own leads when it is spawned, which is the default.
///
/// -EINVAL where there is no such stream.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_set_stream_inherit(
    command: Option<&mut furnace_command>,
    number: c_int,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || set_stream(command, number, || Ok(Stdio::inherit())))
}

/// Gives the command the caller's descriptor `fd` at the number `number`, 3 or more, each number once. It is
/// duplicated now, so that the caller may close his own at once; the duplicate is closed when the command is freed. Up
/// to 252 descriptors can be given, the standard streams included.
///
/// -EBADF where `fd` is no open descriptor; -EINVAL where `number` is less than 3. That a number has been
/// given twice is told when it is spawned.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_set_fd(
    command: Option<&mut furnace_command>,
    number: c_int,
    fd: c_int,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let command = given(command, "command")?;
        if number < 3 {
            let why = format!("is {number}: the standard streams are set otherwise, and nothing lies below them");
            return Err(Failure::argument("number", why));
        }
        command.command.descriptor(number, descriptor(fd, "fd")?);
        Ok(())
    })
}
