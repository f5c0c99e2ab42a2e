//! A command that runs, or has run.

use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{ChildStderr, ChildStdin, ChildStdout, ExitStatus, Output};
use std::sync::Arc;
use std::time::Duration;

use furnace_sys::Errno;
use rustix::event::{PollFd, PollFlags, poll};

use crate::container::children::{Children, Outcome, Process};
use crate::error::escape::escaped;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result, errno_of};

/// A command in a container, as [`std::process::Child`]: dropping it neither kills it nor waits for it.
///
/// It is a child of the calling process like any other. When the container stops it is killed, and its status can
/// still be had from here.
///
/// It is [`AsFd`]: the descriptor, its pidfd, becomes readable when it ends, so that any event loop can wait for it.
#[derive(Debug)]
pub struct Child {
    /// The other end of its standard input, if that was [piped](crate::Stdio::piped).
    pub stdin: Option<ChildStdin>,
    /// The other end of its standard output, if that was piped.
    pub stdout: Option<ChildStdout>,
    /// The other end of its standard error, if that was piped.
    pub stderr: Option<ChildStderr>,
    process: Arc<Process>,
    siblings: Arc<Children>,
    name: std::ffi::OsString,
}

impl Child {
    pub(crate) fn new(
        process: Arc<Process>,
        siblings: Arc<Children>,
        name: std::ffi::OsString,
        [stdin, stdout, stderr]: [Option<OwnedFd>; 3],
    ) -> Self {
        Self {
            stdin: stdin.map(Into::into),
            stdout: stdout.map(Into::into),
            stderr: stderr.map(Into::into),
            process,
            siblings,
            name,
        }
    }

    /// Another handle on the same command, without its pipes: so that one thread can wait for it while others signal it, or
    /// wait as well.
    #[must_use]
    pub fn share(&self) -> Self {
        let no_pipes = [None, None, None];
        Self::new(
            Arc::clone(&self.process),
            Arc::clone(&self.siblings),
            self.name.clone(),
            no_pipes,
        )
    }

    /// Its pid, in the pid namespace of the caller.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.pid.unsigned_abs()
    }

    /// Kills it with SIGKILL. One that has ended is no error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PermissionDenied`] if it has taken an identity beyond the caller's rights.
    pub fn kill(&mut self) -> Result<()> {
        const SIGKILL: i32 = 9;
        self.signal(SIGKILL)
    }

    /// Sends it a signal, by number (signal(7)). One that has ended is no error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Other`] with `EINVAL` for a number that is no signal; as [`kill`](Self::kill).
    pub fn signal(&self, signal: i32) -> Result<()> {
        self.process
            .signal(signal)
            .map_err(|errno| self.failed(&format!("send signal {signal} to"), errno))
    }

    /// The same to all of its process group, of which it is the leader.
    pub(crate) fn signal_group(&self, signal: i32) -> Result<()> {
        self.process
            .signal_group(signal)
            .map_err(|errno| self.failed(&format!("send signal {signal} to the group of"), errno))
    }

    /// Closes its standard input, waits until it ends, and gives its status.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::StatusLost`] if somebody else took its status; see [`try_wait`](Self::try_wait).
    pub fn wait(&mut self) -> Result<ExitStatus> {
        drop(self.stdin.take());
        loop {
            if let Some(status) = self.ended_within(Duration::MAX)? {
                return Ok(status);
            }
        }
    }

    /// Its status if it has ended.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::StatusLost`] if somebody else took its status: another part of this program by a `wait(-1)`, or
    /// the kernel since SIGCHLD is ignored. From Linux 6.15 on the status is known even then.
    pub fn try_wait(&mut self) -> Result<Option<ExitStatus>> {
        let outcome = self.process.try_wait();
        self.status(outcome)
    }

    /// As [`wait`](Self::wait), but gives nothing when it has not ended within `limit`; it goes on then.
    ///
    /// # Errors
    ///
    /// As [`try_wait`](Self::try_wait).
    pub fn wait_timeout(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        drop(self.stdin.take());
        self.ended_within(limit)
    }

    /// Closes its standard input, collects what it writes to those of its streams that are piped, and waits for it.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait); what read(2) fails with.
    pub fn wait_with_output(mut self) -> Result<Output> {
        drop(self.stdin.take());
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let collected = match (self.stdout.take(), self.stderr.take()) {
            (None, None) => Ok(()),
            (Some(mut out), None) => out.read_to_end(&mut stdout).map(drop),
            (None, Some(mut err)) => err.read_to_end(&mut stderr).map(drop),
            (Some(out), Some(err)) => collect_both((out, &mut stdout), (err, &mut stderr)),
        };
        collected.map_err(|error| self.failed("read the output of", errno_of(&error)))?;
        let status = self.wait()?;
        Ok(Output { status, stdout, stderr })
    }

    fn ended_within(&self, limit: Duration) -> Result<Option<ExitStatus>> {
        let outcome = self.process.wait_within(limit);
        self.status(outcome)
    }

    fn status(&self, outcome: Result<Option<Outcome>, Errno>) -> Result<Option<ExitStatus>> {
        self.siblings.forget_reaped(&self.process);
        match outcome.map_err(|errno| self.failed("wait for", errno))? {
            None => Ok(None),
            Some(Outcome::Known(status)) => Ok(Some(status)),
            Some(Outcome::Lost) => {
                let attempt = Attempt::on_no_path(format!("cannot tell how {} ended", escaped(&self.name)));
                Err(Error::new(Phase::Wait, ErrorKind::StatusLost, attempt)
                    .because("another part of this program took its status, or SIGCHLD is ignored")
                    .with_remedy("before Linux 6.15 only the first to wait for a process learns its status"))
            }
        }
    }

    fn failed(&self, what: &str, errno: Errno) -> Error {
        let attempt = Attempt::on_no_path(format!("cannot {what} {}", escaped(&self.name)));
        Error::os(Phase::Wait, attempt, errno)
    }
}

impl AsFd for Child {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.process.pidfd.as_fd()
    }
}

/// Reads two streams to their ends, whichever has something.
fn collect_both(
    (mut first, into_first): (ChildStdout, &mut Vec<u8>),
    (mut second, into_second): (ChildStderr, &mut Vec<u8>),
) -> std::io::Result<()> {
    loop {
        let mut watched = [
            PollFd::from_borrowed_fd(first.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(second.as_fd(), PollFlags::IN),
        ];
        rustix::io::retry_on_intr(|| poll(&mut watched, None))?;
        let [first_has, second_has] = watched.map(|fd| !fd.revents().is_empty());
        if first_has && read_some(&mut first, into_first)? == 0 {
            return second.read_to_end(into_second).map(drop);
        }
        if second_has && read_some(&mut second, into_second)? == 0 {
            return first.read_to_end(into_first).map(drop);
        }
    }
}

fn read_some(stream: &mut impl Read, into: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut bytes = [0; 65536];
    let count = loop {
        match stream.read(&mut bytes) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    into.extend_from_slice(&bytes[..count]);
    Ok(count)
}
