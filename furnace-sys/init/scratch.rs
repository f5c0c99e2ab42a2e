//! Memory that serves one request and is then given back: the next newcomer is a copy of this process, and must find
//! nothing older than its own request.

use core::cell::UnsafeCell;

use super::syscalls;
use crate::wire::INLINE_BODY_MAX;

pub(super) const STACK_SIZE: usize = 16384;

/// Whole pages, so that they can be given back.
#[repr(C, align(4096))]
struct Scratch {
    stack: UnsafeCell<[u8; STACK_SIZE]>,
    body: UnsafeCell<[u8; INLINE_BODY_MAX]>,
}

// SAFETY: the stack is used by the one thread there is besides the main thread, the body by the main thread.
unsafe impl Sync for Scratch {}

static SCRATCH: Scratch = Scratch {
    stack: UnsafeCell::new([0; STACK_SIZE]),
    body: UnsafeCell::new([0; INLINE_BODY_MAX]),
};

/// The lowest byte of the stack for the thread that clones, which is [`STACK_SIZE`] large.
pub(super) fn stack() -> *mut u8 {
    SCRATCH.stack.get().cast()
}

/// Where the body of a request is put when it travels in the message.
pub(super) fn body() -> *mut u8 {
    SCRATCH.body.get().cast()
}

/// Leaves nothing but zeros.
///
/// # Safety
///
/// The thread must have ended, and nothing may refer to the body.
pub(super) unsafe fn wipe() {
    // SAFETY: whole pages of anonymous memory, used by nobody: the caller's promise.
    unsafe { syscalls::wipe((&raw const SCRATCH).cast_mut().cast(), size_of::<Scratch>()) }
}
