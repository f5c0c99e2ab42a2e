//! Starting furnace-init: a clone that shares the caller's memory and ends that at once by executing it.
//!
//! The caller is never copied, however large it is. Three hazards, and how each is met:
//!
//! 1. *The child runs in the caller's memory.* It runs on a stack of its own, makes system calls and nothing else: no
//!    allocation, no lock, no errno, no panic. The calling thread sleeps until the child has executed or ended
//!    (`CLONE_VFORK`). Nothing inside any container can see it: it is in the caller's own namespaces.
//! 2. *A signal handler of the caller could run in the child.* All signals are blocked around the clone, those that
//!    threading libraries hide included, and furnace-init never unblocks them.
//! 3. *Descriptors of the caller could leak.* The child's table is a copy (no `CLONE_FILES`), in which everything but
//!    what furnace-init is to have is closed before it is executed, whether marked close-on-exec or not.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::io::Errno;

use crate::arch::{self, numbers};
use crate::mask::set_mask;
use crate::outcome::outcome;
use crate::wire::{PROGRAM_NAME, inherited};

/// Why furnace-init could not be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaunchFailure {
    /// clone3(2) failed.
    Clone(Errno),
    /// The child could not arrange its descriptors.
    Descriptors(Errno),
    /// execveat(2) failed.
    Execute(Errno),
}

/// A started furnace-init.
#[derive(Debug)]
pub(crate) struct Launched {
    pub(crate) pid: i32,
    pub(crate) pidfd: OwnedFd,
}

const STACK_SIZE: usize = 16 * 1024;
const STACK_ALIGNMENT: usize = 16;

const CLONE_VM: u64 = 0x100;
const CLONE_PIDFD: u64 = 0x1000;
const CLONE_VFORK: u64 = 0x4000;
const SIGCHLD: u64 = 17;
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

/// What the child is given, and where it leaves why it failed.
struct Task {
    program: RawFd,
    descriptors: [RawFd; inherited::COUNT],
    descriptors_failed: AtomicI32,
    execute_failed: AtomicI32,
}

/// Executes `program` with `descriptors` as its only ones, numbered from 0, an empty environment and its name as its
/// only argument.
pub(crate) fn launch(
    program: BorrowedFd<'_>,
    descriptors: [BorrowedFd<'_>; inherited::COUNT],
) -> Result<Launched, LaunchFailure> {
    let mut task = Task {
        program: program.as_raw_fd(),
        descriptors: descriptors.map(|fd| fd.as_raw_fd()),
        descriptors_failed: AtomicI32::new(0),
        execute_failed: AtomicI32::new(0),
    };
    let mut stack = vec![MaybeUninit::<u8>::uninit(); STACK_SIZE + STACK_ALIGNMENT];
    let bottom = stack.as_mut_ptr();
    let mut pidfd: RawFd = -1;
    let arguments = CloneArgs {
        flags: CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
        pidfd: (&raw mut pidfd).expose_provenance() as u64,
        exit_signal: SIGCHLD,
        stack: bottom
            .wrapping_add(bottom.align_offset(STACK_ALIGNMENT))
            .expose_provenance() as u64,
        stack_size: STACK_SIZE as u64,
        ..CloneArgs::default()
    };
    let mask = set_mask(ALL_SIGNALS);
    // SAFETY: `arguments` is a whole `struct clone_args`, its stack is aligned and this thread's alone; it, `task` and
    // `pidfd` outlive the child's use of them, since this thread sleeps until the child has executed or ended.
    let result = unsafe {
        arch::clone_onto_stack(
            (&raw const arguments).cast(),
            size_of::<CloneArgs>(),
            become_program,
            (&raw mut task).cast(),
        )
    };
    set_mask(mask);
    drop(stack);
    let pid = outcome(result).map_err(LaunchFailure::Clone)?;
    let pid = i32::try_from(pid).map_err(|_| LaunchFailure::Clone(Errno::OVERFLOW))?;
    // SAFETY: the kernel has just opened it for `CLONE_PIDFD`, and nobody else knows its number.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    let failure = match (task.descriptors_failed.into_inner(), task.execute_failed.into_inner()) {
        (0, 0) => return Ok(Launched { pid, pidfd }),
        (0, errno) => LaunchFailure::Execute(Errno::from_raw_os_error(errno)),
        (errno, _) => LaunchFailure::Descriptors(Errno::from_raw_os_error(errno)),
    };
    // The child has ended; whether this or somebody else's wait takes its status makes no difference.
    let _ = rustix::process::waitid(
        rustix::process::WaitId::PidFd(rustix::fd::AsFd::as_fd(&pidfd)),
        rustix::process::WaitIdOptions::EXITED,
    );
    Err(failure)
}

