//! A program's beginning and end without the runtime of Rust's standard library.
//!
//! That one makes every program read its own memory map, and have handlers that can tell a stack overflow from another
//! fault: next to nothing for most, but as long as the twentieth part of a container for one that only makes one. What of
//! it is needed for the rest of the standard library to work as it should, is here.

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::os::fd::{AsFd, AsRawFd, IntoRawFd};
use std::os::unix::ffi::OsStrExt;
use std::panic::catch_unwind;
use std::process::abort;
use std::slice;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::retry_on_intr;
use rustix::stdio::{stderr, stdin, stdout};

use crate::signals::set_ignored;

/// What a program ends with after a panic.
const PANICKED: c_int = 101;

/// Makes `$main`, a `fn(&[OsString]) -> u8`, the beginning of a program that says `#![no_main]`. It is given the words
/// of the command line, and gives the exit status.
///
/// SIGPIPE is ignored, and closed standard streams are opened, as in any program in Rust. A panic ends the program with
/// status 101. What is left in a buffer is lost, and a stack overflow is told by SIGSEGV alone.
///
/// ```no_run
/// # #![no_main]
/// use std::ffi::OsString;
///
/// fn echo(words: &[OsString]) -> u8 {
///     words.iter().skip(1).for_each(|word| println!("{}", word.display()));
///     0
/// }
///
/// furnace_sys::program_begins_with!(echo);
/// ```
#[macro_export]
macro_rules! program_begins_with {
    ($main:path) => {
        // SAFETY: the only `main` of a program that has no other, with the type that C gives it.
        #[unsafe(no_mangle)]
        extern "C" fn main(count: ::std::ffi::c_int, words: *const *const ::std::ffi::c_char) -> ::std::ffi::c_int {
            // SAFETY: whoever calls it is the C runtime, with what the kernel has given the program.
            unsafe { $crate::entry::begin(count, words, $main) }
        }
    };
}

/// See [`program_begins_with`](crate::program_begins_with).
///
/// # Safety
///
/// `words` are `count` strings of C, which nobody changes meanwhile.
#[doc(hidden)]
pub unsafe fn begin(count: c_int, words: *const *const c_char, main: fn(&[OsString]) -> u8) -> c_int {
    const SIGPIPE: c_int = 13;
    open_closed_streams();
    if set_ignored(SIGPIPE, true).is_err() {
        abort();
    }
    let words = match usize::try_from(count) {
        // SAFETY: as the caller promises, there are so many pointers.
        Ok(count @ 1..) => unsafe { slice::from_raw_parts(words, count) },
        _ => &[],
    };
    let words = words.iter().map(|word| {
        // SAFETY: as the caller promises, it is a string.
        let word = unsafe { CStr::from_ptr(*word) };
        OsStr::from_bytes(word.to_bytes()).to_owned()
    });
    let words: Vec<OsString> = words.collect();
    catch_unwind(|| main(&words)).map_or(PANICKED, c_int::from)
}

/// Else what is opened next would be taken for a standard stream.
fn open_closed_streams() {
    let mut streams = [stdin(), stdout(), stderr()].map(|stream| PollFd::from_borrowed_fd(stream, PollFlags::empty()));
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    if retry_on_intr(|| poll(&mut streams, Some(&now))).is_err() {
        abort();
    }
    // In their order: what is opened gets the lowest number that is free.
    for stream in streams
        .iter()
        .filter(|stream| stream.revents().contains(PollFlags::NVAL))
    {
        let opened = open(c"/dev/null", OFlags::RDWR, Mode::empty()).map(IntoRawFd::into_raw_fd);
        if opened != Ok(stream.as_fd().as_raw_fd()) {
            abort();
        }
    }
}
