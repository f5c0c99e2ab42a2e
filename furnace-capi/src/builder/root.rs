//! What the root is made of, and where its changes go.

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use super::furnace_builder;
use crate::border::{boundary, given, path};
use crate::error::furnace_error;

/// Which partition of the disk image is the root, from 1; see furnace_builder_new().
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_partition(
    builder: Option<&mut furnace_builder>,
    number: u32,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(builder, "builder")?.builder.partition(number);
        Ok(())
    })
}

/// Whether all that changes in the root is kept in memory, and vanishes with the container; by default it is not. The
/// root directory itself is then not changed at all; file systems mounted below it are not seen.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_ephemeral(
    builder: Option<&mut furnace_builder>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(builder, "builder")?.builder.ephemeral(wanted);
        Ok(())
    })
}

/// How many bytes an ephemeral root may keep in memory; by default half of the machine's. What is beyond that fails
/// inside with ENOSPC.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_ephemeral_size(
    builder: Option<&mut furnace_builder>,
    bytes: u64,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(builder, "builder")?.builder.ephemeral_size(bytes);
        Ok(())
    })
}

/// Lays `directory` over the root directory and those laid before: its files hide theirs, its directories are merged
/// with theirs. None of them is changed: without furnace_builder_set_overlay() or furnace_builder_set_ephemeral() the
/// root can't be written to. File systems mounted below them are not seen. At most 63.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_builder_add_lower(
    builder: Option<&mut furnace_builder>,
    directory: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let directory = unsafe { path(directory, "directory") }?;
        builder.builder.lower(directory);
        Ok(())
    })
}

/// Keeps all that changes in the root in the directory `upper`, for the next container, and leaves the root directory
/// as it is. `upper` must exist, on a file system that the kernel takes for that (ext4, xfs, btrfs, tmpfs and others),
/// and only one container uses it at a time.
///
/// The kernel needs a work directory beside it, which is made with the name of `upper` and ".work", and removed with
/// the container; see furnace_builder_set_overlay_work().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_builder_set_overlay(
    builder: Option<&mut furnace_builder>,
    upper: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let upper = unsafe { path(upper, "upper") }?;
        builder.builder.overlay(upper);
        Ok(())
    })
}

/// The work directory for furnace_builder_set_overlay(): an empty directory on the same file system, which is then
/// neither made nor removed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_builder_set_overlay_work(
    builder: Option<&mut furnace_builder>,
    work: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let work = unsafe { path(work, "work") }?;
        builder.builder.overlay_work(work);
        Ok(())
    })
}

/// Whether nothing in the root can be changed from inside, but through the mounts in it; by default it can. Mount
/// targets that are missing in the root directory are made before. A root user inside who keeps CAP_SYS_ADMIN can
/// remount it.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_read_only(
    builder: Option<&mut furnace_builder>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(builder, "builder")?.builder.read_only(wanted);
        Ok(())
    })
}
