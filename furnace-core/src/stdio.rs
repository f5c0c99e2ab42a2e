//! Where a command's standard streams lead.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{ChildStderr, ChildStdin, ChildStdout};

/// Where one of a command's standard streams leads: as [`std::process::Stdio`], whose constructors and conversions it
/// has. It is a type of its own since that one cannot be taken apart.
///
/// ```
/// use furnace_core::Stdio;
///
/// let file = std::fs::File::open("/etc/passwd").expect("it is there");
/// let from_file: Stdio = file.into();
/// ```
#[derive(Debug)]
pub struct Stdio(Kind);

#[derive(Debug)]
enum Kind {
    Inherit,
    Null,
    Piped,
    Descriptor(OwnedFd),
}

impl Stdio {
    /// The caller's own stream.
    #[must_use]
    pub fn inherit() -> Self {
        Self(Kind::Inherit)
    }

    /// Nothing to be read, and whatever is written is gone.
    #[must_use]
    pub fn null() -> Self {
        Self(Kind::Null)
    }

    /// A pipe, whose other end is in the [`Child`](crate::Child).
    #[must_use]
    pub fn piped() -> Self {
        Self(Kind::Piped)
    }
}

impl From<OwnedFd> for Stdio {
    fn from(fd: OwnedFd) -> Self {
        Self(Kind::Descriptor(fd))
    }
}

macro_rules! from_what_owns_a_descriptor {
    ($($kind:ty),*) => {
        $(impl From<$kind> for Stdio {
            fn from(stream: $kind) -> Self {
                OwnedFd::from(stream).into()
            }
        })*
    };
}
from_what_owns_a_descriptor!(
    File,
    ChildStdin,
    ChildStdout,
    ChildStderr,
    io::PipeReader,
    io::PipeWriter,
    std::net::TcpStream,
    std::os::unix::net::UnixStream
);

impl From<io::Stdout> for Stdio {
    /// The caller's standard output, for another stream of the command.
    fn from(_: io::Stdout) -> Self {
        duplicate(io::stdout().as_fd())
    }
}

impl From<io::Stderr> for Stdio {
    /// The caller's standard error, for another stream of the command.
    fn from(_: io::Stderr) -> Self {
        duplicate(io::stderr().as_fd())
    }
}

/// A stream that is closed here is closed there.
fn duplicate(fd: BorrowedFd<'_>) -> Stdio {
    fd.try_clone_to_owned().map_or_else(|_| Stdio::null(), Stdio::from)
}

/// A standard stream, if it is one that is inherited. In the place of one that was closed there may be anything that was
/// opened since, a container's control socket too; but only such as are closed by an exec.
pub(crate) fn inheritable(stream: BorrowedFd<'_>) -> Option<BorrowedFd<'_>> {
    let flags = rustix::io::fcntl_getfd(stream).ok()?;
    (!flags.contains(rustix::io::FdFlags::CLOEXEC)).then_some(stream)
}

/// What the command gets, and what the caller keeps.
pub(crate) struct Stream<'a> {
    /// Nothing, when the caller's own stream is to be inherited but closed.
    pub(crate) theirs: Option<Theirs<'a>>,
    /// The caller's end of a pipe.
    pub(crate) ours: Option<OwnedFd>,
}

pub(crate) enum Theirs<'a> {
    Owned(OwnedFd),
    Borrowed(BorrowedFd<'a>),
}

impl AsFd for Theirs<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Owned(fd) => fd.as_fd(),
            Self::Borrowed(fd) => *fd,
        }
    }
}

/// Which end of a pipe the command gets.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    CommandReads,
    CommandWrites,
}

impl Stdio {
    /// Opens what there is to open; `inherited` is the caller's own stream, if there is one.
    pub(crate) fn open<'a>(
        &'a self,
        direction: Direction,
        inherited: Option<BorrowedFd<'a>>,
    ) -> io::Result<Stream<'a>> {
        let theirs = |theirs| Stream {
            theirs: Some(theirs),
            ours: None,
        };
        match &self.0 {
            Kind::Inherit => Ok(Stream {
                theirs: inherited.map(Theirs::Borrowed),
                ours: None,
            }),
            Kind::Descriptor(fd) => Ok(theirs(Theirs::Borrowed(fd.as_fd()))),
            Kind::Null => {
                let null = match direction {
                    Direction::CommandReads => File::open("/dev/null"),
                    Direction::CommandWrites => File::options().write(true).open("/dev/null"),
                };
                Ok(theirs(Theirs::Owned(null?.into())))
            }
            Kind::Piped => {
                let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
                let (theirs, ours) = match direction {
                    Direction::CommandReads => (reader, writer),
                    Direction::CommandWrites => (writer, reader),
                };
                Ok(Stream {
                    theirs: Some(Theirs::Owned(theirs)),
                    ours: Some(ours),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::{AsFd, OwnedFd};

    use super::inheritable;

    #[test]
    fn what_lies_in_the_place_of_a_closed_stream_is_not_inherited() {
        let opened: OwnedFd = std::fs::File::open("/dev/null").expect("it is there").into();
        assert!(inheritable(opened.as_fd()).is_none());
        rustix::io::fcntl_setfd(&opened, rustix::io::FdFlags::empty()).expect("it is open");
        assert!(inheritable(opened.as_fd()).is_some());
    }
}
