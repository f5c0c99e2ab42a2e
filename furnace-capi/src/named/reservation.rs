//! A name that is taken, for a container that is not there yet.

use std::ffi::{CString, c_char};
use std::ptr::null;

use furnace_core::Reservation;

use crate::border::{c_string, value};
use crate::log::Log;

/// A name that no other container can get.
///
/// One thread at a time.
#[derive(Debug)]
pub struct furnace_reservation {
    reservation: Reservation,
    name: CString,
    log: Log,
}

impl furnace_reservation {
    pub(crate) fn new(reservation: Reservation, log: Log) -> Self {
        Self {
            name: c_string(reservation.name()),
            reservation,
            log,
        }
    }

    pub(crate) fn into_core(self) -> Reservation {
        self.reservation
    }
}

/// Frees the reservation, and with it the name. Not after furnace_container_detach_as(), which has done so.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_reservation_free(reservation: Option<Box<furnace_reservation>>) {
    value((), || {
        if let Some(reservation) = reservation {
            let furnace_reservation { reservation, log, .. } = *reservation;
            log.scope(|| drop(reservation));
        }
    });
}

/// The name. Borrowed until it is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_reservation_name(reservation: Option<&furnace_reservation>) -> *const c_char {
    reservation.map_or(null(), |reservation| reservation.name.as_ptr())
}
