//! Descriptors: closing, copying, reading and writing.

use super::super::arch::{self, numbers};
use super::{Fd, O_CLOEXEC, Result, again_if_interrupted, checked, descriptor, nothing, word};

pub(crate) fn close(fd: Fd) {
    call!(CLOSE, word(fd));
}

/// close_range(2), Linux 5.9; both ends included.
pub(crate) fn close_range(first: Fd, last: Option<Fd>) -> Result<()> {
    let last = last.map_or(u32::MAX as usize, word);
    nothing(call!(CLOSE_RANGE, word(first), last, 0_usize))
}

/// dup3(2); the copy closes at exec.
pub(crate) fn duplicate_onto(fd: Fd, number: Fd) -> Result<()> {
    nothing(call!(DUP3, word(fd), word(number), O_CLOEXEC))
}

/// dup3(2); the copy survives exec.
pub(crate) fn duplicate_onto_for_exec(fd: Fd, number: Fd) -> Result<()> {
    nothing(call!(DUP3, word(fd), word(number), 0_i32))
}

/// fcntl(2), `F_DUPFD_CLOEXEC`: a copy with the lowest free number from `minimum` on.
pub(crate) fn duplicate_above(fd: Fd, minimum: Fd) -> Result<Fd> {
    const F_DUPFD_CLOEXEC: usize = 1030;
    descriptor(call!(FCNTL, word(fd), F_DUPFD_CLOEXEC, word(minimum)))
}

/// pidfd_getfd(2), Linux 5.6: a copy of what another process, or this one's main thread, has at a number.
pub(crate) fn copy_from(pidfd: Fd, number: Fd) -> Result<Fd> {
    descriptor(call!(PIDFD_GETFD, word(pidfd), word(number), 0_usize))
}

/// fcntl(2), `F_SETFD`: the descriptor survives exec.
pub(crate) fn keep_for_exec(fd: Fd) -> Result<()> {
    const F_SETFD: usize = 2;
    nothing(call!(FCNTL, word(fd), F_SETFD, 0_usize))
}

/// The length of a file, from lseek(2).
pub(crate) fn length(fd: Fd) -> Result<usize> {
    const SEEK_END: usize = 2;
    checked(call!(LSEEK, word(fd), 0_usize, SEEK_END))
}

pub(crate) fn write(fd: Fd, bytes: &[u8]) -> Result<usize> {
    again_if_interrupted(|| call!(WRITE, word(fd), bytes.as_ptr(), bytes.len()))
}

/// sendfile(2), from where `from` is.
pub(crate) fn send_file(to: Fd, from: Fd, most: usize) -> Result<usize> {
    again_if_interrupted(|| call!(SENDFILE, word(to), word(from), 0_usize, most))
}

pub(crate) fn read(fd: Fd, bytes: &mut [u8]) -> Result<usize> {
    again_if_interrupted(|| call!(READ, word(fd), bytes.as_mut_ptr(), bytes.len()))
}
