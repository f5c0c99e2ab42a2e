//! Processes, by descriptor: no number that could meanwhile mean another.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::ioctl::{self, Updater, ioctl};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitIdStatus, getpid, kill_process, kill_process_group, pidfd_open,
    pidfd_send_signal, waitid,
};

use crate::arch::{self, numbers};
use crate::outcome::outcome;

/// How a process stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has not ended.
    Running,
    /// It has ended, and been reaped, like this.
    Ended(ExitStatus),
    /// It has ended, and its status is lost: somebody else reaped it (another wait, or the kernel because SIGCHLD is
    /// ignored), on a kernel before 6.15, which does not keep it for the holders of a pidfd.
    Lost,
}

/// A descriptor of a process (pidfd_open(2)).
#[derive(Debug)]
pub struct Pidfd(OwnedFd);

impl From<OwnedFd> for Pidfd {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

impl AsFd for Pidfd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Pidfd {
    /// This process.
    ///
    /// # Errors
    ///
    /// What pidfd_open(2) fails with.
    pub fn of_this_process() -> Result<Self, Errno> {
        pidfd_open(getpid(), PidfdFlags::empty()).map(Self)
    }

    /// Any process that this one can see; nothing if there is none of that pid.
    ///
    /// # Errors
    ///
    /// What pidfd_open(2) fails with, other than `ESRCH`: `EINVAL` for a thread that is not the first of its process, and
    /// for 0.
    pub fn of(pid: u32) -> Result<Option<Self>, Errno> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(Errno::INVAL)?;
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(fd) => Ok(Some(Self(fd))),
            Err(Errno::SRCH) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// A child of this process that nobody has reaped; nothing if somebody has.
    ///
    /// # Errors
    ///
    /// What pidfd_open(2) fails with, other than `ESRCH`. The child has been killed and reaped then: what can't be
    /// watched may not go on.
    pub fn of_child(pid: i32) -> Result<Option<Self>, Errno> {
        let Some(pid) = Pid::from_raw(pid) else { return Ok(None) };
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(fd) => Ok(Some(Self(fd))),
            Err(Errno::SRCH) => Ok(None),
            Err(errno) => {
                // Not reaped, it keeps its pid: no other process can be meant.
                let _ = kill_process(pid, Signal::KILL);
                let _ = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(pid), WaitIdOptions::EXITED));
                Err(errno)
            }
        }
    }

    /// Sends a signal (pidfd_send_signal(2)); to a process that has ended, none.
    ///
    /// # Errors
    ///
    /// `EINVAL` for a number that is no signal; `EPERM`.
    pub fn send(&self, signal: i32) -> Result<(), Errno> {
        let signal = Signal::from_named_raw(signal).ok_or(Errno::INVAL)?;
        match pidfd_send_signal(&self.0, signal) {
            Err(Errno::SRCH) => Ok(()),
            other => other,
        }
    }

    /// Sends a signal to all of the process group that it leads, `pid` being its pid and it a child of this process; to
    /// nobody if it has ended and somebody else has reaped it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_to_group(&self, pid: i32, signal: i32) -> Result<(), Errno> {
        match send_signal_to_group(self.as_fd(), signal) {
            // Before Linux 6.9.
            Err(Errno::INVAL) => {}
            Err(Errno::SRCH) => return Ok(()),
            other => return other,
        }
        let signal = Signal::from_named_raw(signal).ok_or(Errno::INVAL)?;
        let unreaped = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match (self.waitid(unreaped), Pid::from_raw(pid)) {
            // Not reaped, it keeps its pid.
            (Ok(_), Some(pid)) => match kill_process_group(pid, signal) {
                Err(Errno::SRCH) => Ok(()),
                other => other,
            },
            (Err(Errno::CHILD), _) | (_, None) => Ok(()),
            (Err(errno), _) => Err(errno),
        }
    }

    /// Kills it, whatever state it is in.
    pub fn kill(&self) {
        // It fails only for a process that has ended, or one that changed its identity beyond the caller's rights.
        let _ = pidfd_send_signal(&self.0, Signal::KILL);
    }

    /// Whether it has ended within `limit`, without reaping it.
    ///
    /// # Errors
    ///
    /// What poll(2) fails with.
    pub fn ends_within(&self, limit: Duration) -> Result<bool, Errno> {
        readable_within(self.as_fd(), limit)
    }

    /// Reaps it if it has ended.
    ///
    /// # Errors
    ///
    /// What waitid(2) fails with, other than `ECHILD`.
    pub fn try_wait(&self) -> Result<State, Errno> {
        match self.waitid(WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
            Ok(None) => Ok(State::Running),
            Ok(Some(status)) => Ok(State::Ended(exit_status(&status))),
            Err(Errno::CHILD) if self.ends_within(Duration::ZERO)? => self.status_of_reaped(),
            Err(Errno::CHILD) => Ok(State::Running),
            Err(other) => Err(other),
        }
    }

    /// Waits until it ends, and reaps it. Never gives [`State::Running`].
    ///
    /// # Errors
    ///
    /// As [`Pidfd::try_wait`].
    pub fn wait(&self) -> Result<State, Errno> {
        match self.waitid(WaitIdOptions::EXITED) {
            Ok(Some(status)) => return Ok(State::Ended(exit_status(&status))),
            Ok(None) | Err(Errno::CHILD) => {}
            Err(other) => return Err(other),
        }
        while !self.ends_within(Duration::MAX)? {}
        self.status_of_reaped()
    }

    /// As [`Pidfd::wait`], but gives [`State::Running`] after `limit`.
    ///
    /// # Errors
    ///
    /// As [`Pidfd::try_wait`].
    pub fn wait_within(&self, limit: Duration) -> Result<State, Errno> {
        if self.ends_within(limit)? {
            self.try_wait()
        } else {
            Ok(State::Running)
        }
    }

    fn waitid(&self, options: WaitIdOptions) -> Result<Option<WaitIdStatus>, Errno> {
        rustix::io::retry_on_intr(|| waitid(WaitId::PidFd(self.as_fd()), options))
    }

    /// The status of a process that is being, or has been, reaped by somebody else.
    fn status_of_reaped(&self) -> Result<State, Errno> {
        /// Between the end and the reaping lie a few instructions of the kernel, or the other waiter's whim.
        const PATIENCE: Duration = Duration::from_secs(1);
        let deadline = Instant::now() + PATIENCE;
        loop {
            match exit_info(self.as_fd()) {
                Ok(Some(status)) => return Ok(State::Ended(status)),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_micros(50)),
                Ok(None) | Err(_) => return Ok(State::Lost),
            }
        }
    }
}

