//! The size of a window.

use std::os::fd::AsFd;

use rustix::termios::{Winsize, tcsetwinsize};

use super::streams::Streams;

/// What a terminal inside has of the caller's window.
#[derive(Debug, Default)]
pub(super) struct Size {
    /// Rows, columns, and the same in pixels.
    given: Option<[u16; 4]>,
}

impl Size {
    /// Gives a terminal the size of the caller's, if the caller has one.
    pub(super) fn follow(&mut self, streams: &Streams<'_>, terminal: impl AsFd) {
        if let Some(size) = streams.window_size() {
            self.given = Some(numbers(&size));
            // One that is gone needs no size.
            let _ = tcsetwinsize(terminal, size);
        }
    }

    /// The same, but only if the caller's is another now: what a program inside has set stays until then.
    pub(super) fn follow_a_change(&mut self, streams: &Streams<'_>, terminal: impl AsFd) {
        if streams.window_size().map(|size| numbers(&size)) != self.given {
            self.follow(streams, terminal);
        }
    }
}

fn numbers(size: &Winsize) -> [u16; 4] {
    [size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel]
}
