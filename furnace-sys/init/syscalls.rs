//! The kernel calls that furnace-init makes, typed; one function, one call.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a register of the kernel's convention has 64 bits and no sign"
)]

use core::ffi::c_void;
use core::mem::{MaybeUninit, size_of};
use core::ptr::null;

use super::arch::{self, numbers};

/// Why the kernel refused; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Errno(pub(super) i32);

impl Errno {
    pub(super) const NOENT: Self = Self(2);
    pub(super) const INTR: Self = Self(4);
    pub(super) const IO: Self = Self(5);
    pub(super) const BADF: Self = Self(9);
    pub(super) const AGAIN: Self = Self(11);
    pub(super) const EXIST: Self = Self(17);
    pub(super) const ACCES: Self = Self(13);
    pub(super) const NOTDIR: Self = Self(20);
    pub(super) const INVAL: Self = Self(22);

    /// As it travels: errnos are positive and small.
    pub(super) fn to_word(self) -> u32 {
        self.0.unsigned_abs()
    }
}

pub(super) type Result<T> = core::result::Result<T, Errno>;

/// A descriptor, by its number: in this program they are opened and closed in bulk.
pub(super) type Fd = i32;

/// A string that ends with a NUL, in memory that outlives its use.
#[derive(Clone, Copy)]
pub(super) struct CString(*const u8);

impl CString {
    /// # Safety
    ///
    /// A NUL must follow within memory that stays readable for as long as the value is used.
    pub(super) unsafe fn new(first: *const u8) -> Self {
        Self(first)
    }

    pub(super) fn literal(text: &'static core::ffi::CStr) -> Self {
        Self(text.as_ptr().cast())
    }

    fn word(self) -> usize {
        self.0.addr()
    }
}

const AT_FDCWD: Fd = -100;
const AT_EMPTY_PATH: usize = 0x1000;
const AT_RECURSIVE: usize = 0x8000;
const O_CLOEXEC: i32 = 0o2_000_000;
const O_PATH: i32 = 0o10_000_000;
#[cfg(target_arch = "x86_64")]
const O_DIRECTORY: i32 = 0o200_000;
#[cfg(target_arch = "x86_64")]
const O_NOFOLLOW: i32 = 0o400_000;
#[cfg(target_arch = "aarch64")]
const O_DIRECTORY: i32 = 0o40_000;
#[cfg(target_arch = "aarch64")]
const O_NOFOLLOW: i32 = 0o100_000;
const O_CREAT: i32 = 0o100;
const O_EXCL: i32 = 0o200;

/// A descriptor or a pid as the kernel's register wants it: sign and all.
fn word(number: i32) -> usize {
    number as isize as usize
}

/// A kernel call whose pointers, if any, were checked where they come from.
macro_rules! call {
    ($number:ident $(, $argument:expr)*) => {{
        let [a, b, c, d, e, f, ..] = [$($argument as usize,)* 0, 0, 0, 0, 0, 0];
        // SAFETY: every use below passes what the call asks for: numbers, `CString`s, and pointers to live values of
        // the size that the call reads or writes.
        unsafe { arch::syscall(numbers::$number, [a, b, c, d, e, f]) }
    }};
}

fn checked(result: isize) -> Result<usize> {
    usize::try_from(result).map_err(|_| Errno(i32::try_from(result.wrapping_neg()).unwrap_or(Errno::IO.0)))
}

fn nothing(result: isize) -> Result<()> {
    checked(result).map(drop)
}

fn descriptor(result: isize) -> Result<Fd> {
    checked(result).and_then(|fd| Fd::try_from(fd).map_err(|_| Errno::BADF))
}

