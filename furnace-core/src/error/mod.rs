//! What can go wrong, in words and for matching.

mod attempt;
pub(crate) mod escape;
pub(crate) mod remedy;

use std::borrow::Cow;
use std::io;
use std::path::Path;

use furnace_sys::Errno;

pub(crate) use attempt::Attempt;

/// The result of what can fail with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something failed.
///
/// `Display` says what was tried, and on what; [`source`](std::error::Error::source) says why, an [`OsError`] where the
/// kernel refused. [`kind`](Self::kind) and [`phase`](Self::phase) are for matching, [`path`](Self::path) is what it was
/// about, and [`remedy`](Self::remedy) what to do about it, for the causes that people meet.
///
/// ```
/// use furnace_core::{Container, ErrorKind};
///
/// let error = Container::builder("/no/such/directory").start().expect_err("it is not there");
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "cannot use /no/such/directory as the root directory");
/// assert_eq!(error.raw_os_error(), Some(2));
/// ```
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Failure>);

#[derive(Debug, thiserror::Error)]
#[error("{}", attempt.words)]
struct Failure {
    attempt: Attempt,
    phase: Phase,
    kind: ErrorKind,
    #[source]
    cause: Option<Cause>,
    remedy: Option<Cow<'static, str>>,
    step: Option<usize>,
}

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    Os(#[from] OsError),
    #[error("{0}")]
    Said(Cow<'static, str>),
}

/// What the kernel said, as text and by name: "No such file or directory (ENOENT)".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} ({})", description(*.0), name(*.0))]
pub struct OsError(i32);

impl OsError {
    pub(crate) fn new(errno: Errno) -> Self {
        Self(errno.raw_os_error())
    }

    /// What the kernel said when `error` came about, if it was the kernel that refused.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<Self> {
        error.raw_os_error().map(Self)
    }

    /// The errno, positive.
    #[must_use]
    pub fn raw_os_error(self) -> i32 {
        self.0
    }
}

/// When something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// What was asked for makes no sense, or is not there; nothing has been started.
    Configure,
    /// Making the container; nothing of it is left.
    Start,
    /// Making a process for a command.
    Spawn,
    /// Executing the program: it was not found, or the kernel would not.
    Execute,
    /// Waiting for a command, or signalling it.
    Wait,
    /// Carrying what passes between the caller's streams and a command.
    Carry,
    /// Stopping the container.
    Stop,
    /// Giving a container a name under which it lives on.
    Detach,
    /// Finding or joining a container that runs already.
    Attach,
    /// Mounting on the host, where nothing of it is left, or into a running container.
    Mount,
    /// Unmounting on the host, or in a running container.
    Unmount,
    /// Comparing what an overlay shows with its lower tree.
    Compare,
}

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument makes no sense.
    InvalidInput,
    /// A file, a directory or a program is not there.
    NotFound,
    /// The caller may not, or the program is not executable.
    PermissionDenied,
    /// A component of a path is no directory.
    NotADirectory,
    /// Arguments and environment are more than the kernel takes.
    ArgumentListTooLong,
    /// The program is there, but nothing that this kernel can execute.
    NotExecutable,
    /// This kernel, or its configuration, lacks what is needed.
    Unsupported,
    /// The file system can't be written to.
    ReadOnlyFilesystem,
    /// A limit is reached: descriptors, processes, memory, space.
    ResourceExhausted,
    /// Something of that name is there already.
    AlreadyExists,
    /// Somebody else uses it at this moment.
    ResourceBusy,
    /// The container has ended.
    Ended,
    /// It took longer than its limit.
    TimedOut,
    /// The command has ended, but somebody else took its status.
    StatusLost,
    /// Anything else; see [`Error::raw_os_error`].
    Other,
}

