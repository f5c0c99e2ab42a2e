//! A command on a terminal of the container's own.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use furnace_core::{Child, Command, Stdio, Terminal};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer};
use rustix::stdio::{stdin, stdout};
use rustix::termios::{OptionalActions, tcsetattr};

use crate::options::user::User;
use crate::output::report::Failure;

use super::caller::Caller;
use super::channel::{Channel, callers_sink, callers_source, never_waits};
use super::relay::{Ends, Relay};
use super::size;
use super::wish::Manner;

/// The container's terminal, and the caller's if there is one.
#[derive(Debug)]
pub(super) struct Inner {
    terminal: Terminal,
    caller: Option<Caller>,
    manner: Manner,
}

impl Inner {
    pub(super) fn new(terminal: Terminal, manner: Manner, user: Option<User>) -> Result<Self, Failure> {
        if let Some(user) = user {
            terminal.set_owner(user.uid)?;
        }
        let caller = Caller::find();
        if let Some(caller) = &caller {
            // The same key erases, and so on.
            let _ = tcsetattr(&terminal, OptionalActions::Now, caller.modes());
        }
        size::follow(&terminal);
        Ok(Self {
            terminal,
            caller,
            manner,
        })
    }

    pub(super) fn spawn(&self, mut command: Command) -> Result<Child, Failure> {
        command.terminal(&self.terminal);
        if self.manner.stderr_apart {
            command.stderr(Stdio::inherit());
        }
        Ok(command.spawn()?)
    }

    pub(super) fn into_relay(self) -> Result<Relay, Failure> {
        self.carried()
            .map_err(Failure::system("cannot carry what passes between two terminals"))
    }

    fn carried(self) -> io::Result<Relay> {
        let peer = peer(&self.terminal)?;
        let master = Rc::new(self.terminal.into_master());
        never_waits(&master)?;
        let input = Channel::new(callers_source(stdin())?, Rc::clone(&master));
        let output = Channel::new(Rc::clone(&master), callers_sink(stdout())?);
        let ends = Ends {
            master,
            peer,
            shell: self.manner.shell,
        };
        Ok(Relay::new(self.caller, Some(ends), Some(input), vec![output]))
    }
}

/// Another descriptor of the end that commands have.
pub(super) fn peer(master: impl AsFd) -> io::Result<OwnedFd> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    Ok(ioctl_tiocgptpeer(master, flags)?)
}
