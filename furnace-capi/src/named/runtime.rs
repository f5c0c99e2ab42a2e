//! The runtime directory.

use std::ffi::{CString, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::ptr::null;

use furnace_core::RuntimeDirectory;

use super::container::furnace_named;
use super::listing::furnace_listing;
use super::reservation::furnace_reservation;
use crate::border::{boundary, c_string, given, lent_text, name, path, place, value};
use crate::error::furnace_error;
use crate::log::{Log, furnace_log_callback};
use crate::strings::furnace_strings;

/// Where containers that outlive their starter are written down: a directory with a file for each name. What is in it
/// is changed under locks, so any number of processes may do so at once.
///
/// Any number of threads may use it at once, with all functions but furnace_runtime_set_log() and
/// furnace_runtime_free().
#[derive(Debug)]
pub struct furnace_runtime {
    runtime: RuntimeDirectory,
    path: CString,
    log: Log,
}

/// The one at `path`, which is made when the first name is; nobody but this user may be able to write to it. For a
/// `path` of NULL the one that this user's containers are in: root's is /run/furnace, another user's
/// $XDG_RUNTIME_DIR/furnace. `*runtime` has to be freed with furnace_runtime_free().
///
/// -EINVAL where `path` is NULL, the user is not root, and XDG_RUNTIME_DIR is not set to an absolute path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_runtime_new(
    path: *const c_char,
    runtime: Option<&mut MaybeUninit<Box<furnace_runtime>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let place = place(runtime, "runtime")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let runtime = match unsafe { lent_text(path) } {
            // SAFETY: as above.
            Some(_) => RuntimeDirectory::at(unsafe { self::path(path, "path") }?),
            None => RuntimeDirectory::of_user()?,
        };
        place.write(Box::new(furnace_runtime {
            path: c_string(runtime.path().as_os_str().as_bytes()),
            runtime,
            log: Log::default(),
        }));
        Ok(())
    })
}

/// Frees it. Nothing of the directory is changed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_runtime_free(runtime: Option<Box<furnace_runtime>>) {
    value((), || drop(runtime));
}

/// As furnace_builder_set_log(): for the functions of this handle, and of reservations and named containers that come
/// of it.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_runtime_set_log(
    runtime: Option<&mut furnace_runtime>,
    level: c_int,
    callback: furnace_log_callback,
    data: *mut c_void,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(runtime, "runtime")?.log = Log::new(level, callback, data)?;
        Ok(())
    })
}

/// Where it is. Borrowed until it is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_runtime_path(runtime: Option<&furnace_runtime>) -> *const c_char {
    runtime.map_or(null(), |runtime| runtime.path.as_ptr())
}

/// All names, in alphabetical order; none where the directory is not there. `*listing` has to be freed with
/// furnace_listing_free().
///
/// Fails when the directory can't be read; with -EPERM where somebody else could write to it.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_runtime_list(
    runtime: Option<&furnace_runtime>,
    listing: Option<&mut MaybeUninit<Box<furnace_listing>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let runtime = given(runtime, "runtime")?;
        let listing = place(listing, "listing")?;
        let found = runtime.log.scope(|| runtime.runtime.list())?;
        listing.write(Box::new(furnace_listing::new(found)));
        Ok(())
    })
}

/// The container of that name, if it runs. `*named` has to be freed with furnace_named_free().
///
/// -ENOENT when nothing has that name, -ESRCH when the container has ended, -EBUSY while it is being started,
/// -EOPNOTSUPP for one of another pid namespace or version of Furnace, -EINVAL for what is no name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_runtime_find(
    runtime: Option<&furnace_runtime>,
    name: *const c_char,
    named: Option<&mut MaybeUninit<Box<furnace_named>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let runtime = given(runtime, "runtime")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { self::name(name, "name") }?;
        let named = place(named, "named")?;
        let found = runtime.log.scope(|| runtime.runtime.find(name))?;
        named.write(Box::new(furnace_named::new(found, runtime.log.clone())));
        Ok(())
    })
}

/// Takes `name` for a container that is about to be started, so that no other can get it meanwhile; see
/// furnace_container_detach_as(). `*reservation` has to be freed with furnace_reservation_free(), which frees the
/// name.
///
/// -EEXIST when a container of that name runs or is being started; -EINVAL for what is no name; what the directory
/// can't be made or written for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_runtime_reserve(
    runtime: Option<&furnace_runtime>,
    name: *const c_char,
    reservation: Option<&mut MaybeUninit<Box<furnace_reservation>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let runtime = given(runtime, "runtime")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { self::name(name, "name") }?;
        let reservation = place(reservation, "reservation")?;
        let taken = runtime.log.scope(|| runtime.runtime.reserve(name))?;
        reservation.write(Box::new(furnace_reservation::new(taken, runtime.log.clone())));
        Ok(())
    })
}

/// Frees the names of the containers that have ended, and of those that were never finished because who started them
/// was killed. `*freed`, which may be NULL, gets these names, and has to be freed with furnace_strings_free().
///
/// Fails when the directory can't be read, or a file in it not removed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_runtime_collect(
    runtime: Option<&furnace_runtime>,
    freed: Option<&mut MaybeUninit<Box<furnace_strings>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let runtime = given(runtime, "runtime")?;
        let names = runtime.log.scope(|| runtime.runtime.collect())?;
        if let Some(freed) = freed {
            freed.write(Box::new(furnace_strings::new(names)));
        }
        Ok(())
    })
}

/// As furnace_runtime_collect(), for one name: `*freed` tells whether it was the name of something that had ended.
///
/// -EINVAL for what is no name; otherwise as furnace_runtime_collect().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_runtime_free_name(
    runtime: Option<&furnace_runtime>,
    name: *const c_char,
    freed: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let runtime = given(runtime, "runtime")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { self::name(name, "name") }?;
        let freed = place(freed, "freed")?;
        freed.write(runtime.log.scope(|| runtime.runtime.free(name))?);
        Ok(())
    })
}