/// Runs in the caller's memory: system calls only.
extern "C" fn become_program(task: *mut c_void) -> ! {
    // SAFETY: `launch` passes its task and sleeps; what is written is atomic.
    let task = unsafe { &*task.cast_const().cast::<Task>() };
    match place_descriptors(task) {
        Err(errno) => task.descriptors_failed.store(errno, Ordering::Relaxed),
        Ok(program) => task.execute_failed.store(execute(program), Ordering::Relaxed),
    }
    loop {
        // SAFETY: ends this process only.
        unsafe { arch::syscall(numbers::EXIT_GROUP, [127, 0, 0, 0, 0, 0]) };
    }
}

/// A call on descriptors of the child's own table; a negative errno as the error.
fn on_descriptors(number: usize, arguments: [RawFd; 3]) -> Result<RawFd, i32> {
    let [a, b, c] = arguments.map(register);
    // SAFETY: the callers below pass dup3(2), fcntl(2) and close_range(2) plain numbers.
    let result = unsafe { arch::syscall(number, [a, b, c, 0, 0, 0]) };
    let result = i32::try_from(result).unwrap_or(-Errno::IO.raw_os_error());
    if result < 0 { Err(-result) } else { Ok(result) }
}

/// A number as the kernel's register wants it: sign and all.
#[allow(clippy::cast_sign_loss, reason = "a register has no sign")]
fn register(number: RawFd) -> usize {
    number as isize as usize
}

/// Puts the descriptors at their numbers and closes everything else but the program; gives the program's number.
fn place_descriptors(task: &Task) -> Result<RawFd, i32> {
    const F_DUPFD_CLOEXEC: RawFd = 1030;
    const FREE: RawFd = inherited::PID1 + 1;
    // First out of the way of the numbers that are to be filled.
    let aside = |fd: RawFd| {
        if fd < FREE {
            on_descriptors(numbers::FCNTL, [fd, F_DUPFD_CLOEXEC, FREE])
        } else {
            Ok(fd)
        }
    };
    let program = aside(task.program)?;
    let [control, plan, owner, pid1] = task.descriptors;
    let moved = [aside(control)?, aside(plan)?, aside(owner)?, aside(pid1)?];
    for (number, fd) in (0..).zip(moved) {
        on_descriptors(numbers::DUP3, [fd, number, 0])?;
    }
    if program > FREE {
        on_descriptors(numbers::CLOSE_RANGE, [FREE, program - 1, 0])?;
    }
    on_descriptors(numbers::CLOSE_RANGE, [program + 1, RawFd::MAX, 0])?;
    Ok(program)
}

/// Executes the program; gives the errno if that failed.
fn execute(program: RawFd) -> i32 {
    const AT_EMPTY_PATH: usize = 0x1000;
    let arguments = [PROGRAM_NAME.as_ptr(), std::ptr::null()];
    let environment: [*const u8; 1] = [std::ptr::null()];
    let operands = [
        register(program),
        c"".as_ptr().expose_provenance(),
        arguments.as_ptr().expose_provenance(),
        environment.as_ptr().expose_provenance(),
        AT_EMPTY_PATH,
        0,
    ];
    // SAFETY: two lists of strings that live on this stack, each ended by a null pointer, and an empty path.
    let result = unsafe { arch::syscall(numbers::EXECVEAT, operands) };
    i32::try_from(result.wrapping_neg()).unwrap_or(Errno::IO.raw_os_error())
}
