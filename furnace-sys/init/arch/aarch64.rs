//! aarch64: the calling convention of `svc`, and its numbers.

use core::arch::asm;
use core::ffi::c_void;

/// Makes a system call; the result is the kernel's, a negative number being an errno.
///
/// # Safety
///
/// The arguments must be what the call `number` asks for; pointers among them must be good for what it does.
#[inline]
pub(crate) unsafe fn syscall(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let result;
    // SAFETY: the registers are those of the kernel's convention, it clobbers x0 only, and uses no user stack; that
    // the call itself is sound is the caller's promise.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b, in("x2") c, in("x3") d, in("x4") e, in("x5") f,
            options(nostack),
        );
    }
    result
}

/// clone3(2) for a child that shares this memory: it begins in `entry(argument)` on the stack that `clone_args` name.
///
/// # Safety
///
/// `clone_args` must point to a `struct clone_args` of `size` bytes whose stack is free, aligned to 16 bytes and large
/// enough for `entry`; `entry` and all it touches must stay valid for as long as the child runs.
pub(crate) unsafe fn clone_onto_stack(
    clone_args: *const c_void,
    size: usize,
    entry: extern "C" fn(*mut c_void) -> !,
    argument: *mut c_void,
) -> isize {
    let result;
    // SAFETY: as in `syscall`; the child has a stack of its own, enters a function that never returns, and so never
    // comes back into this frame. x20 and x21 are kept by the kernel for both.
    unsafe {
        asm!(
            "svc 0",
            "cbnz x0, 2f",
            "mov x29, xzr",
            "mov x30, xzr",
            "mov x0, x20",
            "blr x21",
            "brk 1",
            "2:",
            in("x8") numbers::CLONE3,
            inlateout("x0") clone_args => result,
            in("x1") size, in("x20") argument, in("x21") entry,
            options(nostack),
        );
    }
    result
}

/// The program's first instructions: mark the outermost frame, go. The kernel hands over an aligned stack.
#[allow(unused_macros, reason = "the library has an entry of its own")]
macro_rules! program_entry {
    ($main:ident) => {
        core::arch::global_asm!(
            ".globl _start",
            "_start:",
            "mov x29, xzr",
            "mov x30, xzr",
            "bl {main}",
            "brk 1",
            main = sym $main,
        );
    };
}
#[allow(unused_imports, reason = "the library has an entry of its own")]
pub(crate) use program_entry;

#[allow(dead_code, reason = "one table, two users")]
pub(crate) mod numbers {
    //! Of include/uapi/asm-generic/unistd.h.
    pub(crate) const CLONE3: usize = 435;
    pub(crate) const CLOSE: usize = 57;
    pub(crate) const CLOSE_RANGE: usize = 436;
    pub(crate) const DUP3: usize = 24;
    pub(crate) const EXECVE: usize = 221;
    pub(crate) const EXECVEAT: usize = 281;
    pub(crate) const EXIT: usize = 93;
    pub(crate) const EXIT_GROUP: usize = 94;
    pub(crate) const FACCESSAT: usize = 48;
    pub(crate) const FCHDIR: usize = 50;
    pub(crate) const FCHOWNAT: usize = 54;
    pub(crate) const FCNTL: usize = 25;
    pub(crate) const FLOCK: usize = 32;
    pub(crate) const FSCONFIG: usize = 431;
    pub(crate) const FSMOUNT: usize = 432;
    pub(crate) const FSOPEN: usize = 430;
    pub(crate) const GETPGID: usize = 155;
    pub(crate) const GETPID: usize = 172;
    pub(crate) const GETSID: usize = 156;
    pub(crate) const GETTID: usize = 178;
    pub(crate) const IOCTL: usize = 29;
    pub(crate) const LSEEK: usize = 62;
    pub(crate) const MADVISE: usize = 233;
    pub(crate) const MKDIRAT: usize = 34;
    pub(crate) const MKNODAT: usize = 33;
    pub(crate) const MMAP: usize = 222;
    pub(crate) const MOUNT_SETATTR: usize = 442;
    pub(crate) const MOVE_MOUNT: usize = 429;
    pub(crate) const MUNMAP: usize = 215;
    pub(crate) const OPENAT: usize = 56;
    pub(crate) const OPENAT2: usize = 437;
    pub(crate) const OPEN_TREE: usize = 428;
    pub(crate) const PIDFD_GETFD: usize = 438;
    pub(crate) const PIDFD_OPEN: usize = 434;
    pub(crate) const PIDFD_SEND_SIGNAL: usize = 424;
    pub(crate) const PIPE2: usize = 59;
    pub(crate) const PIVOT_ROOT: usize = 41;
    pub(crate) const CHROOT: usize = 51;
    pub(crate) const PPOLL: usize = 73;
    pub(crate) const PRCTL: usize = 167;
    pub(crate) const PRLIMIT64: usize = 261;
    pub(crate) const READ: usize = 63;
    pub(crate) const RECVMSG: usize = 212;
    pub(crate) const RT_SIGACTION: usize = 134;
    pub(crate) const RT_SIGPROCMASK: usize = 135;
    pub(crate) const RT_SIGPENDING: usize = 136;
    pub(crate) const RT_SIGTIMEDWAIT: usize = 137;
    pub(crate) const SENDFILE: usize = 71;
    pub(crate) const SENDMSG: usize = 211;
    pub(crate) const SETGID: usize = 144;
    pub(crate) const SETGROUPS: usize = 159;
    pub(crate) const SETHOSTNAME: usize = 161;
    pub(crate) const SETNS: usize = 268;
    pub(crate) const SETPGID: usize = 154;
    pub(crate) const SETSID: usize = 157;
    pub(crate) const SETUID: usize = 146;
    pub(crate) const SIGNALFD4: usize = 74;
    pub(crate) const SOCKET: usize = 198;
    pub(crate) const SOCKETPAIR: usize = 199;
    pub(crate) const STATX: usize = 291;
    pub(crate) const SYMLINKAT: usize = 36;
    pub(crate) const TGKILL: usize = 131;
    pub(crate) const UMASK: usize = 166;
    pub(crate) const UMOUNT2: usize = 39;
    pub(crate) const UNSHARE: usize = 97;
    pub(crate) const WAIT4: usize = 260;
    pub(crate) const WRITE: usize = 64;
}
