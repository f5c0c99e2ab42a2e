//! Signals that come to the calling process, and mean something to a session.

use std::io;
use std::os::fd::AsFd;

/// Where a session hears of signals that its caller has caught: its descriptor is readable as long as there is something
/// to [take](Self::take), as with a pipe that a handler writes to, or with [`CaughtSignals`](super::CaughtSignals).
///
/// The library catches none unasked. Without them a session still follows the size of the window, by looking a few times a
/// second; keys such as Ctrl-C and Ctrl-Z reach the command as what is typed, not as signals. What else is sent to the
/// calling process does to that what it always does, the terminal being as it is.
pub trait Signals: AsFd {
    /// What has come, one at a time; nothing when there is nothing more.
    fn take(&mut self) -> Option<Event>;

    /// Called after [`Event::Suspend`] and [`Event::End`], with the caller's terminal as it was found: the signal may now do
    /// to this process what it would have. The session goes on when this returns.
    fn yielded(&mut self, event: Event);
}

/// What a signal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The caller's window may have another size (`SIGWINCH`).
    Resized,
    /// This process goes on after it was stopped (`SIGCONT`): the terminal is to be taken again.
    Resumed,
    /// This process is to stop (`SIGTSTP`); see [`Signals::yielded`]. A command that has no terminal stops with it.
    Suspend,
    /// This process is to end by that signal; see [`Signals::yielded`].
    End(i32),
    /// That signal is for the command; one that terminals send (`SIGINT`, `SIGQUIT`, `SIGHUP`) for all of its process
    /// group. For a shell, which ignores `SIGTERM`, that becomes a hang-up, as does `SIGHUP`.
    PassOn(i32),
}

/// Whether the calling process ignores a signal, by its number. Who catches signals leaves such a one alone, as nohup(1)
/// wants it.
///
/// # Errors
///
/// `EINVAL` for a number that is no signal.
pub fn is_ignored(signal: i32) -> io::Result<bool> {
    Ok(furnace_sys::signals::is_ignored(signal)?)
}
