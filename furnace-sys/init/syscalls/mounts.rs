//! Mounts, by the mount API of Linux 5.2.

use core::mem::{MaybeUninit, size_of};

use super::super::arch::{self, numbers};
use super::{
    AT_EMPTY_PATH, AT_FDCWD, AT_RECURSIVE, AT_SYMLINK_NOFOLLOW, CString, Errno, Fd, O_CLOEXEC, Result, descriptor,
    nothing, word,
};

const OPEN_TREE_CLONE: usize = 1;

/// open_tree(2), `OPEN_TREE_CLONE`, Linux 5.2.
pub(crate) fn clone_tree(path: CString, recursive: bool) -> Result<Fd> {
    let depth = if recursive { AT_RECURSIVE } else { 0 };
    descriptor(call!(
        OPEN_TREE,
        word(AT_FDCWD),
        path.word(),
        OPEN_TREE_CLONE | depth | O_CLOEXEC as usize
    ))
}

/// open_tree(2), `OPEN_TREE_CLONE`, of something in a directory of a mount that is attached.
pub(crate) fn clone_made(directory: Fd, name: CString) -> Result<Fd> {
    descriptor(call!(
        OPEN_TREE,
        word(directory),
        name.word(),
        OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW | O_CLOEXEC as usize
    ))
}

/// open_tree(2), `OPEN_TREE_CLONE`, of a mount; `EINVAL` for one that is attached nowhere, before Linux 6.15.
pub(crate) fn clone_mount(mount: Fd) -> Result<Fd> {
    descriptor(call!(
        OPEN_TREE,
        word(mount),
        c"".as_ptr(),
        OPEN_TREE_CLONE | AT_EMPTY_PATH | O_CLOEXEC as usize
    ))
}

/// What mount_setattr(2) changes, Linux 5.12.
#[repr(C)]
#[derive(Default)]
pub(crate) struct MountAttr {
    pub(crate) set: u64,
    pub(crate) clear: u64,
    pub(crate) propagation: u64,
    pub(crate) user_namespace: u64,
}

/// mount_setattr(2): the propagation of every mount from the root directory on.
pub(crate) fn set_propagation_of_all(propagation: u32) -> Result<()> {
    let attr = MountAttr {
        propagation: propagation.into(),
        ..MountAttr::default()
    };
    mount_setattr(AT_FDCWD, CString::literal(c"/"), true, &attr)
}

/// mount_setattr(2) of the mount that `mount` is, and of those below it.
pub(crate) fn set_mount_attributes(mount: Fd, attr: &MountAttr, recursive: bool) -> Result<()> {
    mount_setattr(mount, CString::literal(c""), recursive, attr)
}

fn mount_setattr(at: Fd, path: CString, recursive: bool, attr: &MountAttr) -> Result<()> {
    let depth = if recursive { AT_RECURSIVE } else { 0 };
    nothing(call!(
        MOUNT_SETATTR,
        word(at),
        path.word(),
        AT_EMPTY_PATH | depth,
        &raw const *attr,
        size_of::<MountAttr>()
    ))
}

/// mount_setattr(2), `MOUNT_ATTR_IDMAP`, Linux 5.12.
pub(crate) fn map_ids(mount: Fd, user_namespace: Fd, recursive: bool) -> Result<()> {
    const MOUNT_ATTR_IDMAP: u64 = 0x0010_0000;
    let attr = MountAttr {
        set: MOUNT_ATTR_IDMAP,
        user_namespace: u64::from(user_namespace.unsigned_abs()),
        ..MountAttr::default()
    };
    set_mount_attributes(mount, &attr, recursive)
}

/// fsopen(2), Linux 5.2.
pub(crate) fn open_fs(kind: CString) -> Result<Fd> {
    const FSOPEN_CLOEXEC: usize = 1;
    descriptor(call!(FSOPEN, kind.word(), FSOPEN_CLOEXEC))
}

/// fsconfig(2), `FSCONFIG_SET_STRING`.
pub(crate) fn set_fs_option(fs: Fd, key: CString, value: CString) -> Result<()> {
    nothing(call!(FSCONFIG, word(fs), 1_usize, key.word(), value.word(), 0_usize))
}

/// fsconfig(2), `FSCONFIG_SET_FLAG`.
pub(crate) fn set_fs_flag(fs: Fd, key: CString) -> Result<()> {
    nothing(call!(FSCONFIG, word(fs), 0_usize, key.word(), 0_usize, 0_usize))
}

/// fsconfig(2), `FSCONFIG_CMD_CREATE`.
pub(crate) fn create_fs(fs: Fd) -> Result<()> {
    nothing(call!(FSCONFIG, word(fs), 6_usize, 0_usize, 0_usize, 0_usize))
}

/// fsmount(2), Linux 5.2.
pub(crate) fn make_mount(fs: Fd, attributes: u32) -> Result<Fd> {
    const FSMOUNT_CLOEXEC: usize = 1;
    descriptor(call!(FSMOUNT, word(fs), FSMOUNT_CLOEXEC, attributes))
}

const MOVE_MOUNT_F_EMPTY_PATH: usize = 0x4;
const MOVE_MOUNT_T_EMPTY_PATH: usize = 0x40;

/// move_mount(2), Linux 5.2: a detached mount to the place that `at` is.
pub(crate) fn attach_mount(mount: Fd, at: Fd) -> Result<()> {
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

/// move_mount(2): a detached mount to what has this name in an open directory; a symlink is not followed.
pub(crate) fn attach_mount_at(mount: Fd, directory: Fd, name: CString) -> Result<()> {
    nothing(call!(
        MOVE_MOUNT,
        word(mount),
        c"".as_ptr(),
        word(directory),
        name.word(),
        MOVE_MOUNT_F_EMPTY_PATH
    ))
}

/// move_mount(2): a detached mount over the root directory.
pub(crate) fn attach_mount_over_root(mount: Fd) -> Result<()> {
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
pub(crate) fn pivot_to_working_directory() -> Result<()> {
    nothing(call!(PIVOT_ROOT, c".".as_ptr(), c".".as_ptr()))
}

const MNT_DETACH: usize = 2;

/// umount2(2), `MNT_DETACH`, of what lies topmost over the root directory.
pub(crate) fn detach_over_root() -> Result<()> {
    nothing(call!(UMOUNT2, c"/".as_ptr(), MNT_DETACH))
}

/// umount2(2), `MNT_DETACH`, of what `name` leads to, as a link of /proc to a descriptor does.
pub(crate) fn detach_named(name: CString) -> Result<()> {
    nothing(call!(UMOUNT2, name.word(), MNT_DETACH))
}

/// statx(2), `STATX_MNT_ID`, Linux 5.8: the number of the mount that something is on. Asks no file system.
pub(crate) fn mount_id(fd: Fd) -> Result<u64> {
    const AT_STATX_DONT_SYNC: usize = 0x4000;
    const STATX_MNT_ID: usize = 0x1000;
    /// Where `stx_mnt_id` is, in words of 64 bits.
    const AT: usize = 18;
    let mut about = MaybeUninit::<[u64; 32]>::uninit();
    nothing(call!(
        STATX,
        word(fd),
        c"".as_ptr(),
        AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
        STATX_MNT_ID,
        &raw mut about
    ))?;
    // SAFETY: the call succeeded, so the kernel has written a whole `struct statx`, of 256 bytes.
    let about = unsafe { about.assume_init() };
    about.get(AT).copied().ok_or(Errno::INVAL)
}
