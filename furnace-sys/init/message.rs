//! Messages, as words and as bytes.

use super::fd;
use super::syscalls::{self as kernel, Errno, Fd};
use crate::wire::{Reply, Stage, Word};

/// Answers the caller.
pub(super) fn reply(reply: Reply, descriptors: &[Fd]) -> kernel::Result<()> {
    reply_on(fd::CONTROL, reply, descriptors)
}

/// Answers the caller, on a copy of the socket to it.
pub(super) fn reply_on(control: Fd, reply: Reply, descriptors: &[Fd]) -> kernel::Result<()> {
    kernel::send(control, bytes_of(&reply.encode()), descriptors)
}

/// That a command has been cloned.
pub(super) fn cloned(pid: i32) -> Reply {
    Reply { step: 0, errno: 0, pid }
}

/// That a command has not been cloned.
pub(super) fn not_cloned(stage: Stage, errno: Errno) -> Reply {
    Reply {
        step: stage.to_word(),
        errno: errno.to_word(),
        pid: 0,
    }
}

/// That a step failed, or what is beside the plan.
pub(super) fn failed(step: u32, errno: Errno) -> Reply {
    Reply {
        step,
        errno: errno.to_word(),
        pid: 0,
    }
}

/// Words as they travel.
pub(super) fn bytes_of(words: &[u32]) -> &[u8] {
    // SAFETY: the same memory; words have no padding, and bytes no alignment.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
}
