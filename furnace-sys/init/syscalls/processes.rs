//! Processes, threads, signals, and what a process is allowed.

use core::ffi::c_void;
use core::mem::size_of;

use super::super::arch::{self, numbers};
use super::{CString, Errno, Fd, Result, again_if_interrupted, checked, descriptor, nothing, word};

pub(crate) const CLONE_VM: u64 = 0x100;
pub(crate) const CLONE_FS: u64 = 0x200;
pub(crate) const CLONE_SIGHAND: u64 = 0x800;
pub(crate) const CLONE_PIDFD: u64 = 0x1000;
pub(crate) const CLONE_VFORK: u64 = 0x4000;
pub(crate) const CLONE_PARENT: u64 = 0x8000;
pub(crate) const CLONE_THREAD: u64 = 0x1_0000;
pub(crate) const CLONE_NEWNS: u64 = 0x2_0000;
pub(crate) const CLONE_NEWUSER: u64 = 0x1000_0000;
pub(crate) const CLONE_NEWPID: u64 = 0x2000_0000;
pub(crate) const SIGKILL: i32 = 9;
pub(crate) const SIGPIPE: i32 = 13;
pub(crate) const SIGCHLD: i32 = 17;

/// `struct clone_args` of clone3(2), as of Linux 5.5.
#[repr(C)]
#[derive(Default)]
pub(crate) struct CloneArgs {
    pub(crate) flags: u64,
    pub(crate) pidfd: u64,
    pub(crate) child_tid: u64,
    pub(crate) parent_tid: u64,
    pub(crate) exit_signal: u64,
    pub(crate) stack: u64,
    pub(crate) stack_size: u64,
    pub(crate) tls: u64,
    pub(crate) set_tid: u64,
    pub(crate) set_tid_size: u64,
}

/// clone3(2) of a process with a copy of this memory: 0 in the child, its pid here.
pub(crate) fn clone_process(arguments: &CloneArgs) -> Result<i32> {
    descriptor(call!(CLONE3, &raw const *arguments, size_of::<CloneArgs>()))
}

/// clone3(2) of something that shares this memory and begins in `entry(argument)` on a stack of its own.
///
/// # Safety
///
/// As [`arch::clone_onto_stack`].
pub(crate) unsafe fn clone_thread(
    arguments: &CloneArgs,
    entry: extern "C" fn(*mut c_void) -> !,
    argument: *mut c_void,
) -> Result<()> {
    // SAFETY: the caller's promise, and a `CloneArgs` is a `struct clone_args`.
    nothing(unsafe { arch::clone_onto_stack((&raw const *arguments).cast(), size_of::<CloneArgs>(), entry, argument) })
}

/// execve(2): returns only if it failed.
///
/// # Safety
///
/// The lists must be arrays of strings, each ended by a null pointer.
pub(crate) unsafe fn execute(program: CString, arguments: *const u64, environment: *const u64) -> Errno {
    match checked(call!(EXECVE, program.word(), arguments, environment)) {
        Err(errno) => errno,
        Ok(_) => Errno::IO,
    }
}

/// The pid of this process, whichever thread asks.
pub(crate) fn process_id() -> Result<i32> {
    descriptor(call!(GETPID))
}

pub(crate) fn pidfd_open(pid: i32) -> Result<Fd> {
    descriptor(call!(PIDFD_OPEN, word(pid), 0_usize))
}

pub(crate) fn kill(pidfd: Fd) {
    call!(PIDFD_SEND_SIGNAL, word(pidfd), SIGKILL, 0_usize, 0_usize);
}

/// wait4(2) for one child, whatever it became; that somebody else has it is fine too.
pub(crate) fn wait_for(pid: i32) {
    const WALL: usize = 0x4000_0000;
    let _ = again_if_interrupted(|| call!(WAIT4, word(pid), 0_usize, WALL, 0_usize));
}

/// setns(2) into the namespaces `kinds` of the process that `pidfd` names; or into the one that it is, of any kind if 0.
pub(crate) fn join_namespaces(pidfd: Fd, kinds: u64) -> Result<()> {
    nothing(call!(SETNS, word(pidfd), kinds))
}

pub(crate) fn unshare(kinds: u32) -> Result<()> {
    nothing(call!(UNSHARE, kinds))
}

