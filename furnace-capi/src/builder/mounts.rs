//! What is mounted in the container, and which devices it has.

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use furnace_core::{Dev, Propagation};

use super::furnace_builder;
use crate::border::{Failure, boundary, given, number_in, path};
use crate::error::furnace_error;
use crate::mount::furnace_mount;

/// A /dev of the container's own: null, zero, full, tty, random, urandom, the loop devices, and what is asked for by
/// name.
pub const FURNACE_DEV_MINIMAL: c_int = 1;

/// The host's /dev, with all its devices; what is changed in it is changed on the host. /dev/pts, /dev/shm and
/// /dev/mqueue are the container's own.
pub const FURNACE_DEV_HOST: c_int = 2;

/// Mounts that the host makes later are not seen inside.
pub const FURNACE_PROPAGATION_PRIVATE: c_int = 1;

/// Mounts that the host makes later are seen inside; none that is made inside is ever seen outside.
pub const FURNACE_PROPAGATION_SLAVE: c_int = 2;

pub(crate) fn propagation_of(number: c_int) -> Result<Propagation, Failure> {
    match number_in(
        number,
        FURNACE_PROPAGATION_PRIVATE..=FURNACE_PROPAGATION_SLAVE,
        "propagation",
    )? {
        1 => Ok(Propagation::Private),
        _ => Ok(Propagation::Slave),
    }
}

/// Shows the directory or file `source` of the host, and all that is mounted below it, at `destination` in the
/// container. Later mounts lie over earlier ones.
///
/// A relative `destination` is relative to the container's root, which it never leaves. What is missing of it is made,
/// and stays in the root directory: parents and a directory with mode 0755, or an empty file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_builder_add_bind(
    builder: Option<&mut furnace_builder>,
    source: *const c_char,
    destination: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let source = unsafe { path(source, "source") }?;
        // SAFETY: as above.
        let destination = unsafe { path(destination, "destination") }?;
        builder.builder.bind(source, destination);
        Ok(())
    })
}

/// As furnace_builder_add_bind(), but nothing can be changed through it, nor through any mount below it: not for a
/// moment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_builder_add_bind_ro(
    builder: Option<&mut furnace_builder>,
    source: *const c_char,
    destination: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let source = unsafe { path(source, "source") }?;
        // SAFETY: as above.
        let destination = unsafe { path(destination, "destination") }?;
        builder.builder.bind_ro(source, destination);
        Ok(())
    })
}

/// Adds a mount of any kind. It is copied: `mount` stays the caller's, to be changed, added again, or freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_add_mount(
    builder: Option<&mut furnace_builder>,
    mount: Option<&furnace_mount>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        let mount = given(mount, "mount")?;
        builder.builder.mount(mount.to_core());
        Ok(())
    })
}

/// What /dev is: FURNACE_DEV_MINIMAL, which is the default, or FURNACE_DEV_HOST.
///
/// -EINVAL where it is neither of them.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_dev(
    builder: Option<&mut furnace_builder>,
    dev: c_int,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        builder
            .builder
            .dev(match number_in(dev, FURNACE_DEV_MINIMAL..=FURNACE_DEV_HOST, "dev")? {
                1 => Dev::Minimal,
                _ => Dev::Host,
            });
        Ok(())
    })
}

/// Gives the device `path` of the host to the container, such as "/dev/fuse", with the same name, numbers and mode.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_builder_add_device(
    builder: Option<&mut furnace_builder>,
    path: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let path = unsafe { self::path(path, "path") }?;
        builder.builder.device(path);
        Ok(())
    })
}

/// Whether mounts that the host makes below the root after the start are seen inside: FURNACE_PROPAGATION_SLAVE, which
/// is the default, or FURNACE_PROPAGATION_PRIVATE. None that is made inside is ever seen outside.
///
/// -EINVAL where it is neither of them.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_propagation(
    builder: Option<&mut furnace_builder>,
    propagation: c_int,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        builder.builder.propagation(propagation_of(propagation)?);
        Ok(())
    })
}
