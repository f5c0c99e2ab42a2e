//! What the caller must be allowed to do.

use rustix::thread::{CapabilitySet, capabilities};

use crate::error::{Attempt, Error, ErrorKind, Phase, Result};

/// What it takes to make a container.
pub(crate) const TO_START: [Privilege; 2] = [SYS_ADMIN, MKNOD];
/// What it takes to join one.
pub(crate) const TO_JOIN: [Privilege; 2] = [SYS_ADMIN, SYS_CHROOT];

/// A capability (capabilities(7)), and its name.
pub(crate) type Privilege = (CapabilitySet, &'static str);

const SYS_ADMIN: Privilege = (CapabilitySet::SYS_ADMIN, "CAP_SYS_ADMIN");
const SYS_CHROOT: Privilege = (CapabilitySet::SYS_CHROOT, "CAP_SYS_CHROOT");
const MKNOD: Privilege = (CapabilitySet::MKNOD, "CAP_MKNOD");

/// Whether the caller may do what is attempted; better said once than as the first `EPERM` of many.
pub(crate) fn check(attempt: &Attempt, needed: &[Privilege]) -> Result<()> {
    let held = capabilities(None)
        .map_err(|errno| Error::os(Phase::Configure, attempt, errno))?
        .effective;
    match needed.iter().find(|(capability, _)| !held.contains(*capability)) {
        None => Ok(()),
        Some((_, name)) => Err(Error::new(Phase::Configure, ErrorKind::PermissionDenied, attempt)
            .because(format!("the capability {name} is missing"))
            .with_remedy("run it as root, for example with sudo")),
    }
}
