//! Standard error: nothing else writes there. What is said and the line that tells of progress know of each other.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::getpgrp;
use rustix::stdio::stderr;
use rustix::termios::{OutputModes, tcgetattr, tcgetpgrp, tcgetwinsize};

/// How many columns the line of progress takes at this moment.
static LINE: Mutex<usize> = Mutex::new(0);

/// Writes lines.
pub(crate) fn say(text: &str) {
    change_line(|columns| {
        let mut all = erasure(columns);
        match is_raw() {
            true => all.push_str(&text.replace('\n', "\r\n")),
            false => all.push_str(text),
        }
        write(&all);
        0
    });
}

/// Shows `text` in the line of progress, cut to the width of the terminal. Where that would have to wait, it does not.
pub(crate) fn show_line(text: &str) {
    if !is_in_foreground() || !takes_more() {
        return;
    }
    change_line(|columns| {
        let width = tcgetwinsize(stderr()).map_or(0, |size| usize::from(size.ws_col));
        let width = if width == 0 { 80 } else { width };
        // In the last column some terminals begin a new line.
        let text: String = text.chars().take(width.saturating_sub(1)).collect();
        write(&(erasure(columns) + &text));
        text.chars().count()
    });
}

/// Leaves nothing of it.
pub(crate) fn erase_line() {
    change_line(|columns| {
        write(&erasure(columns));
        0
    });
}

fn change_line(change: impl FnOnce(usize) -> usize) {
    let mut columns = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    *columns = change(*columns);
}

fn erasure(columns: usize) -> String {
    match columns {
        0 => String::new(),
        _ => format!("\r{:columns$}\r", ""),
    }
}

fn write(text: &str) {
    // There is nowhere else to complain.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Whether it is read: who stops a terminal (Ctrl-S) stops none of what goes on.
fn takes_more() -> bool {
    let mut watched = [PollFd::from_borrowed_fd(stderr(), PollFlags::OUT)];
    poll(&mut watched, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// Whether it is a terminal that takes a line feed for no more than that, as it does while a session has it.
fn is_raw() -> bool {
    tcgetattr(stderr()).is_ok_and(|modes| !modes.output_modes.contains(OutputModes::OPOST))
}

/// Whether the terminal is this process's to write to at any time.
fn is_in_foreground() -> bool {
    tcgetpgrp(stderr()).is_ok_and(|group| group == getpgrp())
}
