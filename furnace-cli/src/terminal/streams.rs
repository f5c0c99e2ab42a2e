//! The standard streams of a command.

use std::process::ExitStatus;

use furnace_core::{Child, Command, Container, ErrorKind};

use crate::options::user::User;
use crate::output::report::Failure;
use crate::signals::Signals;

use super::apart::Apart;
use super::inner::Inner;
use super::wish::Kind;

/// Where they lead, and what has to be carried there.
#[derive(Debug)]
pub(crate) struct Streams(Way);

#[derive(Debug)]
enum Way {
    Terminal(Inner),
    Apart(Apart),
}

impl Streams {
    /// For a command that is to run as `user`.
    pub(crate) fn new(container: &Container, kind: Kind, user: Option<User>) -> Result<Self, Failure> {
        let (manner, must) = match kind {
            Kind::Apart { typed } => return Ok(Self(Way::Apart(Apart::new(typed)))),
            Kind::Terminal { manner, must } => (manner, must),
        };
        match container.terminal() {
            // There is something as good.
            Err(error) if error.kind() == ErrorKind::Unsupported && !must => Ok(Self(Way::Apart(Apart::new(true)))),
            terminal => Ok(Self(Way::Terminal(Inner::new(terminal?, manner, user)?))),
        }
    }

    /// Starts a command on them. If that fails another can be.
    pub(crate) fn spawn(&mut self, command: Command) -> Result<Child, Failure> {
        match &mut self.0 {
            Way::Terminal(inner) => inner.spawn(command),
            Way::Apart(apart) => apart.spawn(command),
        }
    }

    /// Waits for the command, carries what passes between it and the caller, and passes on what signals come.
    pub(crate) fn relay(self, child: &mut Child, signals: &mut Signals) -> Result<ExitStatus, Failure> {
        let relay = match self.0 {
            Way::Terminal(inner) => inner.into_relay()?,
            Way::Apart(apart) => apart.into_relay(),
        };
        relay.run(child, signals)
    }
}
