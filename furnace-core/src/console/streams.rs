//! The caller's three streams.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use furnace_sys::Errno;
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{stderr, stdin, stdout};
use rustix::termios::{Winsize, isatty, tcgetwinsize};

use super::failed;
use crate::error::Result;
use crate::stdio::Stdio;

/// Those of this process, or three others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streams<'fd> {
    pub(super) input: BorrowedFd<'fd>,
    pub(super) output: BorrowedFd<'fd>,
    pub(super) error: BorrowedFd<'fd>,
    /// Commands have them unless told otherwise, closed ones too.
    inherited: bool,
}

impl Streams<'static> {
    /// Those of this process.
    pub(super) fn inherited() -> Self {
        Self {
            input: stdin(),
            output: stdout(),
            error: stderr(),
            inherited: true,
        }
    }
}

impl<'fd> Streams<'fd> {
    pub(super) fn new(input: BorrowedFd<'fd>, output: BorrowedFd<'fd>, error: BorrowedFd<'fd>) -> Self {
        Self {
            input,
            output,
            error,
            inherited: false,
        }
    }

    /// Whether somebody sits at both ends.
    pub(super) fn are_a_terminal(&self) -> bool {
        isatty(self.input) && isatty(self.output)
    }

    /// The size of the caller's window, in pixels too, if there is one.
    pub(super) fn window_size(&self) -> Option<Winsize> {
        let streams = [self.output, self.input, self.error];
        streams.into_iter().find_map(|stream| tcgetwinsize(stream).ok())
    }

    /// One of them, as a command is given it in the same place.
    pub(super) fn for_command(&self, stream: BorrowedFd<'_>) -> Result<Stdio> {
        if self.inherited {
            return Ok(Stdio::inherit());
        }
        let given = copy(stream).map_err(failed("cannot give the command a stream of the caller's"))?;
        Ok(given.into())
    }
}

/// Another descriptor of the same open file.
pub(super) fn copy(fd: impl AsFd) -> Result<OwnedFd, Errno> {
    fcntl_dupfd_cloexec(fd, 0)
}
