//! A container that runs.

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use furnace_core::Container;

use crate::border::{boundary, given, os_string, path, place, value};
use crate::command::furnace_command;
use crate::error::furnace_error;
use crate::log::Log;
use crate::mount::furnace_mount;
use crate::types::pid_t;

/// A running container: namespaces, mounts and a PID 1, in which any number of commands run.
///
/// It ends with furnace_container_stop(), when it is freed, and when the process that started it ends, however that happens.
/// Everything that runs in it is killed then, and all that was mounted in it is gone. Only when it has been detached it lives
/// on, until it is stopped by its name.
///
/// Any number of threads may use it at once, with all functions but furnace_container_free(): commands may be spawned from
/// many, and a stop works while a spawn in another thread waits. It belongs to the process that started it: a forked copy of
/// that can't use it, and does not end it by freeing its copy.
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

/// Frees the container, and stops it, unless it has been detached, attached or joined: then it is left as it is. What a
/// failing stop would tell is only logged. Its commands and children may be freed before or after.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_container_free(container: Option<Box<furnace_container>>) {
    value((), || {
        if let Some(container) = container {
            let furnace_container { container, log } = *container;
            log.scope(|| drop(container));
        }
    });
}

/// Kills all that runs in the container and waits until nothing of it is left. To stop it again is no error; nor is it that
/// the container has died by itself. Commands that nobody waited for are reaped, and furnace_child_wait() still tells how
/// they ended.
///
/// -ETIMEDOUT when something that was killed has not ended within 30 seconds: it sits in the kernel, or a debugger outside
/// holds it. -EINVAL in a forked copy of the process that started it.
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

const EINVAL: pid_t = 22;

/// Mounts something in the container while it runs: what runs there already sees it at once. What is missing of the
/// destination is made, and stays. The destination is looked up inside, as it is now. `mount` stays the caller's.
///
/// -EINVAL for a mount that makes no sense; -ESRCH when the container has ended;
/// -ETIMEDOUT when something inside, a file system served from there for one, has held it up for longer than the container's
/// time limit; otherwise what the kernel refuses it with. After any error but -ETIMEDOUT nothing has been mounted.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_container_mount(
    container: Option<&furnace_container>,
    mount: Option<&furnace_mount>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let container = given(container, "container")?;
        let mount = given(mount, "mount")?.to_core();
        Ok(container.log.scope(|| container.container.mount(mount))?)
    })
}

/// Unmounts what is mounted at `destination` in the container, with all that is mounted below it, whoever mounted it. It is
/// gone from the tree at once, but stays for those that have something of it open.
///
/// -EINVAL when nothing is mounted there; otherwise as furnace_container_mount().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_container_unmount(
    container: Option<&furnace_container>,
    destination: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let container = given(container, "container")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let destination = unsafe { path(destination, "destination") }?;
        Ok(container.log.scope(|| container.container.unmount(destination))?)
    })
}

/// A command to run in the container: `program` is looked up there, along the command's PATH. `*command` has to be freed with
/// furnace_command_free(); it may outlive the container, but not be spawned then.
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
