//! Which signals the calling thread has blocked, and what has come of them. Sets of signals: signal N is bit N - 1.

use crate::arch::{self, numbers};

/// rt_sigprocmask(2), `SIG_SETMASK`, past any library; gives the mask that was.
pub(crate) fn set_mask(mask: u64) -> u64 {
    change_mask(Some(&mask))
}

/// The mask that there is.
pub(crate) fn mask() -> u64 {
    change_mask(None)
}

fn change_mask(mask: Option<&u64>) -> u64 {
    const SIG_SETMASK: usize = 2;
    let mut before = 0_u64;
    let operands = [
        SIG_SETMASK,
        mask.map_or(0, |mask| (&raw const *mask).expose_provenance()),
        (&raw mut before).expose_provenance(),
        size_of::<u64>(),
        0,
        0,
    ];
    // SAFETY: two signal sets of the size that is passed along, the first of them null or borrowed for the call.
    unsafe { arch::syscall(numbers::RT_SIGPROCMASK, operands) };
    before
}

/// rt_sigpending(2): what has come, and is blocked.
pub(crate) fn pending() -> u64 {
    let mut set = 0_u64;
    let operands = [(&raw mut set).expose_provenance(), size_of::<u64>(), 0, 0, 0, 0];
    // SAFETY: a signal set of the size that is passed along.
    unsafe { arch::syscall(numbers::RT_SIGPENDING, operands) };
    set
}

/// rt_sigtimedwait(2), without waiting: takes one of these that has come, and is blocked.
pub(crate) fn take(set: u64) {
    let now = [0_i64; 2];
    let operands = [
        (&raw const set).expose_provenance(),
        0,
        (&raw const now).expose_provenance(),
        size_of::<u64>(),
        0,
        0,
    ];
    // SAFETY: a signal set of the size that is passed along, no place for what is known of the signal, and a whole
    // `struct timespec`.
    unsafe { arch::syscall(numbers::RT_SIGTIMEDWAIT, operands) };
}
