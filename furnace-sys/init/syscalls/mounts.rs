//! Mounts, by the mount API of Linux 5.2.

use core::mem::size_of;

use super::super::arch::{self, numbers};
use super::{AT_EMPTY_PATH, AT_FDCWD, AT_RECURSIVE, CString, Fd, O_CLOEXEC, Result, descriptor, nothing, word};

#[repr(C)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// open_tree(2), `OPEN_TREE_CLONE`, Linux 5.2.
pub(crate) fn clone_tree(path: CString, recursive: bool) -> Result<Fd> {
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
pub(crate) fn add_mount_attributes(mount: Fd, attributes: u32, recursive: bool) -> Result<()> {
    set_mount_attributes(mount, c"", recursive, u64::from(attributes), 0)
}

/// mount_setattr(2), Linux 5.12: the propagation of every mount from the root directory on.
pub(crate) fn set_propagation_of_all(propagation: u32) -> Result<()> {
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

/// umount2(2), `MNT_DETACH`, of what lies topmost over the root directory.
pub(crate) fn detach_over_root() -> Result<()> {
    const MNT_DETACH: usize = 2;
    nothing(call!(UMOUNT2, c"/".as_ptr(), MNT_DETACH))
}