/// Whether `fd` is readable, or at its end, within `limit`.
pub(crate) fn readable_within(fd: BorrowedFd<'_>, limit: Duration) -> Result<bool, Errno> {
    let deadline = Instant::now().checked_add(limit);
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        // A limit beyond what the kernel's clock can say is none.
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], timeout.as_ref()) {
            Err(Errno::INTR) => {}
            other => return other.map(|count| count > 0),
        }
    }
}

fn exit_status(status: &WaitIdStatus) -> ExitStatus {
    const CORE_DUMPED: i32 = 0x80;
    let raw = match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => (code & 0xff) << 8,
        (None, Some(signal)) => signal | if status.dumped() { CORE_DUMPED } else { 0 },
        (None, None) => 0,
    };
    ExitStatus::from_raw(raw)
}

/// pidfd_send_signal(2) with `PIDFD_SIGNAL_PROCESS_GROUP`, Linux 6.9; before, it fails with `EINVAL`.
fn send_signal_to_group(pidfd: BorrowedFd<'_>, signal: i32) -> Result<(), Errno> {
    const PIDFD_SIGNAL_PROCESS_GROUP: usize = 1 << 2;
    let operands = [
        usize::try_from(pidfd.as_raw_fd()).map_err(|_| Errno::BADF)?,
        usize::try_from(signal).map_err(|_| Errno::INVAL)?,
        0,
        PIDFD_SIGNAL_PROCESS_GROUP,
        0,
        0,
    ];
    // SAFETY: with no siginfo the call takes numbers only, and touches no memory.
    let result = unsafe { arch::syscall(numbers::PIDFD_SEND_SIGNAL, operands) };
    outcome(result).map(drop)
}

/// `struct pidfd_info` of `PIDFD_GET_INFO`, its first version.
#[repr(C)]
#[derive(Default)]
struct PidfdInfo {
    mask: u64,
    cgroup: u64,
    ids: [u32; 11],
    exit_code: i32,
}

/// The status that the kernel keeps of a reaped process for the holders of a pidfd: Linux 6.15.
fn exit_info(pidfd: BorrowedFd<'_>) -> Result<Option<ExitStatus>, Errno> {
    const PIDFD_INFO_EXIT: u64 = 1 << 3;
    const PIDFD_GET_INFO: ioctl::Opcode = ioctl::opcode::read_write::<PidfdInfo>(0xff, 11);
    let mut info = PidfdInfo {
        mask: PIDFD_INFO_EXIT,
        ..PidfdInfo::default()
    };
    // SAFETY: the opcode says that the kernel reads and writes exactly one `PidfdInfo`.
    let update = unsafe { Updater::<PIDFD_GET_INFO, PidfdInfo>::new(&mut info) };
    // SAFETY: as above; the descriptor is a pidfd, and for any other the call fails.
    unsafe { ioctl(pidfd, update) }?;
    Ok((info.mask & PIDFD_INFO_EXIT != 0).then(|| ExitStatus::from_raw(info.exit_code)))
}
