//! Bytes on their way from one descriptor to another.

use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use furnace_sys::Errno;
use furnace_sys::sigpipe::write_without_sigpipe;
use rustix::fs::{FileType, Mode, OFlags, fcntl_getfl, fcntl_setfl, fstat, open};
use rustix::io::read;
use rustix::termios::isatty;

use super::streams::{Stream, copy};

/// As much as a pipe holds by default; a terminal holds less.
const CAPACITY: usize = 64 << 10;

/// What POLLOUT promises of a pipe that may block: a page.
const PIECE: usize = 4 << 10;

/// Bytes on their way. Reads only when it has none, so that whoever writes faster than is read waits.
#[derive(Debug)]
pub(super) struct Channel {
    from: Option<Arc<OwnedFd>>,
    to: Option<Arc<OwnedFd>>,
    buffer: Box<[u8]>,
    filled: Range<usize>,
    last: Option<u8>,
}

/// What became of an attempt to move some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    Some(usize),
    /// It would have had to wait.
    Nothing,
    /// The end of what there is to read, or nobody is left to write to.
    End,
    /// The terminal was hung up.
    HungUp,
}

impl Channel {
    pub(super) fn new(from: Arc<OwnedFd>, to: Arc<OwnedFd>) -> Self {
        Self {
            from: Some(from),
            to: Some(to),
            buffer: vec![0; CAPACITY].into_boxed_slice(),
            filled: 0..0,
            last: None,
        }
    }

    /// Where to wait for more.
    pub(super) fn source(&self) -> Option<BorrowedFd<'_>> {
        let from = self.from.as_ref().filter(|_| self.to.is_some() && self.is_empty());
        from.map(|from| from.as_fd())
    }

    /// Where to wait until it goes on.
    pub(super) fn sink(&self) -> Option<BorrowedFd<'_>> {
        let to = self.to.as_ref().filter(|_| !self.is_empty());
        to.map(|to| to.as_fd())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.filled.is_empty()
    }

    /// Lets go of both ends, and of what is in it.
    pub(super) fn close(&mut self) {
        self.from = None;
        self.to = None;
        self.filled = 0..0;
    }

    /// The last byte that came through it.
    pub(super) fn last(&self) -> Option<u8> {
        self.last
    }

    /// Reads some; there is nothing in it.
    pub(super) fn fill(&mut self) -> Moved {
        let Some(from) = &self.from else { return Moved::End };
        let moved = match read(from, &mut *self.buffer) {
            Ok(0) => Moved::End,
            Ok(count) => {
                self.filled = 0..count;
                self.last = self.buffer.get(..count).and_then(<[u8]>::last).copied();
                Moved::Some(count)
            }
            Err(Errno::AGAIN | Errno::INTR) => Moved::Nothing,
            Err(Errno::IO) => Moved::HungUp,
            // A directory, say: there is nothing to be had from it.
            Err(_) => Moved::End,
        };
        if moved == Moved::End {
            self.from = None;
        }
        moved
    }

    /// Puts some bytes into it that come from nowhere; there is nothing in it.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        for (place, byte) in self.buffer.iter_mut().zip(bytes) {
            *place = *byte;
        }
        self.filled = 0..bytes.len().min(self.buffer.len());
    }

    /// Writes some of what is in it.
    pub(super) fn flush(&mut self) -> Result<Moved, Errno> {
        let Some(to) = &self.to else { return Ok(Moved::End) };
        let mut bytes = self.buffer.get(self.filled.clone()).unwrap_or_default();
        if may_block(to.as_fd()) {
            bytes = bytes.get(..PIECE).unwrap_or(bytes);
        }
        match write_without_sigpipe(to, bytes) {
            Ok(count) => {
                self.filled.start += count;
                Ok(Moved::Some(count))
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(Moved::Nothing),
            Err(Errno::IO) => {
                self.filled = 0..0;
                Ok(Moved::HungUp)
            }
            Err(Errno::PIPE) => {
                self.close();
                Ok(Moved::End)
            }
            Err(errno) => Err(errno),
        }
    }
}

fn may_block(fd: BorrowedFd<'_>) -> bool {
    fcntl_getfl(fd).is_ok_and(|flags| !flags.contains(OFlags::NONBLOCK))
}

/// Has a descriptor that nobody else has never wait.
pub(super) fn never_waits(fd: impl AsFd) -> Result<(), Errno> {
    let flags = fcntl_getfl(&fd)?;
    fcntl_setfl(&fd, flags | OFlags::NONBLOCK)
}

/// A stream of the caller's, to write to. Whether writing waits is a thing of the open file, which is shared with whoever
/// else has it, so it is opened anew for that where that makes no difference.
pub(super) fn callers_sink(stream: Stream<'_>) -> Result<Arc<OwnedFd>, Errno> {
    let anew = stream
        .filter(|stream| is_pipe(*stream) || isatty(stream))
        .and_then(|stream| {
            let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
            open(format!("/proc/self/fd/{}", stream.as_raw_fd()), flags, Mode::empty()).ok()
        });
    Ok(Arc::new(anew.map_or_else(|| copy(stream), Ok)?))
}

fn is_pipe(fd: BorrowedFd<'_>) -> bool {
    fstat(fd).is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::Fifo)
}
