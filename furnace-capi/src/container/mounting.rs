//! Mounting in a container that runs.

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use super::furnace_container;
use crate::border::{boundary, given, path};
use crate::error::furnace_error;
use crate::mount::furnace_mount;

/// Mounts something in the container while it runs: what runs there already sees it at once. What is missing of the
/// destination is made, and stays. The destination is looked up inside, as it is now. `mount` stays the caller's.
///
/// -EINVAL for a mount that makes no sense; -ESRCH when the container has ended; -ETIMEDOUT when something inside, a
/// file system served from there for one, has held it up for longer than the container's time limit; otherwise what
/// the kernel refuses it with. After any error but -ETIMEDOUT nothing has been mounted.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_container_mount(
    container: Option<&furnace_container>,
    mount: Option<&furnace_mount>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let container = given(container, "container")?;
        let mount = given(mount, "mount")?.to_core();
        Ok(container.log.scope(|| container.container.mount(mount))?)
    })
}

/// Unmounts what is mounted at `destination` in the container, with all that is mounted below it, whoever mounted it.
/// It is gone from the tree at once, but stays for those that have something of it open.
///
/// -EINVAL when nothing is mounted there; otherwise as furnace_container_mount().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_container_unmount(
    container: Option<&furnace_container>,
    destination: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let container = given(container, "container")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let destination = unsafe { path(destination, "destination") }?;
        Ok(container.log.scope(|| container.container.unmount(destination))?)
    })
}
