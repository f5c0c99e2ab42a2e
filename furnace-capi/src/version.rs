//! Which version this is, and what it can do.

use std::ffi::{CStr, c_char, c_uint};

use crate::border::{lent_text, value};

/// The version that a program is compiled with: the first number.
pub const FURNACE_VERSION_MAJOR: c_uint = 0;

/// The version that a program is compiled with: the second number. Before 1.0 the ABI changes with it, and the soname.
pub const FURNACE_VERSION_MINOR: c_uint = 1;

/// The version that a program is compiled with: the third number.
pub const FURNACE_VERSION_PATCH: c_uint = 0;

/// The version that a program is compiled with, as one number that grows; see furnace_version_number().
pub const FURNACE_VERSION_NUMBER: c_uint =
    (FURNACE_VERSION_MAJOR << 16) | (FURNACE_VERSION_MINOR << 8) | FURNACE_VERSION_PATCH;

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// What can be asked for by name. A name that is here once stays.
const FEATURES: [&str; 13] = [
    "changes",
    "detach",
    "doctor",
    "explain",
    "host-mounts",
    "id-maps",
    "images",
    "join",
    "log",
    "mounts",
    "shell",
    "terminals",
    "users",
];

/// The version of the library that runs, as "0.1.0". Never freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_version() -> *const c_char {
    VERSION.as_ptr()
}

/// The version of the library that runs: 0x00MMmmpp, with the major number MM, the minor mm and the patch pp. To be
/// compared with FURNACE_VERSION_NUMBER, which is that of the header.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_version_number() -> c_uint {
    FURNACE_VERSION_NUMBER
}

/// Whether the library has a feature: "changes", "detach", "doctor", "explain", "host-mounts", "id-maps", "images",
/// "join", "log", "mounts", "shell", "terminals", "users". False for what it has never heard of, and for NULL. Whether the
/// machine allows it is another question, which furnace_doctor_examine() answers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_has_feature(name: *const c_char) -> bool {
    value(false, || {
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { lent_text(name) };
        name.is_some_and(|name| FEATURES.iter().any(|feature| feature.as_bytes() == name.to_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::{FURNACE_VERSION_MAJOR, FURNACE_VERSION_MINOR, FURNACE_VERSION_PATCH, VERSION, furnace_version_number};

    #[test]
    fn the_numbers_are_those_of_the_package() {
        let numbers = format!("{FURNACE_VERSION_MAJOR}.{FURNACE_VERSION_MINOR}.{FURNACE_VERSION_PATCH}");
        assert_eq!(numbers, env!("CARGO_PKG_VERSION"));
        assert_eq!(VERSION.to_str(), Ok(env!("CARGO_PKG_VERSION")));
    }

    #[test]
    fn the_number_is_read_by_bytes() {
        let number = furnace_version_number();
        let [zero, major, minor, patch] = number.to_be_bytes();
        assert_eq!((zero, u32::from(major)), (0, FURNACE_VERSION_MAJOR));
        assert_eq!(
            (u32::from(minor), u32::from(patch)),
            (FURNACE_VERSION_MINOR, FURNACE_VERSION_PATCH)
        );
    }
}
