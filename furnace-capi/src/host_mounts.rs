//! Mounts on the host.

use std::ffi::{CString, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::ptr::null;

use furnace_core::Propagation;
use furnace_core::host_mounts::{self, BindMount, MountGuard, OverlayMount};

use crate::border::{Failure, array, boundary, c_string, given, path, place, value};
use crate::error::furnace_error;
use crate::log::{Log, furnace_log_callback};

/// Nothing can be changed through the bind, nor through any mount below it: not for a moment.
pub const FURNACE_HOST_READ_ONLY: u32 = 1;

/// All that is mounted below the source is seen too.
pub const FURNACE_HOST_RECURSIVE: u32 = 2;

/// What is mounted below the source later is not seen: the default of a read-only bind.
pub const FURNACE_HOST_PRIVATE: u32 = 4;

/// What is mounted below the source later is seen too: the default of a bind that can be written to.
pub const FURNACE_HOST_SLAVE: u32 = 8;

/// A mount on the host, which goes with this. No container is involved: everything that shares the caller's mount
/// namespace sees it.
///
/// It is unmounted when it is freed; if it is in use (an open file, a working directory, another mount below it),
/// lazily, with a line in the log: nobody finds it any more, and it is gone when its last user is. This mount goes,
/// never another one: if somebody has unmounted it, nothing is done; if another mount lies over it, it stays until
/// that has gone, which is looked at again whenever one of this process goes. So they may be freed in any order. A
/// forked copy of the process does not unmount it. If the process is killed, nobody does.
///
/// One thread at a time, in the mount namespace in which it was made.
#[derive(Debug)]
pub struct furnace_host_mount {
    /// Nothing once it has been unmounted.
    guard: Option<MountGuard>,
    path: CString,
    log: Log,
}

impl From<MountGuard> for furnace_host_mount {
    fn from(guard: MountGuard) -> Self {
        Self {
            path: c_string(guard.path().as_os_str().as_bytes()),
            guard: Some(guard),
            log: Log::default(),
        }
    }
}

/// Shows the directory or file `source` at `destination`, which has to exist and to be of the same kind, and stays.
/// `flags` are FURNACE_HOST_*, or 0. What the source is mounted with (nosuid, nodev, noexec, read-only) is kept. The
/// caller needs CAP_SYS_ADMIN, and /proc mounted. `*mount` has to be freed with furnace_host_mount_free(), which
/// unmounts it.
///
/// FURNACE_PHASE_CONFIGURE if source or destination is not there (-ENOENT), one is a directory and the other is not
/// (-ENOTDIR), or flags are not known or contradict each other (-EINVAL); FURNACE_PHASE_MOUNT with what the kernel
/// refuses it with (-EPERM for want of CAP_SYS_ADMIN). Nothing is left in either case.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_host_bind(
    source: *const c_char,
    destination: *const c_char,
    flags: u32,
    mount: Option<&mut MaybeUninit<Box<furnace_host_mount>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let source = unsafe { path(source, "source") }?;
        // SAFETY: as above.
        let destination = unsafe { path(destination, "destination") }?;
        let mount = place(mount, "mount")?;
        let mut bind = BindMount::new(source, destination);
        bind.read_only(flags & FURNACE_HOST_READ_ONLY != 0)
            .recursive(flags & FURNACE_HOST_RECURSIVE != 0);
        match flags & !(FURNACE_HOST_READ_ONLY | FURNACE_HOST_RECURSIVE) {
            0 => {}
            FURNACE_HOST_PRIVATE => drop(bind.propagation(Propagation::Private)),
            FURNACE_HOST_SLAVE => drop(bind.propagation(Propagation::Slave)),
            _ => {
                return Err(Failure::argument(
                    "flags",
                    format!("are {flags:#x}, which means nothing here"),
                ));
            }
        }
        mount.write(Box::new(bind.mount()?.into()));
        Ok(())
    })
}

/// Shows several directories over each other at the directory `destination`, which stays. `lowers` is an array that
/// ends with NULL: the topmost first; they are only read. All changes go to `upper`, and stay there; `work` is for the
/// kernel to work in, empty or left by an earlier overlay, on the same mount. Both may be NULL: then the overlay is
/// read-only. None of the directories may lie in another, or be changed by others meanwhile. `*mount` has to be freed
/// with furnace_host_mount_free(), which unmounts it.
///
/// FURNACE_PHASE_CONFIGURE if a directory is not there (-ENOENT), is not fit for its part (-EINVAL), or is in use by
/// another overlay (-EBUSY); FURNACE_PHASE_MOUNT with what the kernel refuses it with. No mount is left in either
/// case.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_host_overlay(
    lowers: *const *const c_char,
    upper: *const c_char,
    work: *const c_char,
    destination: *const c_char,
    mount: Option<&mut MaybeUninit<Box<furnace_host_mount>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        // SAFETY: who calls gives an array of strings that ends with NULL and stays as it is meanwhile, or NULL.
        let lowers = unsafe { array(lowers, "lowers") }?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let destination = unsafe { path(destination, "destination") }?;
        let mount = place(mount, "mount")?;
        let mut overlay = OverlayMount::new(destination);
        for lower in lowers {
            overlay.lower(lower);
        }
        if !(upper.is_null() && work.is_null()) {
            // SAFETY: as above.
            let upper = unsafe { path(upper, "upper") }?;
            // SAFETY: as above.
            let work = unsafe { path(work, "work") }?;
            overlay.upper(upper, work);
        }
        mount.write(Box::new(overlay.mount()?.into()));
        Ok(())
    })
}

/// Where it is mounted: absolute, without symlinks, as it was when it was mounted. Borrowed until it is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_host_mount_path(mount: Option<&furnace_host_mount>) -> *const c_char {
    mount.map_or(null(), |mount| mount.path.as_ptr())
}

/// As furnace_builder_set_log(): for how it goes.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_host_mount_set_log(
    mount: Option<&mut furnace_host_mount>,
    level: c_int,
    callback: furnace_log_callback,
    data: *mut c_void,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(mount, "mount")?.log = Log::new(level, callback, data)?;
        Ok(())
    })
}

/// Unmounts it, lazily if it is in use, and says what went wrong. It is not an error if somebody else has done it.
/// `mount` still has to be freed.
///
/// -EBUSY if another mount lies over it: it stays until one of this process goes after that. -EINVAL in a forked copy
/// of the process that has mounted it, and where this has been called before. Otherwise what umount(2) fails with, and
/// then it stays.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_host_mount_unmount(
    mount: Option<&mut furnace_host_mount>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let furnace_host_mount { guard, log, .. } = given(mount, "mount")?;
        let guard = guard.take();
        let guard = guard.ok_or_else(|| Failure::argument("mount", "has been unmounted before"))?;
        Ok(log.scope(|| guard.unmount())?)
    })
}

/// Unmounts it, unless that was done before, and frees it. What a failure would tell is only logged.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_host_mount_free(mount: Option<Box<furnace_host_mount>>) {
    value((), || {
        if let Some(mount) = mount {
            let furnace_host_mount { guard, log, .. } = *mount;
            log.scope(|| drop(guard));
        }
    });
}

/// Whether `path` is where something is mounted, as the caller sees it: a directory or a file. Symlinks are followed.
///
/// -ENOENT where there is nothing; what else statx(2) fails with.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_is_mount_point(
    path: *const c_char,
    is: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let path = unsafe { self::path(path, "path") }?;
        place(is, "is")?.write(host_mounts::is_mount_point(path)?);
        Ok(())
    })
}