pub(crate) fn block_all_signals() {
    set_signal_mask(u64::MAX);
}

pub(crate) fn unblock_all_signals() {
    set_signal_mask(0);
}

fn set_signal_mask(mask: u64) {
    const SIG_SETMASK: usize = 2;
    call!(RT_SIGPROCMASK, SIG_SETMASK, &raw const mask, 0_usize, size_of::<u64>());
}

#[repr(C)]
struct SigAction {
    handler: usize,
    flags: u64,
    restorer: usize,
    mask: u64,
}

pub(crate) fn ignore_signal(signal: i32) -> Result<()> {
    set_signal_handler(signal, 1)
}

pub(crate) fn reset_signal(signal: i32) -> Result<()> {
    set_signal_handler(signal, 0)
}

fn set_signal_handler(signal: i32, handler: usize) -> Result<()> {
    let action = SigAction {
        handler,
        flags: 0,
        restorer: 0,
        mask: 0,
    };
    nothing(call!(
        RT_SIGACTION,
        signal,
        &raw const action,
        0_usize,
        size_of::<u64>()
    ))
}

fn prctl(option: usize, value: usize) -> Result<()> {
    nothing(call!(PRCTL, option, value, 0_usize, 0_usize, 0_usize))
}

/// prctl(2), `PR_SET_DUMPABLE`: only root of the initial user namespace can look into this process.
pub(crate) fn forbid_dumping() -> Result<()> {
    prctl(4, 0)
}

/// prctl(2), `PR_SET_PDEATHSIG`: the kernel kills this process when its parent's main thread ends.
pub(crate) fn die_with_parent() -> Result<()> {
    prctl(1, SIGKILL as usize)
}

/// Takes that back: the parent may end.
pub(crate) fn outlive_parent() -> Result<()> {
    prctl(1, 0)
}

pub(crate) fn set_name(name: CString) -> Result<()> {
    prctl(15, name.word())
}

pub(crate) fn new_session() -> Result<()> {
    nothing(call!(SETSID))
}

/// getsid(2): the session of this process.
pub(crate) fn session() -> Result<i32> {
    descriptor(call!(GETSID, 0_usize))
}

/// ioctl_tty(2), `TIOCSCTTY`: for the leader of a session that has none.
pub(crate) fn take_terminal(terminal: Fd) -> Result<()> {
    const TIOCSCTTY: usize = 0x540e;
    nothing(call!(IOCTL, word(terminal), TIOCSCTTY, 0_usize))
}

pub(crate) fn set_process_group(group: i32) -> Result<()> {
    nothing(call!(SETPGID, 0_usize, word(group)))
}

pub(crate) fn process_group() -> Result<i32> {
    descriptor(call!(GETPGID, 0_usize))
}

pub(crate) fn set_groups(groups: &[u32]) -> Result<()> {
    nothing(call!(SETGROUPS, groups.len(), groups.as_ptr()))
}

pub(crate) fn set_gid(gid: u32) -> Result<()> {
    nothing(call!(SETGID, gid))
}

pub(crate) fn set_uid(uid: u32) -> Result<()> {
    nothing(call!(SETUID, uid))
}

pub(crate) fn set_umask(mask: u32) -> u32 {
    u32::try_from(call!(UMASK, mask)).unwrap_or(0)
}

/// A soft and a hard limit of getrlimit(2).
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) soft: u64,
    pub(crate) hard: u64,
}

const RLIMIT_NOFILE: usize = 7;

pub(crate) fn descriptor_limit() -> Result<Limit> {
    let mut limit = Limit { soft: 0, hard: 0 };
    nothing(call!(PRLIMIT64, 0_usize, RLIMIT_NOFILE, 0_usize, &raw mut limit))?;
    Ok(limit)
}

pub(crate) fn set_descriptor_limit(limit: Limit) -> Result<()> {
    nothing(call!(PRLIMIT64, 0_usize, RLIMIT_NOFILE, &raw const limit, 0_usize))
}

pub(crate) fn exit_group(status: i32) -> ! {
    loop {
        call!(EXIT_GROUP, status);
    }
}

/// Ends this thread alone.
pub(crate) fn exit_thread() -> ! {
    loop {
        call!(EXIT, 0_i32);
    }
}
