//! The names in the runtime directory.

use std::ffi::{CString, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::ptr::null;

use furnace_core::{Listed, Standing};

use super::seconds;
use crate::border::{c_string, value};
use crate::types::pid_t;

/// The container is being started, or removed.
pub const FURNACE_STANDING_CHANGING: c_int = 1;

/// The container runs.
pub const FURNACE_STANDING_RUNNING: c_int = 2;

/// The container has ended; furnace_runtime_collect() frees the name.
pub const FURNACE_STANDING_ENDED: c_int = 3;

/// Nobody can tell from here: it was started in another pid namespace, or by another version of Furnace.
pub const FURNACE_STANDING_UNKNOWN: c_int = 4;

/// The names in a runtime directory, as they were when it was looked at. It never changes: any number of threads may
/// look at it.
#[derive(Debug)]
pub struct furnace_listing(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    name: CString,
    standing: c_int,
    pid: pid_t,
    root: Option<CString>,
    started: i64,
}

impl furnace_listing {
    pub(crate) fn new(listed: Vec<Listed>) -> Self {
        Self(listed.into_iter().map(Entry::from).collect())
    }
}

impl From<Listed> for Entry {
    fn from(listed: Listed) -> Self {
        Self {
            name: c_string(listed.name),
            standing: match listed.standing {
                Standing::Changing => FURNACE_STANDING_CHANGING,
                Standing::Running => FURNACE_STANDING_RUNNING,
                Standing::Ended => FURNACE_STANDING_ENDED,
                // `Unknown`, and what is not there yet.
                _ => FURNACE_STANDING_UNKNOWN,
            },
            pid: listed.id.map_or(0, u32::cast_signed),
            root: listed.root.map(|root| c_string(root.as_os_str().as_bytes())),
            started: seconds(listed.started),
        }
    }
}

fn entry(listing: Option<&furnace_listing>, index: usize) -> Option<&Entry> {
    listing.and_then(|listing| listing.0.get(index))
}

/// Frees the listing, and all text that it gave.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_listing_free(listing: Option<Box<furnace_listing>>) {
    value((), || drop(listing));
}

/// How many names there are.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_listing_count(listing: Option<&furnace_listing>) -> usize {
    listing.map_or(0, |listing| listing.0.len())
}

/// The name at `index`, from 0; NULL beyond the last. Borrowed until the listing is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_listing_name(listing: Option<&furnace_listing>, index: usize) -> *const c_char {
    entry(listing, index).map_or(null(), |entry| entry.name.as_ptr())
}

/// How things stand with it: one of FURNACE_STANDING_*; 0 beyond the last.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_listing_standing(listing: Option<&furnace_listing>, index: usize) -> c_int {
    entry(listing, index).map_or(0, |entry| entry.standing)
}

/// The pid of the container's PID 1, as the process that started it saw it; 0 if it is not known, and beyond the last.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_listing_pid(listing: Option<&furnace_listing>, index: usize) -> pid_t {
    entry(listing, index).map_or(0, |entry| entry.pid)
}

/// The root directory, or disk image, that it was started with; NULL if it is not known, and beyond the last. Borrowed
/// until the listing is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_listing_root(listing: Option<&furnace_listing>, index: usize) -> *const c_char {
    let root = entry(listing, index).and_then(|entry| entry.root.as_ref());
    root.map_or(null(), |root| root.as_ptr())
}

/// When it got its name, in seconds since 1970, as time(2) counts; 0 if it is not known, and beyond the last.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_listing_started(listing: Option<&furnace_listing>, index: usize) -> i64 {
    entry(listing, index).map_or(0, |entry| entry.started)
}