fn again_if_interrupted(mut call: impl FnMut() -> isize) -> Result<usize> {
    loop {
        match checked(call()) {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}

pub(super) fn exit_group(status: i32) -> ! {
    loop {
        call!(EXIT_GROUP, status);
    }
}

/// Ends this thread alone.
pub(super) fn exit_thread() -> ! {
    loop {
        call!(EXIT, 0_i32);
    }
}

// --- Descriptors ---

pub(super) fn close(fd: Fd) {
    call!(CLOSE, word(fd));
}

/// close_range(2), Linux 5.9; both ends included.
pub(super) fn close_range(first: Fd, last: Option<Fd>) -> Result<()> {
    let last = last.map_or(u32::MAX as usize, word);
    nothing(call!(CLOSE_RANGE, word(first), last, 0_usize))
}

/// dup3(2); the copy closes at exec.
pub(super) fn duplicate_onto(fd: Fd, number: Fd) -> Result<()> {
    nothing(call!(DUP3, word(fd), word(number), O_CLOEXEC))
}

/// dup3(2); the copy survives exec.
pub(super) fn duplicate_onto_for_exec(fd: Fd, number: Fd) -> Result<()> {
    nothing(call!(DUP3, word(fd), word(number), 0_i32))
}

/// fcntl(2), `F_DUPFD_CLOEXEC`: a copy with the lowest free number from `minimum` on.
pub(super) fn duplicate_above(fd: Fd, minimum: Fd) -> Result<Fd> {
    const F_DUPFD_CLOEXEC: usize = 1030;
    descriptor(call!(FCNTL, word(fd), F_DUPFD_CLOEXEC, word(minimum)))
}

/// fcntl(2), `F_SETFD`: the descriptor survives exec.
pub(super) fn keep_for_exec(fd: Fd) -> Result<()> {
    const F_SETFD: usize = 2;
    nothing(call!(FCNTL, word(fd), F_SETFD, 0_usize))
}

/// The length of a file, from lseek(2).
pub(super) fn length(fd: Fd) -> Result<usize> {
    const SEEK_END: usize = 2;
    checked(call!(LSEEK, word(fd), 0_usize, SEEK_END))
}

pub(super) fn write(fd: Fd, bytes: &[u8]) -> Result<usize> {
    again_if_interrupted(|| call!(WRITE, word(fd), bytes.as_ptr(), bytes.len()))
}

pub(super) fn read(fd: Fd, bytes: &mut [u8]) -> Result<usize> {
    again_if_interrupted(|| call!(READ, word(fd), bytes.as_mut_ptr(), bytes.len()))
}

// --- Memory ---

/// mmap(2): a private, writable view of a file's first `length` bytes.
pub(super) fn map_privately(fd: Fd, length: usize) -> Result<*mut u8> {
    const PROT_READ_WRITE: usize = 3;
    const MAP_PRIVATE: usize = 2;
    let address = checked(call!(
        MMAP,
        0_usize,
        length,
        PROT_READ_WRITE,
        MAP_PRIVATE,
        word(fd),
        0_usize
    ))?;
    Ok(core::ptr::with_exposed_provenance_mut(address))
}

/// # Safety
///
/// Nothing may use the mapping any more.
pub(super) unsafe fn unmap(address: *mut u8, length: usize) {
    call!(MUNMAP, address, length);
}

/// madvise(2), `MADV_DONTNEED`: gives the pages back and leaves zeros.
///
/// # Safety
///
/// The range must be whole pages of anonymous private memory that nothing refers to.
pub(super) unsafe fn wipe(address: *mut u8, length: usize) {
    const MADV_DONTNEED: usize = 4;
    call!(MADVISE, address, length, MADV_DONTNEED);
}

// --- Sockets ---

#[repr(C)]
pub(super) struct IoVec {
    pub(super) base: *mut u8,
    pub(super) length: usize,
}

#[repr(C)]
pub(super) struct Message {
    name: *const c_void,
    name_length: u32,
    parts: *const IoVec,
    part_count: usize,
    control: *mut u8,
    control_length: usize,
    flags: i32,
}

impl Message {
    /// A message of these parts, with `control_length` bytes of ancillary data at `control`.
    fn new(parts: &[IoVec], control: *mut u8, control_length: usize) -> Self {
        Self {
            name: null(),
            name_length: 0,
            parts: parts.as_ptr(),
            part_count: parts.len(),
            control,
            control_length,
            flags: 0,
        }
    }
}

const SOL_SOCKET: i32 = 1;
const SCM_RIGHTS: i32 = 1;

/// Ancillary data that carries up to `N` descriptors (cmsg(3)).
#[repr(C, align(8))]
pub(super) struct Rights<const N: usize> {
    length: usize,
    level: i32,
    kind: i32,
    descriptors: MaybeUninit<[Fd; N]>,
}

impl<const N: usize> Rights<N> {
    const HEADER: usize = 16;

    /// None, and room for `N`.
    pub(super) fn empty() -> Self {
        Self {
            length: 0,
            level: 0,
            kind: 0,
            descriptors: MaybeUninit::uninit(),
        }
    }

    fn of(descriptors: [Fd; N]) -> Self {
        let length = size_of::<[Fd; N]>().wrapping_add(Self::HEADER);
        Self {
            length,
            level: SOL_SOCKET,
            kind: SCM_RIGHTS,
            descriptors: MaybeUninit::new(descriptors),
        }
    }

    /// The descriptors that came.
    pub(super) fn received(&self) -> &[Fd] {
        let carried = self.level == SOL_SOCKET && self.kind == SCM_RIGHTS;
        let bytes = if carried {
            self.length.saturating_sub(Self::HEADER)
        } else {
            0
        };
        let count = bytes.checked_div(size_of::<Fd>()).unwrap_or(0).min(N);
        // SAFETY: the kernel has written as many descriptors as the length says, of which there is room for `N`.
        unsafe { core::slice::from_raw_parts(self.descriptors.as_ptr().cast(), count) }
    }
}

/// sendmsg(2), with some descriptors or none; a reader that is gone is no signal.
pub(super) fn send<const N: usize>(socket: Fd, bytes: &[u8], descriptors: [Fd; N]) -> Result<()> {
    const MSG_NOSIGNAL: usize = 0x4000;
    let parts = [IoVec {
        base: bytes.as_ptr().cast_mut(),
        length: bytes.len(),
    }];
    let mut rights = Rights::of(descriptors);
    let control_length = if N == 0 { 0 } else { size_of::<Rights<N>>() };
    let message = Message::new(&parts, (&raw mut rights).cast(), control_length);
    again_if_interrupted(|| call!(SENDMSG, word(socket), &raw const message, MSG_NOSIGNAL)).map(drop)
}

/// recvmsg(2) into `parts`; descriptors that come close at exec. Gives the number of bytes; 0 when the other end is gone.
pub(super) fn receive<const N: usize>(socket: Fd, parts: &mut [IoVec], rights: &mut Rights<N>) -> Result<usize> {
    const MSG_CMSG_CLOEXEC: usize = 0x4000_0000;
    const MSG_TRUNCATED: i32 = 0x20 | 0x08;
    rights.length = 0;
    let mut message = Message::new(parts, (&raw mut *rights).cast(), size_of::<Rights<N>>());
    let got = again_if_interrupted(|| call!(RECVMSG, word(socket), &raw mut message, MSG_CMSG_CLOEXEC))?;
    if message.control_length == 0 {
        rights.length = 0;
    }
    if message.flags & MSG_TRUNCATED != 0 {
        Err(Errno::INVAL)
    } else {
        Ok(got)
    }
}

/// pipe2(2): the end to read from, the end to write to; both close at exec.
pub(super) fn pipe() -> Result<[Fd; 2]> {
    let mut ends = [-1; 2];
    nothing(call!(PIPE2, &raw mut ends, O_CLOEXEC))?;
    Ok(ends)
}

/// socketpair(2) of two unix seqpacket sockets.
pub(super) fn socket_pair() -> Result<[Fd; 2]> {
    const AF_UNIX: usize = 1;
    const SOCK_SEQPACKET: i32 = 5;
    let mut pair = [-1; 2];
    nothing(call!(
        SOCKETPAIR,
        AF_UNIX,
        SOCK_SEQPACKET | O_CLOEXEC,
        0_usize,
        &raw mut pair
    ))?;
    Ok(pair)
}

#[repr(C)]
pub(super) struct Watched {
    fd: Fd,
    asked: i16,
    happened: i16,
}

impl Watched {
    pub(super) fn for_reading(fd: Fd) -> Self {
        const POLLIN: i16 = 1;
        Self {
            fd,
            asked: POLLIN,
            happened: 0,
        }
    }

    pub(super) fn anything_happened(&self) -> bool {
        self.happened != 0
    }
}

/// ppoll(2), without a limit.
pub(super) fn wait_for_any(watched: &mut [Watched]) -> Result<()> {
    again_if_interrupted(|| call!(PPOLL, watched.as_mut_ptr(), watched.len(), 0_usize, 0_usize, 0_usize)).map(drop)
}

// --- Processes ---

pub(super) const CLONE_VM: u64 = 0x100;
pub(super) const CLONE_FS: u64 = 0x200;
pub(super) const CLONE_SIGHAND: u64 = 0x800;
pub(super) const CLONE_PIDFD: u64 = 0x1000;
pub(super) const CLONE_VFORK: u64 = 0x4000;
pub(super) const CLONE_PARENT: u64 = 0x8000;
pub(super) const CLONE_THREAD: u64 = 0x1_0000;
pub(super) const CLONE_NEWPID: u64 = 0x2000_0000;
pub(super) const SIGKILL: i32 = 9;
pub(super) const SIGPIPE: i32 = 13;
pub(super) const SIGCHLD: i32 = 17;

/// `struct clone_args` of clone3(2), as of Linux 5.5.
#[repr(C)]
#[derive(Default)]
pub(super) struct CloneArgs {
    pub(super) flags: u64,
    pub(super) pidfd: u64,
    pub(super) child_tid: u64,
    pub(super) parent_tid: u64,
    pub(super) exit_signal: u64,
    pub(super) stack: u64,
    pub(super) stack_size: u64,
    pub(super) tls: u64,
    pub(super) set_tid: u64,
    pub(super) set_tid_size: u64,
}

/// clone3(2) of a process with a copy of this memory: 0 in the child, its pid here.
pub(super) fn clone_process(arguments: &CloneArgs) -> Result<i32> {
    descriptor(call!(CLONE3, &raw const *arguments, size_of::<CloneArgs>()))
}

/// clone3(2) of something that shares this memory and begins in `entry(argument)` on a stack of its own.
///
/// # Safety
///
/// As [`arch::clone_onto_stack`].
pub(super) unsafe fn clone_thread(
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
pub(super) unsafe fn execute(program: CString, arguments: *const u64, environment: *const u64) -> Errno {
    match checked(call!(EXECVE, program.word(), arguments, environment)) {
        Err(errno) => errno,
        Ok(_) => Errno::IO,
    }
}

pub(super) fn pidfd_open(pid: i32) -> Result<Fd> {
    descriptor(call!(PIDFD_OPEN, word(pid), 0_usize))
}

pub(super) fn kill(pidfd: Fd) {
    call!(PIDFD_SEND_SIGNAL, word(pidfd), SIGKILL, 0_usize, 0_usize);
}

/// wait4(2) for one child, whatever it became; that somebody else has it is fine too.
pub(super) fn wait_for(pid: i32) {
    const WALL: usize = 0x4000_0000;
    let _ = again_if_interrupted(|| call!(WAIT4, word(pid), 0_usize, WALL, 0_usize));
}

/// setns(2) into the namespaces `kinds` of the process that `pidfd` names.
pub(super) fn join_namespaces(pidfd: Fd, kinds: u64) -> Result<()> {
    nothing(call!(SETNS, word(pidfd), kinds))
}

pub(super) fn unshare(kinds: u32) -> Result<()> {
    nothing(call!(UNSHARE, kinds))
}

pub(super) fn block_all_signals() {
    set_signal_mask(u64::MAX);
}

pub(super) fn unblock_all_signals() {
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

pub(super) fn ignore_signal(signal: i32) -> Result<()> {
    set_signal_handler(signal, 1)
}

pub(super) fn reset_signal(signal: i32) -> Result<()> {
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
pub(super) fn forbid_dumping() -> Result<()> {
    prctl(4, 0)
}

/// prctl(2), `PR_SET_PDEATHSIG`: the kernel kills this process when its parent's main thread ends.
pub(super) fn die_with_parent() -> Result<()> {
    prctl(1, SIGKILL as usize)
}

pub(super) fn set_name(name: CString) -> Result<()> {
    prctl(15, name.word())
}

pub(super) fn new_session() -> Result<()> {
    nothing(call!(SETSID))
}

pub(super) fn set_process_group(group: i32) -> Result<()> {
    nothing(call!(SETPGID, 0_usize, word(group)))
}

pub(super) fn process_group() -> Result<i32> {
    descriptor(call!(GETPGID, 0_usize))
}

pub(super) fn set_groups(groups: &[u32]) -> Result<()> {
    nothing(call!(SETGROUPS, groups.len(), groups.as_ptr()))
}

pub(super) fn set_gid(gid: u32) -> Result<()> {
    nothing(call!(SETGID, gid))
}

pub(super) fn set_uid(uid: u32) -> Result<()> {
    nothing(call!(SETUID, uid))
}

pub(super) fn set_umask(mask: u32) -> u32 {
    u32::try_from(call!(UMASK, mask)).unwrap_or(0)
}

/// A soft and a hard limit of getrlimit(2).
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) soft: u64,
    pub(super) hard: u64,
}

const RLIMIT_NOFILE: usize = 7;

pub(super) fn descriptor_limit() -> Result<Limit> {
    let mut limit = Limit { soft: 0, hard: 0 };
    nothing(call!(PRLIMIT64, 0_usize, RLIMIT_NOFILE, 0_usize, &raw mut limit))?;
    Ok(limit)
}

pub(super) fn set_descriptor_limit(limit: Limit) -> Result<()> {
    nothing(call!(PRLIMIT64, 0_usize, RLIMIT_NOFILE, &raw const limit, 0_usize))
}

// --- Files ---

#[repr(C)]
struct OpenHow {
    flags: u64,
    mode: u64,
    resolve: u64,
}

const RESOLVE_NO_MAGICLINKS: u64 = 0x02;
const RESOLVE_IN_ROOT: u64 = 0x10;

/// How often openat2(2) may say that the tree moved under it before that is the answer.
const PATIENCE: u32 = 1000;

fn open_resolved(directory: Fd, path: CString, flags: i32, resolve: u64) -> Result<Fd> {
    let flags = u64::from((O_PATH | O_CLOEXEC | flags).unsigned_abs());
    let how = OpenHow {
        flags,
        mode: 0,
        resolve,
    };
    for _ in 0..PATIENCE {
        match descriptor(call!(
            OPENAT2,
            word(directory),
            path.word(),
            &raw const how,
            size_of::<OpenHow>()
        )) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            other => return other,
        }
    }
    Err(Errno::AGAIN)
}

/// openat2(2) with `root` as the root directory: symlinks, `..` and absolute paths stay below it.
pub(super) fn open_in_root(root: Fd, path: CString) -> Result<Fd> {
    open_resolved(root, path, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
}

/// As [`open_in_root`], and it must be a directory.
pub(super) fn open_directory_in_root(root: Fd, path: CString) -> Result<Fd> {
    open_resolved(root, path, O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
}

/// As [`open_in_root`], but a symlink at the end is opened itself.
pub(super) fn open_last_in_root(root: Fd, path: CString) -> Result<Fd> {
    open_resolved(root, path, O_NOFOLLOW, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
}

/// openat2(2) of a directory that no magic link of /proc leads to.
pub(super) fn open_directory_without_magic(path: CString) -> Result<Fd> {
    open_resolved(AT_FDCWD, path, O_DIRECTORY, RESOLVE_NO_MAGICLINKS)
}

pub(super) fn open_directory(path: CString) -> Result<Fd> {
    descriptor(call!(
        OPENAT,
        word(AT_FDCWD),
        path.word(),
        O_PATH | O_DIRECTORY | O_CLOEXEC,
        0_usize
    ))
}

/// A directory in one that this program made, where no symlink can be.
pub(super) fn open_child(directory: Fd, name: CString) -> Result<Fd> {
    descriptor(call!(
        OPENAT,
        word(directory),
        name.word(),
        O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
        0_usize
    ))
}

/// faccessat(2): that there is something at `path`.
pub(super) fn exists(path: CString) -> bool {
    nothing(call!(FACCESSAT, word(AT_FDCWD), path.word(), 0_usize)).is_ok()
}

pub(super) fn create_file(directory: Fd, name: CString) -> Result<()> {
    let flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    descriptor(call!(OPENAT, word(directory), name.word(), flags, 0o644_usize)).map(close)
}

pub(super) fn make_directory(directory: Fd, name: CString, mode: u32) -> Result<()> {
    nothing(call!(MKDIRAT, word(directory), name.word(), mode))
}

pub(super) fn make_character_device(directory: Fd, name: CString, mode: u32, major: u32, minor: u32) -> Result<()> {
    const S_IFCHR: u32 = 0o020_000;
    make_node(directory, name, S_IFCHR | mode, major, minor)
}

pub(super) fn make_block_device(directory: Fd, name: CString, mode: u32, major: u32, minor: u32) -> Result<()> {
    const S_IFBLK: u32 = 0o060_000;
    make_node(directory, name, S_IFBLK | mode, major, minor)
}

fn make_node(directory: Fd, name: CString, kind_and_mode: u32, major: u32, minor: u32) -> Result<()> {
    let device = (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & !0xff) << 12);
    nothing(call!(MKNODAT, word(directory), name.word(), kind_and_mode, device))
}

pub(super) fn make_symlink(directory: Fd, name: CString, to: CString) -> Result<()> {
    nothing(call!(SYMLINKAT, to.word(), word(directory), name.word()))
}

pub(super) fn change_owner(fd: Fd, uid: u32, gid: u32) -> Result<()> {
    nothing(call!(FCHOWNAT, word(fd), c"".as_ptr(), uid, gid, AT_EMPTY_PATH))
}

pub(super) fn enter_directory(fd: Fd) -> Result<()> {
    nothing(call!(FCHDIR, word(fd)))
}

// --- Mounts ---

#[repr(C)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// open_tree(2), `OPEN_TREE_CLONE`, Linux 5.2.
pub(super) fn clone_tree(path: CString, recursive: bool) -> Result<Fd> {
    const OPEN_TREE_CLONE: usize = 1;
    let depth = if recursive { AT_RECURSIVE } else { 0 };
    descriptor(call!(
        OPEN_TREE,
        word(AT_FDCWD),
        path.word(),
        OPEN_TREE_CLONE | depth | O_CLOEXEC as usize
    ))
}

/// mount_setattr(2), Linux 5.12: only ever adds.
pub(super) fn add_mount_attributes(mount: Fd, attributes: u32, recursive: bool) -> Result<()> {
    set_mount_attributes(mount, c"", recursive, u64::from(attributes), 0)
}

/// mount_setattr(2), Linux 5.12: the propagation of every mount from the root directory on.
pub(super) fn set_propagation_of_all(propagation: u32) -> Result<()> {
    set_mount_attributes(AT_FDCWD, c"/", true, 0, u64::from(propagation))
}

fn set_mount_attributes(
    at: Fd,
    path: &'static core::ffi::CStr,
    recursive: bool,
    set: u64,
    propagation: u64,
) -> Result<()> {
    let attr = MountAttr {
        set,
        clear: 0,
        propagation,
        user_namespace: 0,
    };
    let depth = if recursive { AT_RECURSIVE } else { 0 };
    nothing(call!(
        MOUNT_SETATTR,
        word(at),
        path.as_ptr(),
        AT_EMPTY_PATH | depth,
        &raw const attr,
        size_of::<MountAttr>()
    ))
}

/// fsopen(2), Linux 5.2.
pub(super) fn open_fs(kind: CString) -> Result<Fd> {
    const FSOPEN_CLOEXEC: usize = 1;
    descriptor(call!(FSOPEN, kind.word(), FSOPEN_CLOEXEC))
}

/// fsconfig(2), `FSCONFIG_SET_STRING`.
pub(super) fn set_fs_option(fs: Fd, key: CString, value: CString) -> Result<()> {
    nothing(call!(FSCONFIG, word(fs), 1_usize, key.word(), value.word(), 0_usize))
}

/// fsconfig(2), `FSCONFIG_SET_FLAG`.
pub(super) fn set_fs_flag(fs: Fd, key: CString) -> Result<()> {
    nothing(call!(FSCONFIG, word(fs), 0_usize, key.word(), 0_usize, 0_usize))
}

/// fsconfig(2), `FSCONFIG_CMD_CREATE`.
pub(super) fn create_fs(fs: Fd) -> Result<()> {
    nothing(call!(FSCONFIG, word(fs), 6_usize, 0_usize, 0_usize, 0_usize))
}

/// fsmount(2), Linux 5.2.
pub(super) fn make_mount(fs: Fd, attributes: u32) -> Result<Fd> {
    const FSMOUNT_CLOEXEC: usize = 1;
    descriptor(call!(FSMOUNT, word(fs), FSMOUNT_CLOEXEC, attributes))
}

const MOVE_MOUNT_F_EMPTY_PATH: usize = 0x4;
const MOVE_MOUNT_T_EMPTY_PATH: usize = 0x40;

/// move_mount(2), Linux 5.2: a detached mount to the place that `at` is.
pub(super) fn attach_mount(mount: Fd, at: Fd) -> Result<()> {
    let flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
    nothing(call!(
        MOVE_MOUNT,
        word(mount),
        c"".as_ptr(),
        word(at),
        c"".as_ptr(),
        flags
    ))
}

/// move_mount(2): a detached mount over the root directory.
pub(super) fn attach_mount_over_root(mount: Fd) -> Result<()> {
    let flags = MOVE_MOUNT_F_EMPTY_PATH;
    nothing(call!(
        MOVE_MOUNT,
        word(mount),
        c"".as_ptr(),
        word(AT_FDCWD),
        c"/".as_ptr(),
        flags
    ))
}

/// pivot_root(2), with the working directory as the new root and as the place of the old one.
pub(super) fn pivot_to_working_directory() -> Result<()> {
    nothing(call!(PIVOT_ROOT, c".".as_ptr(), c".".as_ptr()))
}

/// umount2(2), `MNT_DETACH`, of what lies topmost over the root directory.
pub(super) fn detach_over_root() -> Result<()> {
    const MNT_DETACH: usize = 2;
    nothing(call!(UMOUNT2, c"/".as_ptr(), MNT_DETACH))
}

// --- Identity of the container ---

pub(super) fn set_hostname(name: CString, length: u32) -> Result<()> {
    nothing(call!(SETHOSTNAME, name.word(), length))
}

/// `struct ifreq` of netdevice(7), as far as flags go.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: i16,
    unused: [u8; 22],
}

/// netdevice(7): adds `IFF_UP` to the flags of `lo`. Any socket will do; a unix one needs no protocol in the kernel.
pub(super) fn bring_up_loopback() -> Result<()> {
    const AF_UNIX: usize = 1;
    const SOCK_DGRAM: i32 = 2;
    const SIOCGIFFLAGS: usize = 0x8913;
    const SIOCSIFFLAGS: usize = 0x8914;
    const IFF_UP: i16 = 1;
    let socket = descriptor(call!(SOCKET, AF_UNIX, SOCK_DGRAM | O_CLOEXEC, 0_usize))?;
    let mut request = InterfaceRequest {
        name: *b"lo\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        flags: 0,
        unused: [0; 22],
    };
    let result = nothing(call!(IOCTL, word(socket), SIOCGIFFLAGS, &raw mut request)).and_then(|()| {
        request.flags |= IFF_UP;
        nothing(call!(IOCTL, word(socket), SIOCSIFFLAGS, &raw const request))
    });
    close(socket);
    result
}
