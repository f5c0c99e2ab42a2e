//! The commands of a container that nobody has waited for yet.
//!
//! PID 1 cannot end before every process of its namespace has been reaped, and commands are the caller's to reap. So a
//! container keeps them in view: a stop reaps those that nobody waited for, and keeps their status for whoever asks.

use std::collections::VecDeque;
use std::fmt;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use furnace_sys::Errno;
use furnace_sys::pidfd::{Pidfd, State};

/// A command's process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) pidfd: Pidfd,
    /// Held while it is reaped, so that whoever comes second finds the status here.
    outcome: Mutex<Option<Outcome>>,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Known(ExitStatus),
    Lost,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(status) => status.fmt(f),
            Self::Lost => f.write_str("somebody else has its status"),
        }
    }
}

impl Process {
    pub(crate) fn new(pid: i32, pidfd: Pidfd) -> Self {
        Self {
            pid,
            pidfd,
            outcome: Mutex::new(None),
        }
    }

    /// How it ended, if it has.
    pub(crate) fn try_wait(&self) -> Result<Option<Outcome>, Errno> {
        let mut outcome = lock(&self.outcome);
        if outcome.is_none() {
            *outcome = match self.pidfd.try_wait()? {
                State::Running => None,
                State::Ended(status) => Some(Outcome::Known(status)),
                State::Lost => Some(Outcome::Lost),
            };
            if let Some(outcome) = *outcome {
                tracing::trace!(pid = self.pid, "reaped: {outcome}");
            }
        }
        Ok(*outcome)
    }

    /// How it ended, if it does within `limit`.
    pub(crate) fn wait_within(&self, limit: Duration) -> Result<Option<Outcome>, Errno> {
        /// A tracer, inside or outside, can keep for itself a process that has ended, until it ends too.
        const PAUSE: Duration = Duration::from_millis(1);
        if let Some(outcome) = *lock(&self.outcome) {
            return Ok(Some(outcome));
        }
        tracing::trace!(pid = self.pid, "waiting for its end");
        let deadline = Instant::now().checked_add(limit);
        loop {
            let left = deadline.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
            if !self.pidfd.ends_within(left)? {
                return Ok(None);
            }
            let outcome = self.try_wait()?;
            if outcome.is_some() || deadline.is_some_and(|end| end <= Instant::now()) {
                return Ok(outcome);
            }
            std::thread::sleep(PAUSE);
        }
    }

    pub(crate) fn signal(&self, signal: i32) -> Result<(), Errno> {
        tracing::trace!(pid = self.pid, signal, "a signal is sent");
        // Once it is reaped the pidfd refers to nobody: there is no pid that could mean another by now.
        self.pidfd.send(signal)
    }

    /// The same to all of the group that it leads.
    pub(crate) fn signal_group(&self, signal: i32) -> Result<(), Errno> {
        tracing::trace!(pid = self.pid, signal, "a signal is sent to a group");
        let reaped = lock(&self.outcome);
        if reaped.is_some() {
            return Ok(());
        }
        self.pidfd.send_to_group(self.pid, signal)
    }

    fn has_been_reaped(&self) -> bool {
        lock(&self.outcome).is_some()
    }
}

/// All commands of one container that have not been reaped.
#[derive(Debug, Default)]
pub(crate) struct Children(Mutex<VecDeque<Arc<Process>>>);

impl Children {
    /// Remembers `process`, and reaps what has been dropped without a wait: two a time, so that they can't pile up.
    pub(crate) fn add(&self, process: Arc<Process>) {
        const LOOKED_AT: usize = 2;
        let mut all = lock(&self.0);
        for _ in 0..LOOKED_AT.min(all.len()) {
            let Some(oldest) = all.pop_front() else { break };
            let abandoned = Arc::strong_count(&oldest) == 1;
            if !(abandoned && matches!(oldest.try_wait(), Ok(Some(_)))) {
                all.push_back(oldest);
            }
        }
        all.push_back(process);
    }

    /// Remembers a child that is not among them yet.
    pub(crate) fn adopt(&self, pid: i32) {
        let mut all = lock(&self.0);
        if !all.iter().any(|process| process.pid == pid)
            && let Ok(Some(pidfd)) = Pidfd::of_child(pid)
        {
            all.push_back(Arc::new(Process::new(pid, pidfd)));
        }
    }

    /// Forgets `process` if it has been reaped.
    pub(crate) fn forget_reaped(&self, process: &Arc<Process>) {
        if process.has_been_reaped() {
            lock(&self.0).retain(|other| !Arc::ptr_eq(other, process));
        }
    }

    /// Reaps all, each within `limit`, once PID 1 has been killed. What is not of its namespace is killed here.
    pub(crate) fn reap_all(&self, limit: Duration) {
        // A lock held through the waits would hold up a spawn that is about to add one.
        let all = std::mem::take(&mut *lock(&self.0));
        for process in all {
            process.pidfd.kill();
            match process.wait_within(limit) {
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => lock(&self.0).push_back(process),
            }
        }
    }
}

/// A panic elsewhere while it was held leaves nothing half done behind any of these locks.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
