//! Commands for people: the caller's terminal at one end, a command at the other.

pub mod signals;

pub mod shell;

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use furnace_core::console::Console;
use furnace_core::{Child, console};

use crate::border::{boundary, descriptor, given, place, value};
use crate::command::furnace_command;
use crate::container::furnace_container;
use crate::error::furnace_error;
use signals::Caught;

/// Where a command for people has its streams: those of the calling process or three others, on a terminal of the
/// container's own or on none. No process inside ever has a descriptor of the caller's terminal; what passes is
/// carried to and fro by the calling thread, which waits meanwhile. Nothing of the calling process changes but the
/// modes of its terminal, and those are restored; if it is killed, `reset` helps.
///
/// One thread at a time may set something, while no other uses it.
#[derive(Debug, Default)]
pub struct furnace_console {
    streams: Option<[OwnedFd; 3]>,
    terminal: Option<bool>,
    typed: bool,
    signals: Option<Caught>,
}

impl furnace_console {
    fn to_core(&self) -> Console<'_> {
        let mut console = Console::new();
        if let Some([input, output, error]) = &self.streams {
            console = console.streams(input.as_fd(), output.as_fd(), error.as_fd());
        }
        if let Some(terminal) = self.terminal {
            console = console.terminal(terminal);
        }
        console.typed(self.typed)
    }

    fn relay(&self, session: console::Session<'_>, child: &mut Child) -> furnace_core::Result<ExitStatus> {
        match &self.signals {
            Some(signals) => session.relay_with(child, &mut signals.clone()),
            None => session.relay(child),
        }
    }
}

/// A new one: the standard streams of this process, and a terminal where input and output both are one. `*console` has
/// to be freed with furnace_console_free().
#[unsafe(no_mangle)]
pub extern "C" fn furnace_console_new(
    console: Option<&mut MaybeUninit<Box<furnace_console>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        place(console, "console")?.write(Box::default());
        Ok(())
    })
}

/// Frees it, and closes the descriptors that it holds.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_console_free(console: Option<Box<furnace_console>>) {
    value((), || drop(console));
}

/// Other streams than the standard ones: what is typed comes from `input`, what is shown goes to `output` and
/// `errors`. They are duplicated now, so that the caller may close his own at once. What is set on them for all who
/// have them, such as O_NONBLOCK, stays as it is.
///
/// -EBADF for what is no open descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_console_set_streams(
    console: Option<&mut furnace_console>,
    input: c_int,
    output: c_int,
    errors: c_int,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(console, "console")?.streams = Some([
            descriptor(input, "input")?,
            descriptor(output, "output")?,
            descriptor(errors, "errors")?,
        ]);
        Ok(())
    })
}

/// Whether the command is on a terminal of the container's own. If nothing is said it is where input and output both
/// are one, and standard error, if it is none, then stays as it is. With true all three streams lead there, whatever
/// they are. With false files and pipes are passed as they are, and pipes are where the caller has a terminal.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_console_set_terminal(
    console: Option<&mut furnace_console>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(console, "console")?.terminal = Some(wanted);
        Ok(())
    })
}

/// Whether what is typed on the caller's terminal is passed on, by lines, to a command without one; by default such a
/// command finds its input empty.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_console_set_typed(
    console: Option<&mut furnace_console>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(console, "console")?.typed = wanted;
        Ok(())
    })
}

/// Whether a command will be on a terminal, as far as it can be told without a container. False for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_console_wants_terminal(console: Option<&furnace_console>) -> bool {
    value(false, || {
        console.is_some_and(|console| console.to_core().wants_terminal())
    })
}

/// Runs `command`, which is one of `container`, with `console` at its other end, until it ends. `*wait_status` tells
/// how, as waitpid(2) does. Meanwhile what is typed goes to the command key by key, Ctrl-C and Ctrl-Z too; when the
/// caller's terminal is hung up, or nobody reads the output any more, the command's is hung up. Streams that the
/// command was given itself stay as they are.
///
/// Fails as furnace_container_terminal(), furnace_command_spawn() and furnace_child_wait() do; in FURNACE_PHASE_CARRY
/// when the output can't be written (-ENOSPC and others): the command may still run then, with its terminal hung up.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_console_run(
    console: Option<&furnace_console>,
    container: Option<&furnace_container>,
    command: Option<&mut furnace_command>,
    wait_status: Option<&mut MaybeUninit<c_int>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let console = given(console, "console")?;
        let container = given(container, "container")?;
        let command = given(command, "command")?;
        let wait_status = place(wait_status, "wait_status")?;
        let status = container.log.scope(|| {
            let mut session = console.to_core().open(&container.container)?;
            let mut child = session.spawn(&mut command.command)?;
            console.relay(session, &mut child)
        })?;
        wait_status.write(status.into_raw());
        Ok(())
    })
}

/// Leaves every terminal as it was found: those that furnace_console_run() and furnace_container_shell() of this
/// process have changed, in any thread. They do so themselves when they end; this is for ends that they do not live to
/// see, such as exit(3) in another thread. It never waits, and takes a lock: it is not for signal handlers.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_restore_terminals() {
    value((), console::restore_terminals);
}
