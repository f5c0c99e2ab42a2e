//! The size of a window.

use std::os::fd::AsFd;

use rustix::stdio::{stderr, stdin, stdout};
use rustix::termios::{tcgetwinsize, tcsetwinsize};

/// Gives a terminal the size of the caller's, in pixels too, if the caller has one.
pub(super) fn follow(terminal: impl AsFd) {
    let callers = [stdout(), stdin(), stderr()];
    if let Some(size) = callers.into_iter().find_map(|stream| tcgetwinsize(stream).ok()) {
        // One that is gone needs no size.
        let _ = tcsetwinsize(terminal, size);
    }
}
