//! Lists of strings.

use std::ffi::{CString, c_char};
use std::ptr::null;

use crate::border::{c_string, value};

/// A list of strings. It never changes: any number of threads may look at it.
#[derive(Debug)]
pub struct furnace_strings(Vec<CString>);

impl furnace_strings {
    pub(crate) fn new(strings: impl IntoIterator<Item = String>) -> Self {
        Self(strings.into_iter().map(c_string).collect())
    }
}

/// Frees the list, and all strings in it.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_strings_free(strings: Option<Box<furnace_strings>>) {
    value((), || drop(strings));
}

/// How many there are. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_strings_count(strings: Option<&furnace_strings>) -> usize {
    strings.map_or(0, |strings| strings.0.len())
}

/// The string at `index`, from 0: UTF-8, borrowed until the list is freed. NULL beyond the last, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_strings_get(strings: Option<&furnace_strings>, index: usize) -> *const c_char {
    let string = strings.and_then(|strings| strings.0.get(index));
    string.map_or(null(), |string| string.as_ptr())
}
