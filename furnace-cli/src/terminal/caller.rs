//! The caller's terminal, which is left as it was found, whatever happens.

use std::cell::Cell;
use std::panic;
use std::sync::{Mutex, Once, PoisonError};

use rustix::io::Errno;
use rustix::process::Pid;
use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

/// The modes to restore, while the terminal has others: for a panic, of which nothing else may be told in time.
static CHANGED: Mutex<Option<Termios>> = Mutex::new(None);

/// The terminal that is standard input.
#[derive(Debug)]
pub(super) struct Caller {
    found: Termios,
    is_raw: Cell<bool>,
    /// The group in the foreground, and whether that is this process's.
    foreground: Cell<Option<(Result<Pid, Errno>, bool)>>,
}

impl Caller {
    /// Nothing if standard input is no terminal.
    pub(super) fn find() -> Option<Self> {
        static HOOK: Once = Once::new();
        let found = tcgetattr(stdin()).ok()?;
        HOOK.call_once(|| {
            let otherwise = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                restore();
                otherwise(info);
            }));
        });
        Some(Self {
            found,
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
        let group = tcgetpgrp(stdin());
        match self.foreground.get() {
            Some((as_before, verdict)) if as_before == group => verdict,
            _ => {
                let verdict = in_foreground();
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
            *CHANGED.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.found.clone());
            let mut raw = self.found.clone();
            raw.make_raw();
            // Where it can't be, the session is less comfortable.
            let _ = tcsetattr(stdin(), OptionalActions::Now, &raw);
        }
        true
    }

    /// Takes it that somebody else may have changed its modes.
    pub(super) fn look_again(&self) {
        self.is_raw.set(false);
    }

    /// Leaves it as it was found.
    pub(super) fn give_back(&self) {
        self.is_raw.set(false);
        restore();
    }

    /// Whether it is no more.
    pub(super) fn is_gone(&self) -> bool {
        matches!(tcgetattr(stdin()), Err(Errno::IO))
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Whether this process may read what is typed. Where the terminal is not the controlling one, all may.
fn in_foreground() -> bool {
    tcgetpgrp(stdin()) == Err(Errno::NOTTY) || in_foreground_group().unwrap_or(true)
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

fn restore() {
    // In a panic it may be locked, by this thread itself.
    let Ok(mut changed) = CHANGED.try_lock() else { return };
    if let Some(found) = changed.take()
        && in_foreground()
    {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &found);
    }
}
