//! Whose rights this program has.

use std::ffi::c_ulong;

/// `AT_SECURE` of getauxval(3).
const AT_SECURE: c_ulong = 23;

// SAFETY: the declaration is that of getauxval(3), which every libc for Linux has. It takes any number, and reads what
// the kernel has given this program at its start and nobody changes.
unsafe extern "C" {
    safe fn getauxval(kind: c_ulong) -> c_ulong;
}

/// Whether this program was given more rights than whoever started it by its file: a set-user-id or set-group-id bit, or
/// capabilities. Then its arguments, environment and descriptors are somebody else's, and nothing that it was told can be
/// trusted.
#[must_use]
#[doc(alias = "AT_SECURE")]
pub fn rights_are_lent() -> bool {
    getauxval(AT_SECURE) != 0
}

#[cfg(test)]
mod tests {
    use super::{c_ulong, getauxval, rights_are_lent};

    #[test]
    fn tests_have_the_rights_of_who_runs_them() {
        assert!(!rights_are_lent());
    }

    #[test]
    fn the_kernel_is_asked_in_its_own_words() {
        const AT_UID: c_ulong = 11;
        assert_eq!(u32::try_from(getauxval(AT_UID)), Ok(rustix::process::getuid().as_raw()));
    }
}
