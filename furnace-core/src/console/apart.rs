//! A command without a terminal: pipes are where the caller has one.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use furnace_sys::Errno;
use rustix::fs::fstat;
use rustix::pipe::{PipeFlags, pipe_with};

use super::caller::Caller;
use super::channel::{Channel, callers_sink, never_waits};
use super::failed;
use super::relay::Relay;
use super::streams::{Stream, Streams, copy, is_terminal};
use crate::child::Child;
use crate::command::Command;
use crate::error::Result;
use crate::stdio::Stdio;

/// The caller's streams; what is no terminal is the command's own.
#[derive(Debug)]
pub(super) struct Apart<'fd> {
    streams: Streams<'fd>,
    typed: bool,
    input: Option<Channel>,
    outputs: Vec<Channel>,
}

impl<'fd> Apart<'fd> {
    /// With what is `typed` on the caller's terminal passed on, or not.
    pub(super) fn new(streams: Streams<'fd>, typed: bool) -> Self {
        Self {
            streams,
            typed,
            input: None,
            outputs: Vec::new(),
        }
    }

    pub(super) fn spawn(&mut self, command: &mut Command) -> Result<Child> {
        let Streams {
            input, output, error, ..
        } = self.streams;
        let [own_input, own_output, own_error] = command.streams_of_its_own();
        let is_carried = !own_input && self.typed && is_terminal(input);
        let stdin = match is_terminal(input) {
            true if is_carried => Stdio::piped(),
            true => Stdio::null(),
            false => self.streams.for_command(input)?,
        };
        let carried = [
            output.filter(|_| !own_output && is_terminal(output)),
            error.filter(|_| !own_error && is_terminal(error)),
        ];
        let (outputs, theirs) = pipes(carried).map_err(failed("cannot make a pipe for the command"))?;
        let [stdout, stderr] = theirs;
        let stdout = stdout.map_or_else(|| self.streams.for_command(output), Ok)?;
        let stderr = stderr.map_or_else(|| self.streams.for_command(error), Ok)?;
        let mut child = command.spawn_apart(None, [Some(stdin), Some(stdout), Some(stderr)])?;
        self.outputs = outputs;
        if is_carried && let Some(to) = child.stdin.take() {
            let typed = typed_into(to.into(), input);
            self.input = Some(typed.map_err(failed("cannot read from the terminal"))?);
        }
        Ok(child)
    }

    pub(super) fn into_relay(self) -> Relay<'fd> {
        let caller = self.input.as_ref().and_then(|_| Caller::find(self.streams.input));
        Relay::new(caller, None, self.input, self.outputs)
    }
}

/// Leads output and error through pipes, as far as they are given: through one where they are the same terminal, so that
/// all comes in its order.
fn pipes([output, error]: [Stream<'_>; 2]) -> Result<(Vec<Channel>, [Option<Stdio>; 2]), Errno> {
    let channel = |to: BorrowedFd<'_>| {
        let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
        never_waits(&ours)?;
        Ok((Channel::new(Arc::new(ours), callers_sink(Some(to))?), theirs))
    };
    match (output, error) {
        (None, None) => Ok((Vec::new(), [None, None])),
        (Some(both), Some(error)) if fstat(both)?.st_rdev == fstat(error)?.st_rdev => {
            let (carried, theirs) = channel(both)?;
            let twice = copy(Some(theirs.as_fd()))?;
            Ok((vec![carried], [Some(theirs.into()), Some(twice.into())]))
        }
        (Some(output), Some(error)) => {
            let ((first, to_first), (second, to_second)) = (channel(output)?, channel(error)?);
            Ok((vec![first, second], [Some(to_first.into()), Some(to_second.into())]))
        }
        (Some(output), None) => {
            let (carried, theirs) = channel(output)?;
            Ok((vec![carried], [Some(theirs.into()), None]))
        }
        (None, Some(error)) => {
            let (carried, theirs) = channel(error)?;
            Ok((vec![carried], [None, Some(theirs.into())]))
        }
    }
}

fn typed_into(to: OwnedFd, from: Stream<'_>) -> Result<Channel, Errno> {
    never_waits(&to)?;
    Ok(Channel::new(Arc::new(copy(from)?), Arc::new(to)))
}
