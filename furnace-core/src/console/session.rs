//! The standard streams of a command.

use std::process::ExitStatus;

use super::apart::Apart;
use super::inner::Inner;
use super::signals::Signals;
use super::streams::Streams;
use crate::child::Child;
use crate::command::Command;
use crate::container::Terminal;
use crate::error::Result;

/// Where the streams of one command lead, and what has to be carried there: [opened](super::Console::open), then a command
/// is [started](Self::spawn) on it, then it is [relayed](Self::relay) until that ends.
///
/// The caller's terminal has its own modes until the relay, and has them again after it, whether that succeeds, fails or
/// panics. A session belongs to one container, and may be moved to another thread.
///
/// ```no_run
/// # fn main() -> furnace_core::Result<()> {
/// use furnace_core::console::Console;
///
/// let container = furnace_core::Container::builder("/srv/debian").own_session(true).start()?;
/// let mut session = Console::new().open(&container)?;
/// let mut top = session.spawn(container.command("top").args(["-d", "1"]))?;
/// println!("top is process {}", top.id());
/// let status = session.relay(&mut top)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is carried before it is relayed"]
pub struct Session<'fd> {
    way: Way<'fd>,
    shell: bool,
}

#[derive(Debug)]
enum Way<'fd> {
    Terminal(Inner<'fd>),
    Apart(Apart<'fd>),
}

impl<'fd> Session<'fd> {
    pub(super) fn on_terminal(terminal: Terminal, streams: Streams<'fd>, stderr_apart: bool) -> Self {
        Self {
            way: Way::Terminal(Inner::new(terminal, streams, stderr_apart)),
            shell: false,
        }
    }

    /// Without a terminal, with what is `typed` on the caller's or not.
    pub(super) fn apart(streams: Streams<'fd>, typed: bool) -> Self {
        Self {
            way: Way::Apart(Apart::new(streams, typed)),
            shell: false,
        }
    }

    /// Whether a command on it has a terminal of the container's own.
    #[must_use]
    pub fn has_terminal(&self) -> bool {
        matches!(self.way, Way::Terminal(_))
    }

    /// Starts a command on it, as the leader of a session of its own; if that fails, another can be started. Streams that
    /// the command was given itself stay as they are; on a terminal that is given to another user by
    /// [`uid`](Command::uid), this one owns it.
    ///
    /// # Errors
    ///
    /// As [`Command::spawn`]; when no pipe can be made.
    pub fn spawn(&mut self, command: &mut Command) -> Result<Child> {
        match &mut self.way {
            Way::Terminal(inner) => inner.spawn(command),
            Way::Apart(apart) => apart.spawn(command),
        }
    }

    /// The same for a shell, which ends by a hang-up where others end by SIGTERM.
    pub(super) fn spawn_shell(&mut self, command: &mut Command) -> Result<Child> {
        self.shell = true;
        self.spawn(command)
    }

    /// Waits for the command's end, and carries what passes between it and the caller until then. What it has written is
    /// written when this returns, unless a signal told the command to end and nobody reads for two seconds; what others go
    /// on to write is not waited for.
    ///
    /// While it waits, what is typed goes to the command key by key, Ctrl-C, Ctrl-Z and Ctrl-\ too. When the caller's
    /// terminal is hung up, or nobody reads the output any more, the command's terminal is hung up: it hears of that by
    /// SIGHUP, and is waited for. A process that is not in the foreground of its terminal leaves that alone.
    ///
    /// The size of the window is looked at four times a second; with [signals](Self::relay_with) it is not.
    ///
    /// # Errors
    ///
    /// [`Phase::Carry`](crate::Phase::Carry) when the output can't be written, for a full disk or such: the command may
    /// still run then, with its terminal hung up. As [`Child::wait`].
    pub fn relay(self, child: &mut Child) -> Result<ExitStatus> {
        self.run(child, None)
    }

    /// As [`relay`](Self::relay), and does what `signals` ask for.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn relay_with(self, child: &mut Child, signals: &mut dyn Signals) -> Result<ExitStatus> {
        self.run(child, Some(signals))
    }

    fn run(self, child: &mut Child, signals: Option<&mut dyn Signals>) -> Result<ExitStatus> {
        let relay = match self.way {
            Way::Terminal(inner) => inner.into_relay(self.shell)?,
            Way::Apart(apart) => apart.into_relay(),
        };
        relay.run(child, signals)
    }
}

#[cfg(test)]
mod tests {
    use super::Session;
    use crate::console::{Console, Shell};

    #[test]
    fn they_may_be_moved_to_other_threads() {
        fn is_send<T: Send>() {}
        is_send::<Session<'_>>();
        is_send::<Shell<'_>>();
        is_send::<Console<'_>>();
    }
}
