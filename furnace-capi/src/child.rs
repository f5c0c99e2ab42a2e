//! A command that runs, or has run.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, IntoRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use furnace_core::Child;

use crate::border::{EINVAL, Failure, boundary, given, place, standard_stream, value};
use crate::error::furnace_error;
use crate::log::Log;
use crate::output::furnace_output;
use crate::types::pid_t;

/// A command that was spawned: a child of the calling process like any other. When its container stops it is killed,
/// and its status can still be had from here.
///
/// Any number of threads may use it at once, with all functions but furnace_child_free().
#[derive(Debug)]
pub struct furnace_child {
    /// Without its pipes, and so without anything that changes.
    child: Child,
    /// The caller's ends of its pipes, until they are taken.
    pipes: Mutex<[Option<OwnedFd>; 3]>,
    log: Log,
}

impl furnace_child {
    pub(crate) fn new(mut child: Child, log: Log) -> Self {
        let pipes = [
            child.stdin.take().map(OwnedFd::from),
            child.stdout.take().map(OwnedFd::from),
            child.stderr.take().map(OwnedFd::from),
        ];
        Self {
            child,
            pipes: Mutex::new(pipes),
            log,
        }
    }

    fn pipes(&self) -> MutexGuard<'_, [Option<OwnedFd>; 3]> {
        self.pipes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A handle of its own for whoever waits, with the pipe to standard input, which ends with the wait's beginning.
    fn waiting(&self) -> Child {
        let mut child = self.child.share();
        child.stdin = self.pipes()[0].take().map(Into::into);
        child
    }
}

/// Frees the child, and closes those ends of its pipes that were not taken. Neither kills it nor waits for it: what
/// has not been waited for is reaped when the container stops.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_child_free(child: Option<Box<furnace_child>>) {
    value((), || drop(child));
}

/// Its pid, in the pid namespace of the caller. -EINVAL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_child_pid(child: Option<&furnace_child>) -> pid_t {
    child.map_or(-EINVAL, |child| child.child.id().cast_signed())
}

/// Its pidfd (pidfd_open(2)), which becomes readable when it ends: for poll(2) and its kin. Borrowed until the child
/// is freed: it must not be closed. -EINVAL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_child_pidfd(child: Option<&furnace_child>) -> c_int {
    child.map_or(-EINVAL, |child| child.child.as_fd().as_raw_fd())
}

/// Takes the caller's end of the pipe that a standard stream leads to: `number` is 0 for input, 1 for output, 2 for
/// error. `*fd`, which is close-on-exec, is the caller's from now on, who has to close it.
///
/// -EINVAL where the stream is no pipe or has been taken, or there is no such stream.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_child_take_stream(
    child: Option<&furnace_child>,
    number: c_int,
    fd: Option<&mut MaybeUninit<c_int>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let child = given(child, "child")?;
        let fd = place(fd, "fd")?;
        let taken = child.pipes()[standard_stream(number)?].take();
        let taken = taken.ok_or_else(|| {
            Failure::argument(
                "number",
                format!("is {number}: that stream is no pipe, or has been taken"),
            )
        })?;
        fd.write(taken.into_raw_fd());
        Ok(())
    })
}

/// Sends it a signal (signal(7)), such as SIGTERM. One that has ended is no error, nor can the signal reach another
/// process that has its pid by now.
///
/// -EINVAL for a number that is no signal; -EPERM if it has taken an identity beyond the caller's
/// rights.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_child_kill(
    child: Option<&furnace_child>,
    signal: c_int,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let child = given(child, "child")?;
        Ok(child.log.scope(|| child.child.signal(signal))?)
    })
}

/// Closes its standard input, if that is a pipe that was not taken, and waits until it ends. `*wait_status` tells how,
/// as waitpid(2) does: for WIFEXITED() and its kin of <sys/wait.h>. It may be asked again, and in several threads.
///
/// -ECHILD if somebody else took its status: another part of the program by a wait(2), or the kernel since SIGCHLD is
/// ignored; from Linux 6.15 on the status is known even then.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_child_wait(
    child: Option<&furnace_child>,
    wait_status: Option<&mut MaybeUninit<c_int>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let child = given(child, "child")?;
        let wait_status = place(wait_status, "wait_status")?;
        wait_status.write(child.log.scope(|| child.waiting().wait())?.into_raw());
        Ok(())
    })
}

/// Whether it has ended, and how: `*wait_status`, which is as for furnace_child_wait(), and only written where
/// `*ended` is true. Does not wait, and leaves its standard input open.
///
/// Fails as furnace_child_wait() does.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_child_try_wait(
    child: Option<&furnace_child>,
    ended: Option<&mut MaybeUninit<bool>>,
    wait_status: Option<&mut MaybeUninit<c_int>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let child = given(child, "child")?;
        let (ended, wait_status) = (place(ended, "ended")?, place(wait_status, "wait_status")?);
        tell(child.log.scope(|| child.child.share().try_wait())?, ended, wait_status);
        Ok(())
    })
}

/// As furnace_child_wait(), but no longer than `milliseconds`. Where it has not ended by then, `*ended` is false,
/// `*wait_status` is not written, and it goes on; that is no failure.
///
/// Fails as furnace_child_wait() does.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_child_wait_timeout(
    child: Option<&furnace_child>,
    milliseconds: u64,
    ended: Option<&mut MaybeUninit<bool>>,
    wait_status: Option<&mut MaybeUninit<c_int>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let child = given(child, "child")?;
        let (ended, wait_status) = (place(ended, "ended")?, place(wait_status, "wait_status")?);
        let limit = Duration::from_millis(milliseconds);
        tell(
            child.log.scope(|| child.waiting().wait_timeout(limit))?,
            ended,
            wait_status,
        );
        Ok(())
    })
}

fn tell(status: Option<ExitStatus>, ended: &mut MaybeUninit<bool>, wait_status: &mut MaybeUninit<c_int>) {
    ended.write(status.is_some());
    if let Some(status) = status {
        wait_status.write(status.into_raw());
    }
}

/// Closes its standard input, collects what it writes to those of its streams that are pipes and were not taken, and
/// waits for it. `*output` has to be freed with furnace_output_free().
///
/// Fails as furnace_child_wait() does, and with what read(2) fails with.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_child_wait_with_output(
    child: Option<&furnace_child>,
    output: Option<&mut MaybeUninit<Box<furnace_output>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let child = given(child, "child")?;
        let output = place(output, "output")?;
        let mut collecting = child.waiting();
        {
            let mut pipes = child.pipes();
            collecting.stdout = pipes[1].take().map(Into::into);
            collecting.stderr = pipes[2].take().map(Into::into);
        }
        let collected = child.log.scope(|| collecting.wait_with_output())?;
        output.write(Box::new(collected.into()));
        Ok(())
    })
}
