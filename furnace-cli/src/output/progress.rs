//! A line on the terminal about what takes long, while it does.
//!
//! furnace-core says by spans what it is about to take time for, and knows nothing of this. A thread of its own watches
//! the clock; whoever has waited enough erases the line before going on, so nothing else is ever written beside it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::stdio::stderr;
use rustix::termios::isatty;

use crate::output::colour::can_do_more_than_print;
use crate::output::stderr::{erase_line, show_line};

/// What is over before that needs no line.
const LONG: Duration = Duration::from_millis(500);

/// How often the line is written anew.
const TICK: Duration = Duration::from_secs(1);

/// What takes time at this moment.
#[derive(Debug)]
pub(crate) struct Progress(Arc<Watched>);

#[derive(Debug)]
struct Watched {
    doings: Mutex<Doings>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Doings {
    /// The names of the spans that there are.
    names: Vec<(u64, &'static str)>,
    /// Those that were begun and are not at an end, the innermost last.
    under_way: Vec<Doing>,
    is_watched: bool,
    /// When the line is to be written next.
    due: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Doing {
    span: u64,
    name: &'static str,
    begun: Instant,
}

impl Progress {
    /// Nothing if standard error is no terminal, or one on which nothing can be erased.
    pub(crate) fn on_terminal() -> Option<Self> {
        let shows = isatty(stderr()) && can_do_more_than_print();
        shows.then(|| {
            Self(Arc::new(Watched {
                doings: Mutex::default(),
                changed: Condvar::new(),
            }))
        })
    }

    /// What the span with this number is called.
    pub(crate) fn name(&self, span: u64, name: &'static str) {
        self.0.lock().names.push((span, name));
    }

    pub(crate) fn begin(&self, span: u64) {
        let mut doings = self.0.lock();
        let Some((_, name)) = doings.names.iter().copied().find(|(known, _)| *known == span) else {
            return;
        };
        let begun = Instant::now();
        doings.under_way.push(Doing { span, name, begun });
        if doings.under_way.len() == 1 {
            doings.due = begun.checked_add(LONG);
        }
        if !doings.is_watched {
            let watched = Arc::clone(&self.0);
            // Without it there is no line.
            doings.is_watched = thread::Builder::new().spawn(move || watched.watch()).is_ok();
        }
        self.0.changed.notify_one();
    }

    pub(crate) fn end(&self, span: u64) {
        let mut doings = self.0.lock();
        doings.under_way.retain(|doing| doing.span != span);
        if doings.under_way.is_empty() {
            doings.due = None;
            erase_line();
        }
    }

    /// The span is no more.
    pub(crate) fn forget(&self, span: u64) {
        self.0.lock().names.retain(|(known, _)| *known != span);
    }
}

impl Watched {
    fn lock(&self) -> MutexGuard<'_, Doings> {
        self.doings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) {
        let mut doings = self.lock();
        loop {
            let now = Instant::now();
            doings = match doings.due {
                None => self.changed.wait(doings).unwrap_or_else(PoisonError::into_inner),
                Some(due) if due > now => {
                    let waited = self.changed.wait_timeout(doings, due - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                Some(_) => {
                    // The lock is held meanwhile: who comes to erase the line waits for it.
                    if let Some(text) = doings.text(now) {
                        show_line(&text);
                    }
                    doings.due = now.checked_add(TICK);
                    doings
                }
            };
        }
    }
}

impl Doings {
    fn text(&self, now: Instant) -> Option<String> {
        let (first, last) = (self.under_way.first()?, self.under_way.last()?);
        let seconds = now.saturating_duration_since(first.begun).as_secs();
        Some(match seconds {
            0 => format!("furnace: {} ...", last.name),
            _ => format!("furnace: {} ... {seconds} s", last.name),
        })
    }
}
