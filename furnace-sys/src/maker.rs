//! Starting a maker: a child that shares the caller's memory, and walks the first steps of a plan meanwhile.

use std::ffi::c_void;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::Errno;

use crate::arch::{self, numbers};
use crate::init;
use crate::plan::SealedPlan;
use crate::vfork::vfork;

/// Enough for the steps, compiled for debugging too.
const STACK_SIZE: usize = 64 * 1024;

/// No signal: whoever waits for children of the caller, or is told of their ends, knows nothing of this one.
const SILENT: u64 = 0;

struct Task {
    plan: init::plan::Plan,
    control: RawFd,
    has_told: AtomicBool,
}

/// Has a maker walk its part of `plan`, and waits for that. What has come of it, the fork server hears at the other end of
/// `control`; gives whether that was told.
///
/// # Errors
///
/// What mmap(2) or clone3(2) fail with.
pub(crate) fn make(control: BorrowedFd<'_>, plan: &SealedPlan) -> Result<bool, Errno> {
    let plan = init::plan::Plan::map(plan.as_fd().as_raw_fd()).map_err(|errno| Errno::from_raw_os_error(errno.0))?;
    let mut task = Task {
        plan,
        control: control.as_raw_fd(),
        has_told: AtomicBool::new(false),
    };
    // SAFETY: `begin` makes system calls only, and the task is what it takes.
    let child = unsafe { vfork(SILENT, STACK_SIZE, begin, (&raw mut task).cast()) };
    task.plan.unmap();
    init::syscalls::wait_for(child?.pid);
    Ok(task.has_told.into_inner())
}

/// Runs in the caller's memory: system calls only.
extern "C" fn begin(task: *mut c_void) -> ! {
    // SAFETY: `make` passes its task and sleeps; what is written is atomic, or in the plan's own mapping.
    let task = unsafe { &*task.cast_const().cast::<Task>() };
    let has_told = init::maker::make(&task.plan, task.control);
    task.has_told.store(has_told, Ordering::Relaxed);
    loop {
        // SAFETY: ends this process only.
        unsafe { arch::syscall(numbers::EXIT_GROUP, [0; 6]) };
    }
}
