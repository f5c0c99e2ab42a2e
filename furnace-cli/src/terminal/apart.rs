//! A command without a terminal: pipes are where the caller has one.

use std::io::{self, pipe};
use std::os::fd::OwnedFd;
use std::rc::Rc;

use furnace_core::{Child, Command, Stdio};
use rustix::fs::fstat;
use rustix::stdio::{stderr, stdin, stdout};
use rustix::termios::isatty;

use crate::output::report::Failure;

use super::caller::Caller;
use super::channel::{Channel, callers_sink, callers_source, never_waits};
use super::relay::Relay;

/// The caller's streams; what is no terminal is the command's own.
#[derive(Debug)]
pub(super) struct Apart {
    typed: bool,
    input: Option<Channel>,
    outputs: Vec<Channel>,
}

impl Apart {
    /// With what is `typed` on the caller's terminal passed on, or not.
    pub(super) fn new(typed: bool) -> Self {
        Self {
            typed,
            input: None,
            outputs: Vec::new(),
        }
    }

    pub(super) fn spawn(&mut self, mut command: Command) -> Result<Child, Failure> {
        self.outputs = pipes(&mut command).map_err(Failure::system("cannot make a pipe for the command"))?;
        if isatty(stdin()) {
            command.stdin(if self.typed { Stdio::piped() } else { Stdio::null() });
        }
        let mut child = command.new_session(true).spawn()?;
        if let Some(to) = child.stdin.take() {
            self.input = Some(typed_into(to.into()).map_err(Failure::system("cannot read from the terminal"))?);
        }
        Ok(child)
    }

    pub(super) fn into_relay(self) -> Relay {
        let caller = self.input.as_ref().and_then(|_| Caller::find());
        Relay::new(caller, None, self.input, self.outputs)
    }
}

/// Leads output and error through pipes, as far as they are terminals: through one where they are the same, so that all
/// comes in its order.
fn pipes(command: &mut Command) -> io::Result<Vec<Channel>> {
    let channel = |to: io::Result<Rc<OwnedFd>>| {
        let (ours, theirs) = pipe()?;
        never_waits(&ours)?;
        io::Result::Ok((Channel::new(Rc::new(ours.into()), to?), theirs))
    };
    let mut channels = Vec::new();
    let [output, error] = [isatty(stdout()), isatty(stderr())];
    if output {
        let (carried, theirs) = channel(callers_sink(stdout()))?;
        channels.push(carried);
        if error && fstat(stdout())?.st_rdev == fstat(stderr())?.st_rdev {
            command.stderr(theirs.try_clone()?).stdout(theirs);
            return Ok(channels);
        }
        command.stdout(theirs);
    }
    if error {
        let (carried, theirs) = channel(callers_sink(stderr()))?;
        channels.push(carried);
        command.stderr(theirs);
    }
    Ok(channels)
}

fn typed_into(to: OwnedFd) -> io::Result<Channel> {
    never_waits(&to)?;
    Ok(Channel::new(callers_source(stdin())?, Rc::new(to)))
}