impl Error {
    /// A failure that no errno says more about.
    pub(crate) fn new(phase: Phase, kind: ErrorKind, attempt: impl Into<Attempt>) -> Self {
        Self(Box::new(Failure {
            attempt: attempt.into(),
            phase,
            kind,
            cause: None,
            remedy: None,
            step: None,
        }))
    }

    /// A failure that the kernel gave a reason for.
    pub(crate) fn os(phase: Phase, attempt: impl Into<Attempt>, errno: Errno) -> Self {
        let mut error = Self::new(phase, kind_of(errno), attempt);
        error.0.cause = Some(OsError::new(errno).into());
        error
    }

    pub(crate) fn invalid(attempt: impl Into<Attempt>, why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Phase::Configure, ErrorKind::InvalidInput, attempt).because(why)
    }

    pub(crate) fn because(mut self, why: impl Into<Cow<'static, str>>) -> Self {
        self.0.cause = Some(Cause::Said(why.into()));
        self
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub(crate) fn with_remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.0.remedy = Some(remedy.into());
        self
    }

    /// For causes that may have none.
    pub(crate) fn with_any_remedy(mut self, remedy: Option<&'static str>) -> Self {
        self.0.remedy = remedy.map(Into::into);
        self
    }

    pub(crate) fn with_step(mut self, step: usize) -> Self {
        self.0.step = Some(step);
        self
    }

    /// What kind of failure it was.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// When it failed.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0.phase
    }

    /// What probably helps, where that is known: a sentence for people.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.0.remedy.as_deref()
    }

    /// The path that could not be used, or made, or mounted on, where it was about one: as it was given, or resolved. It is
    /// a path of the host for what comes from there (the root directory, sources of binds, devices, disk images, mounts on
    /// the host), and one inside the container for what is there (mount targets, programs, working directories).
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// use furnace_core::Container;
    ///
    /// let error = Container::builder("/").bind("/no/such", "/mnt").start().expect_err("it is not there");
    /// assert_eq!(error.path(), Some(Path::new("/no/such")));
    /// ```
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.0.attempt.path.as_deref()
    }

    /// The index of the step that failed among those that [`Builder::explain`](crate::Builder::explain) tells, for a start
    /// that came that far.
    #[must_use]
    pub fn step(&self) -> Option<usize> {
        self.0.step
    }

    /// The kernel's errno, if it was the kernel that refused.
    #[must_use]
    pub fn raw_os_error(&self) -> Option<i32> {
        match self.0.cause {
            Some(Cause::Os(OsError(errno))) => Some(errno),
            Some(Cause::Said(_)) | None => None,
        }
    }
}

/// For functions that give [`io::Result`]: the kind is the nearest, the error itself is inside.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::InvalidInput => io::ErrorKind::InvalidInput,
            ErrorKind::NotFound => io::ErrorKind::NotFound,
            ErrorKind::PermissionDenied => io::ErrorKind::PermissionDenied,
            ErrorKind::NotADirectory => io::ErrorKind::NotADirectory,
            ErrorKind::ArgumentListTooLong => io::ErrorKind::ArgumentListTooLong,
            ErrorKind::Unsupported => io::ErrorKind::Unsupported,
            ErrorKind::AlreadyExists => io::ErrorKind::AlreadyExists,
            ErrorKind::ReadOnlyFilesystem => io::ErrorKind::ReadOnlyFilesystem,
            ErrorKind::TimedOut => io::ErrorKind::TimedOut,
            ErrorKind::ResourceBusy => io::ErrorKind::ResourceBusy,
            ErrorKind::Ended => io::ErrorKind::BrokenPipe,
            ErrorKind::ResourceExhausted | ErrorKind::NotExecutable | ErrorKind::StatusLost | ErrorKind::Other => {
                io::ErrorKind::Other
            }
        };
        Self::new(kind, error)
    }
}

