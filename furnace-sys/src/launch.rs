//! Starting furnace-init: a child that shares the caller's memory, and ends that at once by executing it.

use std::ffi::c_void;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::io::Errno;

use crate::arch::{self, numbers};
use crate::vfork::{Child, vfork};
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

const STACK_SIZE: usize = 16 * 1024;
const SIGCHLD: u64 = 17;

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
) -> Result<Child, LaunchFailure> {
    let mut task = Task {
        program: program.as_raw_fd(),
        descriptors: descriptors.map(|fd| fd.as_raw_fd()),
        descriptors_failed: AtomicI32::new(0),
        execute_failed: AtomicI32::new(0),
    };
    // SAFETY: `become_program` makes system calls only, and the task is what it takes.
    let child = unsafe { vfork(SIGCHLD, STACK_SIZE, become_program, (&raw mut task).cast()) };
    let child = child.map_err(LaunchFailure::Clone)?;
    let failure = match (task.descriptors_failed.into_inner(), task.execute_failed.into_inner()) {
        (0, 0) => return Ok(child),
        (0, errno) => LaunchFailure::Execute(Errno::from_raw_os_error(errno)),
        (errno, _) => LaunchFailure::Descriptors(Errno::from_raw_os_error(errno)),
    };
    // The child has ended; whether this or somebody else's wait takes its status makes no difference.
    let _ = rustix::process::waitid(
        rustix::process::WaitId::PidFd(rustix::fd::AsFd::as_fd(&child.pidfd)),
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
