//! A command to run in a container.

pub mod words;

pub mod streams;

pub mod identity;

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;

use furnace_core::Command;

use crate::border::{boundary, given, place, value};
use crate::child::furnace_child;
use crate::error::furnace_error;
use crate::log::Log;
use crate::output::furnace_output;

/// A command to run in a container: it can be spawned any number of times. Setters check little; what makes no sense
/// is told when it is spawned. Unless changed, a command has the caller's environment and standard streams, the
/// working directory /, and the caller's user and groups. It has no other descriptor of the caller's.
///
/// One thread at a time.
#[derive(Debug)]
pub struct furnace_command {
    pub(crate) command: Command,
    log: Log,
}

impl furnace_command {
    pub(crate) fn new(command: Command, log: Log) -> Self {
        Self { command, log }
    }
}

/// Frees the command, and the descriptors that it holds. What has been spawned runs on.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_free(command: Option<Box<furnace_command>>) {
    value((), || drop(command));
}

/// Starts it. `*child` has to be freed with furnace_child_free(), which neither kills it nor waits for it.
///
/// FURNACE_PHASE_EXECUTE when the program is not there (-ENOENT) or can't be executed (-EACCES, -ENOEXEC and others);
/// FURNACE_PHASE_CONFIGURE, -EINVAL, when an argument makes no sense; FURNACE_PHASE_SPAWN when something else was in
/// the way: -ESRCH if the container is no more, -ETIMEDOUT if something inside held it up.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_spawn(
    command: Option<&mut furnace_command>,
    child: Option<&mut MaybeUninit<Box<furnace_child>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let furnace_command { command, log } = given(command, "command")?;
        let child = place(child, "child")?;
        let spawned = log.scope(|| command.spawn())?;
        child.write(Box::new(furnace_child::new(spawned, log.clone())));
        Ok(())
    })
}

/// Starts it, and waits until it ends. `*wait_status` tells how, as waitpid(2) does: for WIFEXITED() and its kin of
/// <sys/wait.h>. Such an end is no failure of this function, whatever the status is.
///
/// Fails as furnace_command_spawn() and furnace_child_wait() do.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_run(
    command: Option<&mut furnace_command>,
    wait_status: Option<&mut MaybeUninit<c_int>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let furnace_command { command, log } = given(command, "command")?;
        let wait_status = place(wait_status, "wait_status")?;
        wait_status.write(log.scope(|| command.status())?.into_raw());
        Ok(())
    })
}

/// Starts it, and collects what it writes until it ends. Unless set otherwise, its standard input is empty, and
/// standard output and error go into `*output`, which has to be freed with furnace_output_free().
///
/// Fails as furnace_command_spawn() and furnace_child_wait_with_output() do.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_output(
    command: Option<&mut furnace_command>,
    output: Option<&mut MaybeUninit<Box<furnace_output>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let furnace_command { command, log } = given(command, "command")?;
        let output = place(output, "output")?;
        let collected = log.scope(|| command.output())?;
        output.write(Box::new(collected.into()));
        Ok(())
    })
}
