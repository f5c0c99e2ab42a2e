//! A container that runs.

pub mod joining;
pub mod layer;
pub mod living;
pub mod mounting;

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use furnace_core::Container;

use crate::border::{EINVAL, boundary, given, name, os_string, place, value};
use crate::command::furnace_command;
use crate::error::furnace_error;
use crate::log::Log;
use crate::terminal::furnace_terminal;
use crate::types::pid_t;
use crate::user::furnace_user;

/// A running container: namespaces, mounts and a PID 1, in which any number of commands run.
///
/// It ends with furnace_container_stop(), when it is freed, and when the process that started it ends, however that
/// happens. Everything that runs in it is killed then, and all that was mounted in it is gone. Only when it has been
/// detached it lives on, until it is stopped by its name.
///
/// Any number of threads may use it at once, with all functions but furnace_container_free(): commands may be spawned
/// from many, and a stop works while a spawn in another thread waits. It belongs to the process that started it: a
/// forked copy of that can't use it, and does not end it by freeing its copy.
#[derive(Debug)]
pub struct furnace_container {
    pub(crate) container: Container,
    pub(crate) log: Log,
}

impl furnace_container {
    pub(crate) fn new(container: Container, log: Log) -> Self {
        Self { container, log }
    }
}

/// Frees the container, and stops it, unless it has been detached, attached or joined: then it is left as it is. What
/// a failing stop would tell is only logged. Its commands and children may be freed before or after.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_container_free(container: Option<Box<furnace_container>>) {
    value((), || {
        if let Some(container) = container {
            let furnace_container { container, log } = *container;
            log.scope(|| drop(container));
        }
    });
}

/// Kills all that runs in the container and waits until nothing of it is left. To stop it again is no error; nor is it
/// that the container has died by itself. Commands that nobody waited for are reaped, and furnace_child_wait() still
/// tells how they ended.
///
/// -ETIMEDOUT when something that was killed has not ended within 30 seconds: it sits in the kernel, or a debugger
/// outside holds it. -EINVAL in a forked copy of the process that started it.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_container_stop(
    container: Option<&furnace_container>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let container = given(container, "container")?;
        Ok(container.log.scope(|| container.container.stop())?)
    })
}

/// The pid of the container's PID 1, in the caller's pid namespace. -EINVAL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_container_pid(container: Option<&furnace_container>) -> pid_t {
    container.map_or(-EINVAL, |container| container.container.id().cast_signed())
}

/// A command to run in the container: `program` is looked up there, along the command's PATH. `*command` has to be
/// freed with furnace_command_free(); it may outlive the container, but not be spawned then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_container_command(
    container: Option<&furnace_container>,
    program: *const c_char,
    command: Option<&mut MaybeUninit<Box<furnace_command>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let container = given(container, "container")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let program = unsafe { os_string(program, "program") }?;
        let command = place(command, "command")?;
        let made = container.container.command(program);
        command.write(Box::new(furnace_command::new(made, container.log.clone())));
        Ok(())
    })
}

/// Makes a new terminal in the container, for a command to be on (furnace_command_set_terminal()). `*terminal` has to
/// be freed with furnace_terminal_free().
///
/// -ENOSPC when no more terminals can be had (see the sysctl kernel.pty.max); -EOPNOTSUPP where the container has no
/// /dev/pts of its own, or was started without terminals.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_container_terminal(
    container: Option<&furnace_container>,
    terminal: Option<&mut MaybeUninit<Box<furnace_terminal>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let container = given(container, "container")?;
        let terminal = place(terminal, "terminal")?;
        let made = container.log.scope(|| container.container.terminal())?;
        terminal.write(Box::new(furnace_terminal::new(made)));
        Ok(())
    })
}

/// The user that `user` means in this container: "USER" or "USER:GROUP", each a number or a name. `*found` has to be
/// freed with furnace_user_free().
///
/// A number means itself: its group defaults to the same number, there are no supplementary groups, and nothing is
/// read. A name is looked up in the container's /etc/passwd and /etc/group; so root inside, or whoever has made the
/// root directory, decides which number it is. Nothing of the host is asked, and nothing of the container is executed.
///
/// -EINVAL for what is no user, or for a file that is not as it has to be; -ENOENT when there is no such user or
/// group, or no such file; -ETIMEDOUT when something inside has held it up for longer than the container's time limit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_container_find_user(
    container: Option<&furnace_container>,
    user: *const c_char,
    found: Option<&mut MaybeUninit<Box<furnace_user>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let container = given(container, "container")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let user = unsafe { name(user, "user") }?;
        let place = place(found, "found")?;
        let found = container.log.scope(|| container.container.find_user(user))?;
        place.write(Box::new(found.into()));
        Ok(())
    })
}
