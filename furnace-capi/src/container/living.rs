//! Containers that live on without whoever started them.

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;

use super::furnace_container;
use crate::border::{boundary, given, name};
use crate::error::furnace_error;
use crate::named::reservation::furnace_reservation;

/// Lets the container live on under `name`, whatever becomes of this process. The name begins with a letter or a
/// digit, and holds these, '_', '-' and '.' only; 200 at most. No other process stays for that than the container's
/// own PID 1, in a session of its own. It stays in the cgroup of the process that started it, and ends with that
/// cgroup's processes.
///
/// `container` goes on to be a handle on it, as if it had been attached: freeing it leaves the container as it is.
///
/// -EEXIST when a container of that name runs or is being started; -EINVAL for what is no name, and where it has been
/// detached already: then nothing has changed. After any other error in FURNACE_PHASE_DETACH the container has ended,
/// for nobody could know whether it would have otherwise.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_container_detach(
    container: Option<&furnace_container>,
    name: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let container = given(container, "container")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { self::name(name, "name") }?;
        Ok(container.log.scope(|| container.container.detach(name))?)
    })
}

/// As furnace_container_detach(), with a name that was taken before (furnace_runtime_reserve()), and in the runtime
/// directory that it was taken in. `reservation` is freed by this, whether it succeeds or fails.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_container_detach_as(
    container: Option<&furnace_container>,
    reservation: Option<Box<furnace_reservation>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let reservation = given(reservation, "reservation")?;
        let container = given(container, "container")?;
        Ok(container
            .log
            .scope(|| container.container.detach_as(reservation.into_core()))?)
    })
}
