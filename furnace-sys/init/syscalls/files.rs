//! Files and directories, each found below a descriptor.

use core::mem::size_of;

use super::super::arch::{self, numbers};
use super::{
    AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, CString, Errno, Fd, O_CLOEXEC, Result, close, descriptor, nothing,
    word,
};

const O_PATH: i32 = 0o10_000_000;
#[cfg(target_arch = "x86_64")]
const O_DIRECTORY: i32 = 0o200_000;
#[cfg(target_arch = "x86_64")]
const O_NOFOLLOW: i32 = 0o400_000;
#[cfg(target_arch = "aarch64")]
const O_DIRECTORY: i32 = 0o40_000;
#[cfg(target_arch = "aarch64")]
const O_NOFOLLOW: i32 = 0o100_000;
const O_RDWR: i32 = 2;
const O_NOCTTY: i32 = 0o400;
const O_NONBLOCK: i32 = 0o4000;
const O_CREAT: i32 = 0o100;
const O_EXCL: i32 = 0o200;

#[repr(C)]
struct OpenHow {
    flags: u64,
    mode: u64,
    resolve: u64,
}

const RESOLVE_NO_MAGICLINKS: u64 = 0x02;
const RESOLVE_NO_SYMLINKS: u64 = 0x04;
const RESOLVE_IN_ROOT: u64 = 0x10;

/// How often openat2(2) may say that the tree moved under it before that is the answer.
const PATIENCE: u32 = 1000;

/// As a mere place.
fn open_resolved(directory: Fd, path: CString, flags: i32, resolve: u64) -> Result<Fd> {
    open_how(directory, path, O_PATH | flags, resolve)
}