/// The errno behind an error of std, which does not always have one.
pub(crate) fn errno_of(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

fn kind_of(errno: Errno) -> ErrorKind {
    match errno {
        Errno::NOENT => ErrorKind::NotFound,
        Errno::ACCESS | Errno::PERM => ErrorKind::PermissionDenied,
        Errno::NOTDIR => ErrorKind::NotADirectory,
        Errno::TOOBIG => ErrorKind::ArgumentListTooLong,
        Errno::NOEXEC => ErrorKind::NotExecutable,
        Errno::NOSYS | Errno::NODEV | Errno::OPNOTSUPP => ErrorKind::Unsupported,
        Errno::ROFS => ErrorKind::ReadOnlyFilesystem,
        Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOSPC | Errno::AGAIN | Errno::DQUOT => {
            ErrorKind::ResourceExhausted
        }
        Errno::EXIST => ErrorKind::AlreadyExists,
        Errno::BUSY => ErrorKind::ResourceBusy,
        Errno::TIMEDOUT => ErrorKind::TimedOut,
        _ => ErrorKind::Other,
    }
}

/// What strerror(3) says.
fn description(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    match text.split_once(" (os error") {
        Some((description, _)) => description.to_owned(),
        None => text,
    }
}

/// The name of an errno, for those that the calls of this crate fail with (errno(3)).
fn name(errno: i32) -> Cow<'static, str> {
    macro_rules! names {
        ($($errno:ident = $name:literal,)*) => {
            match Errno::from_raw_os_error(errno) {
                $(Errno::$errno => $name.into(),)*
                _ => format!("errno {errno}").into(),
            }
        };
    }
    names! {
        PERM = "EPERM", NOENT = "ENOENT", SRCH = "ESRCH", INTR = "EINTR", IO = "EIO", NXIO = "ENXIO",
        TOOBIG = "E2BIG", NOEXEC = "ENOEXEC", BADF = "EBADF", CHILD = "ECHILD", AGAIN = "EAGAIN", NOMEM = "ENOMEM",
        ACCESS = "EACCES", FAULT = "EFAULT", NOTBLK = "ENOTBLK", BUSY = "EBUSY", EXIST = "EEXIST", XDEV = "EXDEV",
        NODEV = "ENODEV", NOTDIR = "ENOTDIR", ISDIR = "EISDIR", INVAL = "EINVAL", NFILE = "ENFILE", MFILE = "EMFILE",
        TXTBSY = "ETXTBSY", FBIG = "EFBIG", NOSPC = "ENOSPC", ROFS = "EROFS", MLINK = "EMLINK", PIPE = "EPIPE",
        NAMETOOLONG = "ENAMETOOLONG", NOSYS = "ENOSYS", LOOP = "ELOOP", OVERFLOW = "EOVERFLOW", LIBBAD = "ELIBBAD",
        USERS = "EUSERS", OPNOTSUPP = "EOPNOTSUPP", CONNRESET = "ECONNRESET", TIMEDOUT = "ETIMEDOUT",
        STALE = "ESTALE", NODATA = "ENODATA", RANGE = "ERANGE", DQUOT = "EDQUOT", MSGSIZE = "EMSGSIZE",
        BADMSG = "EBADMSG", UCLEAN = "EUCLEAN", NOTCONN = "ENOTCONN",
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempt, Error, OsError, Phase};
    use furnace_sys::Errno;

    #[test]
    fn an_os_error_has_text_and_name() {
        assert_eq!(OsError(1).to_string(), "Operation not permitted (EPERM)");
        assert_eq!(OsError(4000).to_string(), "Unknown error 4000 (errno 4000)");
    }

    #[test]
    fn the_cause_is_the_source_and_not_repeated() {
        let error = Error::os(Phase::Start, Attempt::on_no_path("cannot do it"), Errno::NOENT);
        assert_eq!(error.to_string(), "cannot do it");
        let source = std::error::Error::source(&error).expect("it has one");
        assert_eq!(source.to_string(), "No such file or directory (ENOENT)");
    }
}
