//! Whether furnace-init can be executed: it is in no file.

use furnace_sys::program::{Program, Way};

use super::attempt::Refusal;
use super::finding::Finding;
use super::machine::Machine;

pub(super) const REMEDY: &str = "neither a memfd nor a detached tmpfs may be executed here; see the sysctl \
                                 vm.memfd_noexec, and whether a security module forbids it";

pub(super) fn execution(machine: &Machine) -> Finding {
    match machine.attempt(|_| {}) {
        Ok(_) => Finding::yes(match machine.program.as_ref().map(Program::way) {
            Ok(Way::DetachedTmpfs) => "tried execveat of a file on a detached tmpfs, for memfds can't be executed",
            _ => "tried execveat of a memfd",
        }),
        // There is nothing else to try.
        Err(Refusal::Untried(call, errno)) => machine.refused(Refusal::Call(call, errno)),
        Err(refusal) => machine.refused(refusal),
    }
}
