//! A command on a terminal of the container's own.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use furnace_sys::Errno;
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer};
use rustix::termios::{OptionalActions, tcsetattr};

use super::caller::Caller;
use super::channel::{Channel, callers_sink, never_waits};
use super::failed;
use super::relay::{Ends, Relay};
use super::size::Size;
use super::streams::{Streams, copy};
use crate::child::Child;
use crate::command::Command;
use crate::container::Terminal;
use crate::error::Result;

/// The container's terminal, and the caller's if there is one.
#[derive(Debug)]
pub(super) struct Inner<'fd> {
    terminal: Terminal,
    streams: Streams<'fd>,
    caller: Option<Caller>,
    /// Standard error leads elsewhere.
    stderr_apart: bool,
    size: Size,
}

impl<'fd> Inner<'fd> {
    pub(super) fn new(terminal: Terminal, streams: Streams<'fd>, stderr_apart: bool) -> Self {
        let caller = Caller::find(streams.input);
        if let Some(caller) = &caller {
            // The same key erases, and so on.
            let _ = tcsetattr(&terminal, OptionalActions::Now, caller.modes());
        }
        let mut size = Size::default();
        size.follow(&streams, &terminal);
        Self {
            terminal,
            streams,
            caller,
            stderr_apart,
            size,
        }
    }

    pub(super) fn spawn(&self, command: &mut Command) -> Result<Child> {
        if let Some(uid) = command.user_id() {
            self.terminal.set_owner(uid)?;
        }
        let stderr = match self.stderr_apart {
            true => Some(self.streams.for_command(self.streams.error)?),
            false => None,
        };
        command.spawn_apart(Some(&self.terminal), [None, None, stderr])
    }

    pub(super) fn into_relay(self, shell: bool) -> Result<Relay<'fd>> {
        self.carried(shell)
            .map_err(failed("cannot carry what passes between two terminals"))
    }

    fn carried(self, shell: bool) -> Result<Relay<'fd>, Errno> {
        let peer = peer(&self.terminal)?;
        let master = Arc::new(self.terminal.into_master());
        never_waits(&master)?;
        let source = Arc::new(copy(self.streams.input)?);
        let input = Channel::new(source, Arc::clone(&master));
        let output = Channel::new(Arc::clone(&master), callers_sink(self.streams.output)?);
        let ends = Ends {
            master,
            peer,
            streams: self.streams,
            size: self.size,
            shell,
        };
        Ok(Relay::new(self.caller, Some(ends), Some(input), vec![output]))
    }
}

/// Another descriptor of the end that commands have.
pub(super) fn peer(master: impl AsFd) -> Result<OwnedFd, Errno> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    ioctl_tiocgptpeer(master, flags)
}
