//! The caller's three streams.

use std::os::fd::{BorrowedFd, OwnedFd};

use furnace_sys::Errno;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{stderr, stdin, stdout};
use rustix::termios::{Winsize, isatty, tcgetwinsize};

use super::failed;
use crate::error::Result;
use crate::stdio::{Stdio, inheritable};

/// One of them, unless it is closed.
pub(super) type Stream<'fd> = Option<BorrowedFd<'fd>>;

/// Those of this process, or three others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streams<'fd> {
    pub(super) input: Stream<'fd>,
    pub(super) output: Stream<'fd>,
    pub(super) error: Stream<'fd>,
    /// Commands have them unless told otherwise, closed ones too.
    inherited: bool,
}

impl Streams<'static> {
    /// Those of this process.
    pub(super) fn inherited() -> Self {
        Self {
            input: inheritable(stdin()),
            output: inheritable(stdout()),
            error: inheritable(stderr()),
            inherited: true,
        }
    }
}

impl<'fd> Streams<'fd> {
    pub(super) fn new(input: BorrowedFd<'fd>, output: BorrowedFd<'fd>, error: BorrowedFd<'fd>) -> Self {
        Self {
            input: Some(input),
            output: Some(output),
            error: Some(error),
            inherited: false,
        }
    }

    /// Whether somebody sits at both ends.
    pub(super) fn are_a_terminal(&self) -> bool {
        is_terminal(self.input) && is_terminal(self.output)
    }

    /// The size of the caller's window, in pixels too, if there is one.
    pub(super) fn window_size(&self) -> Option<Winsize> {
        let streams = [self.output, self.input, self.error];
        streams
            .into_iter()
            .flatten()
            .find_map(|stream| tcgetwinsize(stream).ok())
    }

    /// One of them, as a command is given it in the same place.
    pub(super) fn for_command(&self, stream: Stream<'_>) -> Result<Stdio> {
        if self.inherited {
            return Ok(Stdio::inherit());
        }
        let given = copy(stream).map_err(failed("cannot give the command a stream of the caller's"))?;
        Ok(given.into())
    }
}

pub(super) fn is_terminal(stream: Stream<'_>) -> bool {
    stream.is_some_and(isatty)
}

/// Another descriptor of the same open file; of a closed one, of one that is empty and takes everything.
pub(super) fn copy(stream: Stream<'_>) -> Result<OwnedFd, Errno> {
    match stream {
        Some(fd) => fcntl_dupfd_cloexec(fd, 0),
        None => open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()),
    }
}
