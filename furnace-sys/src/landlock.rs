//! landlock(7): whether the kernel has it.

use rustix::io::Errno;

use crate::arch;
use crate::outcome::outcome;

/// landlock_create_ruleset(2); like every call since Linux 5.1 it has this number on all architectures.
const LANDLOCK_CREATE_RULESET: usize = 444;
const LANDLOCK_CREATE_RULESET_VERSION: usize = 1;

/// landlock_create_ruleset(2), `LANDLOCK_CREATE_RULESET_VERSION`, Linux 5.13: the version of Landlock that the kernel
/// has. Makes nothing, restricts nobody.
///
/// # Errors
///
/// `ENOSYS` from a kernel without it, `EOPNOTSUPP` where it was not switched on at boot.
#[doc(alias = "landlock_create_ruleset")]
pub fn version() -> Result<u32, Errno> {
    let operands = [0, 0, LANDLOCK_CREATE_RULESET_VERSION, 0, 0, 0];
    // SAFETY: with this flag the call takes a null pointer and the size 0, and touches no memory.
    let result = unsafe { arch::syscall(LANDLOCK_CREATE_RULESET, operands) };
    u32::try_from(outcome(result)?).map_err(|_| Errno::OVERFLOW)
}

#[cfg(test)]
mod tests {
    use super::version;
    use rustix::io::Errno;

    #[test]
    fn it_has_a_version_or_is_not_there() {
        match version() {
            Ok(version) => assert!(version > 0),
            Err(errno) => assert!(
                matches!(errno, Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM),
                "{errno}"
            ),
        }
    }
}
