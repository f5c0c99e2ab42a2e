//! What this process may.

use rustix::thread::CapabilitySet;

use super::Outcome;
use super::finding::Finding;
use super::machine::Machine;
use crate::error::OsError;

/// What helps whoever lacks them.
pub(super) const REMEDY: &str = "run it as root, for example with sudo";

/// Whether a capability is among the effective ones (capabilities(7)).
pub(super) fn capability(machine: &Machine, needed: CapabilitySet) -> Finding {
    match machine.rights {
        Ok(rights) if rights.contains(needed) => Finding::yes("capget has it among the effective capabilities"),
        Ok(_) => Finding::new(
            Outcome::Privileged,
            "capget does not have it among the effective capabilities",
        ),
        Err(errno) => Finding::no(format!("tried capget: {}", OsError::new(errno))),
    }
}