fn open_how(directory: Fd, path: CString, flags: i32, resolve: u64) -> Result<Fd> {
    let flags = u64::from((O_CLOEXEC | flags).unsigned_abs());
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
pub(crate) fn open_in_root(root: Fd, path: CString) -> Result<Fd> {
    open_resolved(root, path, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
}

/// As [`open_in_root`], to be read. A FIFO without a writer holds nobody up.
pub(crate) fn open_file_in_root(root: Fd, path: CString) -> Result<Fd> {
    let flags = O_NONBLOCK | O_NOCTTY;
    open_how(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
}

/// As [`open_in_root`], and it must be a directory.
pub(crate) fn open_directory_in_root(root: Fd, path: CString) -> Result<Fd> {
    open_resolved(root, path, O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
}

/// As [`open_directory_in_root`], and no symlink leads to it.
pub(crate) fn open_directory_itself_in_root(root: Fd, path: CString) -> Result<Fd> {
    open_resolved(root, path, O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS)
}

/// As [`open_in_root`], but a symlink at the end is opened itself.
pub(crate) fn open_last_in_root(root: Fd, path: CString) -> Result<Fd> {
    open_resolved(root, path, O_NOFOLLOW, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
}

/// openat2(2) of a directory that no magic link of /proc leads to.
pub(crate) fn open_directory_without_magic(path: CString) -> Result<Fd> {
    open_resolved(AT_FDCWD, path, O_DIRECTORY, RESOLVE_NO_MAGICLINKS)
}

pub(crate) fn open_directory(path: CString) -> Result<Fd> {
    descriptor(call!(
        OPENAT,
        word(AT_FDCWD),
        path.word(),
        O_PATH | O_DIRECTORY | O_CLOEXEC,
        0_usize
    ))
}

/// What is in a directory that this program made, as a mere place.
pub(crate) fn open_child(directory: Fd, name: CString) -> Result<Fd> {
    descriptor(call!(
        OPENAT,
        word(directory),
        name.word(),
        O_PATH | O_NOFOLLOW | O_CLOEXEC,
        0_usize
    ))
}

/// A file or a device, for reading or for both. A FIFO without a writer holds nobody up.
pub(crate) fn open_file(path: CString, writable: bool) -> Result<Fd> {
    let mode = if writable { O_RDWR } else { 0 };
    descriptor(call!(
        OPENAT,
        word(AT_FDCWD),
        path.word(),
        mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
        0_usize
    ))
}

/// flock(2), `LOCK_NB`: fails with `EAGAIN` where somebody else has a lock that this one can't be beside.
pub(crate) fn lock_file(file: Fd, exclusive: bool) -> Result<()> {
    const LOCK_NB: usize = 4;
    let kind = if exclusive { 2 } else { 1 };
    nothing(call!(FLOCK, word(file), LOCK_NB | kind))
}

/// A new file that can be written to.
pub(crate) fn make_file(directory: Fd, name: CString, mode: u32) -> Result<Fd> {
    let flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC;
    descriptor(call!(OPENAT, word(directory), name.word(), flags, mode))
}

/// faccessat(2): that there is something at `path`.
pub(crate) fn exists(path: CString) -> bool {
    nothing(call!(FACCESSAT, word(AT_FDCWD), path.word(), 0_usize)).is_ok()
}

pub(crate) fn create_file(directory: Fd, name: CString) -> Result<()> {
    let flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    descriptor(call!(OPENAT, word(directory), name.word(), flags, 0o644_usize)).map(close)
}

pub(crate) fn make_directory(directory: Fd, name: CString, mode: u32) -> Result<()> {
    nothing(call!(MKDIRAT, word(directory), name.word(), mode))
}

pub(crate) fn make_character_device(directory: Fd, name: CString, mode: u32, major: u32, minor: u32) -> Result<()> {
    const S_IFCHR: u32 = 0o020_000;
    make_node(directory, name, S_IFCHR | mode, major, minor)
}

pub(crate) fn make_block_device(directory: Fd, name: CString, mode: u32, major: u32, minor: u32) -> Result<()> {
    const S_IFBLK: u32 = 0o060_000;
    make_node(directory, name, S_IFBLK | mode, major, minor)
}

fn make_node(directory: Fd, name: CString, kind_and_mode: u32, major: u32, minor: u32) -> Result<()> {
    let device = (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & !0xff) << 12);
    nothing(call!(MKNODAT, word(directory), name.word(), kind_and_mode, device))
}

pub(crate) fn make_symlink(directory: Fd, name: CString, to: CString) -> Result<()> {
    nothing(call!(SYMLINKAT, to.word(), word(directory), name.word()))
}

pub(crate) fn change_owner(fd: Fd, uid: u32, gid: u32) -> Result<()> {
    nothing(call!(FCHOWNAT, word(fd), c"".as_ptr(), uid, gid, AT_EMPTY_PATH))
}

/// The owner of what is in a directory that this program made.
pub(crate) fn change_owner_of_child(directory: Fd, name: CString, uid: u32, gid: u32) -> Result<()> {
    nothing(call!(
        FCHOWNAT,
        word(directory),
        name.word(),
        uid,
        gid,
        AT_SYMLINK_NOFOLLOW
    ))
}

/// Whether there is something by this name that is neither a directory nor a symlink.
pub(crate) fn is_file(directory: Fd, name: CString) -> bool {
    const DIRECTORY: u16 = 0o040_000;
    const SYMLINK: u16 = 0o120_000;
    let mut statx = Statx::EMPTY;
    let found = stat(directory, name, AT_SYMLINK_NOFOLLOW, &mut statx);
    found.is_ok() && !matches!(statx.kind(), DIRECTORY | SYMLINK)
}

/// Whose something is, who may use it how, and whether it is a regular file.
pub(crate) struct Owned {
    /// Without the type.
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) is_regular: bool,
}

/// The beginning of `struct statx`, and the room that the kernel takes.
#[repr(C)]
struct Statx {
    before: [u32; 5],
    uid: u32,
    gid: u32,
    mode: u16,
    after: [u16; 113],
}

impl Statx {
    const EMPTY: Self = Self {
        before: [0; 5],
        uid: 0,
        gid: 0,
        mode: 0,
        after: [0; 113],
    };

    /// See inode(7).
    fn kind(&self) -> u16 {
        const S_IFMT: u16 = 0o170_000;
        self.mode & S_IFMT
    }
}

fn stat(at: Fd, name: CString, flags: usize, statx: &mut Statx) -> Result<()> {
    const STATX_TYPE_MODE_UID_GID: usize = 0x1 | 0x2 | 0x8 | 0x10;
    nothing(call!(
        STATX,
        word(at),
        name.word(),
        flags,
        STATX_TYPE_MODE_UID_GID,
        &raw mut *statx
    ))
}

/// statx(2) of an open file or place.
pub(crate) fn owned(fd: Fd) -> Result<Owned> {
    let mut statx = Statx::EMPTY;
    stat(fd, CString::literal(c""), AT_EMPTY_PATH, &mut statx)?;
    Ok(Owned {
        mode: u32::from(statx.mode) & 0o7777,
        uid: statx.uid,
        gid: statx.gid,
        is_regular: statx.kind() == 0o100_000,
    })
}

const _: () = assert!(size_of::<Statx>() == 256, "the size of struct statx");

pub(crate) fn enter_directory(fd: Fd) -> Result<()> {
    nothing(call!(FCHDIR, word(fd)))
}

pub(crate) fn change_root_to_working_directory() -> Result<()> {
    nothing(call!(CHROOT, c".".as_ptr()))
}
