//! What there is to say to a mount, beyond what rustix has functions for.

use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::io::Errno;

use crate::arch::{self, numbers};
use crate::flags::{MountAttributes, Propagation};
use crate::outcome::outcome;

/// `struct mount_attr` of mount_setattr(2), its first version.
#[repr(C)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// mount_setattr(2), Linux 5.12: adds attributes to a mount and to all below it, or to none of them, and sets their
/// propagation. None is taken away.
///
/// # Errors
///
/// `EINVAL` if it is the descriptor of anything but the root of a mount; `EPERM` without `CAP_SYS_ADMIN`.
pub fn change_tree(mount: BorrowedFd<'_>, attributes: MountAttributes, propagation: Propagation) -> Result<(), Errno> {
    const AT_EMPTY_PATH: usize = 0x1000;
    const AT_RECURSIVE: usize = 0x8000;
    let attr = MountAttr {
        set: u64::from(attributes.bits()),
        clear: 0,
        propagation: u64::from(propagation.bits()),
        user_namespace: 0,
    };
    let arguments = [
        mount.as_raw_fd().cast_unsigned() as usize,
        c"".as_ptr().expose_provenance(),
        AT_EMPTY_PATH | AT_RECURSIVE,
        (&raw const attr).expose_provenance(),
        size_of::<MountAttr>(),
        0,
    ];
    // SAFETY: the kernel only reads: an empty string that is static, and a `struct mount_attr` of the size given, which
    // lives until the call returns. The descriptor is borrowed for as long.
    let result = unsafe { arch::syscall(numbers::MOUNT_SETATTR, arguments) };
    outcome(result).map(drop)
}
