//! x86_64: the calling convention of `syscall`, and its numbers.

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
    // SAFETY: the registers are those of the kernel's convention, it clobbers rcx and r11 only, and uses no user stack;
    // that the call itself is sound is the caller's promise.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            lateout("rcx") _, lateout("r11") _,
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
    // comes back into this frame. r12 and r13 are kept by the kernel for both.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, r12",
            "call r13",
            "ud2",
            "2:",
            inlateout("rax") numbers::CLONE3 => result,
            in("rdi") clone_args, in("rsi") size, in("r12") argument, in("r13") entry,
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// The program's first instructions: mark the outermost frame, align the stack, go.
#[allow(unused_macros, reason = "the library has an entry of its own")]
macro_rules! program_entry {
    ($main:ident) => {
        core::arch::global_asm!(
            ".globl _start",
            "_start:",
            "xor ebp, ebp",
            "and rsp, -16",
            "call {main}",
            "ud2",
            main = sym $main,
        );
    };
}
#[allow(unused_imports, reason = "the library has an entry of its own")]
pub(crate) use program_entry;

#[allow(dead_code, reason = "one table, two users")]
pub(crate) mod numbers {
    //! Of arch/x86/entry/syscalls/syscall_64.tbl.
    pub(crate) const CLONE3: usize = 435;
    pub(crate) const CLOSE: usize = 3;
    pub(crate) const CLOSE_RANGE: usize = 436;
    pub(crate) const DUP3: usize = 292;
    pub(crate) const EXECVE: usize = 59;
    pub(crate) const EXECVEAT: usize = 322;
    pub(crate) const EXIT: usize = 60;
    pub(crate) const EXIT_GROUP: usize = 231;
    pub(crate) const FACCESSAT: usize = 269;
    pub(crate) const FCHDIR: usize = 81;
    pub(crate) const FCHOWNAT: usize = 260;
    pub(crate) const FCNTL: usize = 72;
    pub(crate) const FLOCK: usize = 73;
    pub(crate) const FSCONFIG: usize = 431;
    pub(crate) const FSMOUNT: usize = 432;
    pub(crate) const FSOPEN: usize = 430;
    pub(crate) const GETPGID: usize = 121;
    pub(crate) const GETPID: usize = 39;
    pub(crate) const GETSID: usize = 124;
    pub(crate) const GETTID: usize = 186;
    pub(crate) const IOCTL: usize = 16;
    pub(crate) const LSEEK: usize = 8;
    pub(crate) const MADVISE: usize = 28;
    pub(crate) const MKDIRAT: usize = 258;
    pub(crate) const MKNODAT: usize = 259;
    pub(crate) const MMAP: usize = 9;
    pub(crate) const MOUNT_SETATTR: usize = 442;
    pub(crate) const MOVE_MOUNT: usize = 429;
    pub(crate) const MUNMAP: usize = 11;
    pub(crate) const OPENAT: usize = 257;
    pub(crate) const OPENAT2: usize = 437;
    pub(crate) const OPEN_TREE: usize = 428;
    pub(crate) const PIDFD_GETFD: usize = 438;
    pub(crate) const PIDFD_OPEN: usize = 434;
    pub(crate) const PIDFD_SEND_SIGNAL: usize = 424;
    pub(crate) const PIPE2: usize = 293;
    pub(crate) const PIVOT_ROOT: usize = 155;
    pub(crate) const CHROOT: usize = 161;
    pub(crate) const PPOLL: usize = 271;
    pub(crate) const PRCTL: usize = 157;
    pub(crate) const PRLIMIT64: usize = 302;
    pub(crate) const READ: usize = 0;
    pub(crate) const RECVMSG: usize = 47;
    pub(crate) const RT_SIGACTION: usize = 13;
    pub(crate) const RT_SIGPROCMASK: usize = 14;
    pub(crate) const RT_SIGPENDING: usize = 127;
    pub(crate) const RT_SIGTIMEDWAIT: usize = 128;
    pub(crate) const SENDFILE: usize = 40;
    pub(crate) const SENDMSG: usize = 46;
    pub(crate) const SETGID: usize = 106;
    pub(crate) const SETGROUPS: usize = 116;
    pub(crate) const SETHOSTNAME: usize = 170;
    pub(crate) const SETNS: usize = 308;
    pub(crate) const SETPGID: usize = 109;
    pub(crate) const SETSID: usize = 112;
    pub(crate) const SETUID: usize = 105;
    pub(crate) const SIGNALFD4: usize = 289;
    pub(crate) const SOCKET: usize = 41;
    pub(crate) const SOCKETPAIR: usize = 53;
    pub(crate) const STATX: usize = 332;
    pub(crate) const SYMLINKAT: usize = 266;
    pub(crate) const TGKILL: usize = 234;
    pub(crate) const UMASK: usize = 95;
    pub(crate) const UMOUNT2: usize = 166;
    pub(crate) const UNSHARE: usize = 272;
    pub(crate) const WAIT4: usize = 61;
    pub(crate) const WRITE: usize = 1;
}
