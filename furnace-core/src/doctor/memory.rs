//! Whether furnace-init can be executed: it is in no file.

use furnace_sys::program::{Program, Way};

use super::finding::Finding;
use super::machine::Machine;

pub(super) fn execution(machine: &Machine) -> Finding {
    match machine.attempt(|_| {}) {
        Ok(_) => Finding::yes(match machine.program.as_ref().map(Program::way) {
            Ok(Way::DetachedTmpfs) => "tried execveat of a file on a detached tmpfs, for memfds can't be executed",
            _ => "tried execveat of a memfd",
        }),
        Err(refusal) => machine.refused(refusal),
    }
}
