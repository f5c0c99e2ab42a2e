//! The caller's terminal, which is left as it was found, whatever happens.

use std::cell::Cell;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use rustix::fs::fstat;
use rustix::io::Errno;
use rustix::process::Pid;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

use super::streams::{Stream, copy};

/// The terminals that have other modes than they were found with.
static CHANGED: Mutex<Vec<Changed>> = Mutex::new(Vec::new());

/// One of them, and the modes to restore.
struct Changed {
    terminal: Arc<OwnedFd>,
    found: Termios,
}

/// The terminal that somebody types on.
#[derive(Debug)]
pub(super) struct Caller {
    terminal: Arc<OwnedFd>,
    found: Termios,
    is_raw: Cell<bool>,
    /// The group in the foreground, and whether that is this process's.
    foreground: Cell<Option<(Result<Pid, Errno>, bool)>>,
}

impl Caller {
    /// Nothing if the caller's input is no terminal.
    pub(super) fn find(input: Stream<'_>) -> Option<Self> {
        let input = input?;
        let found = tcgetattr(input).ok()?;
        Some(Self {
            terminal: Arc::new(copy(Some(input)).ok()?),
            found: found_before(input).unwrap_or(found),
            is_raw: Cell::new(false),
            foreground: Cell::new(None),
        })
    }

    /// The modes that it was found with.
    pub(super) fn modes(&self) -> &Termios {
        &self.found
    }

    /// Whether this process may read what is typed.
    pub(super) fn in_foreground(&self) -> bool {
        let group = tcgetpgrp(&self.terminal);
        match self.foreground.get() {
            Some((as_before, verdict)) if as_before == group => verdict,
            _ => {
                let verdict = in_foreground(&self.terminal);
                self.foreground.set(Some((group, verdict)));
                verdict
            }
        }
    }

    /// Has each key passed on as it is typed, as long as this process is in the foreground; says whether it is.
    pub(super) fn take_over(&self) -> bool {
        if !self.in_foreground() {
            // Whoever is in the foreground now has the modes it likes.
            self.is_raw.set(false);
            return false;
        }
        if !self.is_raw.replace(true) {
            self.remember();
            let mut raw = self.found.clone();
            raw.make_raw();
            // Where it can't be, the session is less comfortable.
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &raw);
        }
        true
    }

    /// Takes it that somebody else may have changed its modes.
    pub(super) fn look_again(&self) {
        self.is_raw.set(false);
    }

    /// Looks whether somebody else has changed its modes: a shell, while this process was stopped.
    pub(super) fn look_whether_raw(&self) {
        if tcgetattr(&self.terminal).is_ok_and(|modes| modes.local_modes.contains(LocalModes::ICANON)) {
            self.is_raw.set(false);
        }
    }

    /// Leaves it as it was found.
    pub(super) fn give_back(&self) {
        self.is_raw.set(false);
        let mut all = CHANGED.lock().unwrap_or_else(PoisonError::into_inner);
        all.extract_if(.., |changed| Arc::ptr_eq(&changed.terminal, &self.terminal))
            .for_each(Changed::restore);
    }

    /// Whether it is no more.
    pub(super) fn is_gone(&self) -> bool {
        matches!(tcgetattr(&self.terminal), Err(Errno::IO))
    }

    fn remember(&self) {
        let mut all = CHANGED.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.iter().any(|changed| Arc::ptr_eq(&changed.terminal, &self.terminal)) {
            all.push(Changed {
                terminal: Arc::clone(&self.terminal),
                found: self.found.clone(),
            });
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Changed {
    fn restore(self) {
        if in_foreground(&self.terminal) {
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.found);
        }
    }
}

/// Leaves every terminal as it was found: those that sessions of this process have changed, in any thread.
///
/// A session does so itself when it ends, also by a panic that unwinds. This is for ends that it does not live to see: a
/// panic hook of a program that is built to abort, or just before [`std::process::exit`] in another thread. Sessions that
/// do go on take their terminals again only after [`Event::Resumed`](super::Event::Resumed).
///
/// It never waits: if another thread changes a terminal at this moment, none is restored. It takes a lock, so it is not
/// for signal handlers.
pub fn restore_terminals() {
    let mut all = match CHANGED.try_lock() {
        Ok(all) => all,
        Err(TryLockError::Poisoned(all)) => all.into_inner(),
        Err(TryLockError::WouldBlock) => return,
    };
    all.drain(..).for_each(Changed::restore);
}

/// The modes that another session has found on the same terminal: what there is now is that session's doing.
fn found_before(input: BorrowedFd<'_>) -> Option<Termios> {
    let file = |fd: BorrowedFd<'_>| fstat(fd).ok().map(|about| (about.st_dev, about.st_ino));
    let this = file(input)?;
    let all = CHANGED.lock().unwrap_or_else(PoisonError::into_inner);
    let same = all.iter().find(|changed| file(changed.terminal.as_fd()) == Some(this));
    same.map(|changed| changed.found.clone())
}

/// Whether this process may read what is typed. Where the terminal is not the controlling one, all may.
fn in_foreground(terminal: &OwnedFd) -> bool {
    tcgetpgrp(terminal) == Err(Errno::NOTTY) || in_foreground_group().unwrap_or(true)
}

/// As proc_pid_stat(5) has it. The groups may be of another pid namespace, where they have no number here.
fn in_foreground_group() -> Option<bool> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let group = fields.nth(2)?;
    let in_foreground = fields.nth(2)?;
    Some(group == in_foreground)
}
