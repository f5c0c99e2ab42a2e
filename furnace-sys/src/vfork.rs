//! A child that shares the caller's memory until it executes a program or ends; the calling thread sleeps until then.
//!
//! The caller is never copied, however large it is. Three hazards, and how each is met:
//!
//! 1. *The child runs in the caller's memory.* It runs on a stack of its own, makes system calls and nothing else: no
//!    allocation, no lock, no errno, no panic. The calling thread sleeps (`CLONE_VFORK`). Nothing inside any container can
//!    see it: it is in the caller's own namespaces.
//! 2. *A signal handler of the caller could run in the child.* All signals are blocked around the clone, those that
//!    threading libraries hide included, and neither the child nor what it executes unblocks them.
//! 3. *Descriptors of the caller could leak.* The child's table is a copy (no `CLONE_FILES`), in which it closes all but
//!    what it is to have, whether marked close-on-exec or not.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use rustix::io::Errno;

use crate::arch;
use crate::mask::set_mask;
use crate::outcome::outcome;

/// A child, and a pidfd of it.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) pid: i32,
    pub(crate) pidfd: OwnedFd,
}

const STACK_ALIGNMENT: usize = 16;

const CLONE_VM: u64 = 0x100;
const CLONE_PIDFD: u64 = 0x1000;
const CLONE_VFORK: u64 = 0x4000;
const ALL_SIGNALS: u64 = u64::MAX;

/// `struct clone_args` of clone3(2), as of Linux 5.5.
#[repr(C)]
#[derive(Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
}

/// Runs `entry(task)` in a child, which leaves with `exit_signal`, on a stack of so many bytes.
///
/// # Errors
///
/// What clone3(2) fails with.
///
/// # Safety
///
/// `entry` must do nothing but what the first hazard above allows, with a `task` that is good for it.
pub(crate) unsafe fn vfork(
    exit_signal: u64,
    stack_size: usize,
    entry: extern "C" fn(*mut c_void) -> !,
    task: *mut c_void,
) -> Result<Child, Errno> {
    let mut stack = Vec::<MaybeUninit<u8>>::with_capacity(stack_size + STACK_ALIGNMENT);
    let bottom = stack.as_mut_ptr();
    let mut pidfd: RawFd = -1;
    let arguments = CloneArgs {
        flags: CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
        pidfd: (&raw mut pidfd).expose_provenance() as u64,
        exit_signal,
        stack: bottom
            .wrapping_add(bottom.align_offset(STACK_ALIGNMENT))
            .expose_provenance() as u64,
        stack_size: stack_size as u64,
        ..CloneArgs::default()
    };
    let mask = set_mask(ALL_SIGNALS);
    // SAFETY: `arguments` is a whole `struct clone_args`, its stack is aligned and this thread's alone; both and `pidfd`
    // outlive the child's use of them, since this thread sleeps until the child has executed or ended. The rest is the
    // caller's promise.
    let result = unsafe { arch::clone_onto_stack((&raw const arguments).cast(), size_of::<CloneArgs>(), entry, task) };
    set_mask(mask);
    drop(stack);
    // The kernel's pids are below 2^22.
    let pid = i32::try_from(outcome(result)?).map_err(|_| Errno::OVERFLOW)?;
    // SAFETY: the kernel has just opened it for `CLONE_PIDFD`, and nobody else knows its number.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Child { pid, pidfd })
}
