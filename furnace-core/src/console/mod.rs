//! Commands for people: on a terminal of the container's own, with the caller's streams at the other end.
//!
//! [`Container::shell`] is the shortest way; [`Console`] is for any command.
//!
//! A process inside never has a descriptor of the caller's terminal: with one, root there could type into it
//! (`TIOCSTI`, see ioctl_tty(2)). It has a terminal of the container's own, or pipes; what passes there is carried to and
//! fro here, by the calling thread, which waits meanwhile. There is one more way to the caller's terminal, `/dev/tty` of
//! processes in the caller's session, so start the container with [`Builder::own_session`](crate::Builder::own_session)
//! (or join it with [`JoinOptions::own_session`](crate::JoinOptions::own_session)) where root inside is not trusted.
//!
//! Nothing of the calling process changes but the modes of its terminal while a command is relayed: they are restored
//! however that ends. Only what ends the process at once leaves them as they are, such as SIGKILL: then `reset` helps. No
//! signal is caught; those that the caller catches can be handed in as [`Signals`], of which [`CaughtSignals`] is one.

mod apart;
mod caller;
mod caught;
mod channel;
mod end_of_input;
mod inner;
mod prompt;
mod relay;
mod session;
mod shell;
mod signals;
mod size;
mod streams;

use std::os::fd::BorrowedFd;
use std::process::ExitStatus;

use furnace_sys::Errno;

use crate::command::Command;
use crate::container::Container;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};
use streams::{Streams, is_terminal};

pub use caller::restore_terminals;
pub use caught::CaughtSignals;
pub use session::Session;
pub use shell::Shell;
pub use signals::{Event, Signals, is_ignored};

/// Where a command for people has its streams: those of the calling process or three others, on a terminal of the
/// container's own or on none.
///
/// ```no_run
/// # fn main() -> furnace_core::Result<()> {
/// use furnace_core::console::Console;
///
/// let container = furnace_core::Container::builder("/srv/debian").own_session(true).start()?;
/// let status = Console::new().run(&container, container.command("vi").arg("/etc/motd"))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Console<'fd> {
    streams: Streams<'fd>,
    terminal: Option<bool>,
    typed: bool,
}

impl Default for Console<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'fd> Console<'fd> {
    /// The standard streams of this process; a terminal where input and output both are one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            streams: Streams::inherited(),
            terminal: None,
            typed: false,
        }
    }

    /// Other streams than the standard ones: what is typed comes from `input`, what is shown goes to `output`. What is
    /// set on them for all who have them, such as `O_NONBLOCK`, stays as it is.
    #[must_use]
    pub fn streams(self, input: BorrowedFd<'fd>, output: BorrowedFd<'fd>, error: BorrowedFd<'fd>) -> Self {
        Self {
            streams: Streams::new(input, output, error),
            ..self
        }
    }

    /// Whether the command is on a terminal. If nothing is said it is where input and output both are one, and a standard
    /// error that is none then stays as it is. With `true` all three streams lead there, whatever they are: the end of an
    /// input that is no terminal is typed (Ctrl-D). With `false` files and pipes are passed as they are, and pipes are
    /// where the caller has a terminal.
    #[must_use]
    pub fn terminal(self, terminal: bool) -> Self {
        Self {
            terminal: Some(terminal),
            ..self
        }
    }

    /// Whether what is typed on the caller's terminal is passed on to a command without one, by lines; by default such a
    /// command finds its input empty.
    #[must_use]
    pub fn typed(self, typed: bool) -> Self {
        Self { typed, ..self }
    }

    /// Whether a command will be on a terminal, as far as it can be told without a container: for who has
    /// [`Signals`] to catch before it starts.
    #[must_use]
    pub fn wants_terminal(&self) -> bool {
        self.terminal.unwrap_or_else(|| self.streams.are_a_terminal())
    }

    /// Opens a session for a command in `container`.
    ///
    /// # Errors
    ///
    /// As [`Container::terminal`]. Where nobody asked for a terminal, a container that can't have one is no error: what is
    /// typed is passed on without one.
    pub fn open(&self, container: &Container) -> Result<Session<'fd>> {
        if !self.wants_terminal() {
            return Ok(Session::apart(self.streams, self.typed));
        }
        let must = self.terminal == Some(true);
        match container.terminal() {
            // There is something as good.
            Err(error) if error.kind() == ErrorKind::Unsupported && !must => Ok(Session::apart(self.streams, true)),
            terminal => {
                let stderr_apart = !must && !is_terminal(self.streams.error);
                Ok(Session::on_terminal(terminal?, self.streams, stderr_apart))
            }
        }
    }

    /// Opens a session, and runs one command on it to its end.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), [`Session::spawn`] and [`Session::relay`].
    pub fn run(&self, container: &Container, command: &mut Command) -> Result<ExitStatus> {
        let mut session = self.open(container)?;
        let mut child = session.spawn(command)?;
        session.relay(&mut child)
    }
}

/// An error of what is carried.
fn failed(attempt: &'static str) -> impl FnOnce(Errno) -> Error {
    move |errno| Error::os(Phase::Carry, Attempt::on_no_path(attempt), errno)
}
