//! The end of the input, for a terminal that has none.

use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, SpecialCodeIndex, Termios, tcgetattr};

/// It is typed (Ctrl-D), and unlike that of a file it is gone once it was read. So it is typed again when a reader is
/// back at it; and when the terminal changes between lines and keys, as the one is not what the other takes for an end.
#[derive(Debug, Default)]
pub(super) struct EndOfInput {
    /// Whether it was typed while lines were read.
    typed: Option<bool>,
}

impl EndOfInput {
    /// What to type now. `peer` is the end of the terminal that commands have, `last` what was typed before.
    pub(super) fn due(&mut self, peer: impl AsFd, last: Option<u8>) -> Vec<u8> {
        let Ok(modes) = tcgetattr(&peer) else {
            return Vec::new();
        };
        let key = modes.special_codes[SpecialCodeIndex::VEOF];
        let lines = reads_lines(&modes);
        let count = match self.typed {
            // The first one only ends a line that is not complete.
            None if lines && last.is_some_and(|last| last != b'\n') => 2,
            None => 1,
            Some(then) if then != lines => 1,
            Some(_) if lines && !has_something_to_read(&peer) => 1,
            Some(_) => 0,
        };
        if count > 0 {
            self.typed = Some(lines);
        }
        // It can be switched off (_POSIX_VDISABLE).
        if key == 0 { Vec::new() } else { vec![key; count] }
    }
}

fn reads_lines(modes: &Termios) -> bool {
    modes.local_modes.contains(LocalModes::ICANON)
}

/// Whether somebody has yet to read what was typed; an end is something.
fn has_something_to_read(peer: impl AsFd) -> bool {
    let mut watched = [PollFd::new(&peer, PollFlags::IN)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&now)) != Ok(0)
}
