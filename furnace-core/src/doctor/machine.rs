//! What every examination starts from.

use std::io;

use furnace_sys::Errno;
use furnace_sys::program::Program;
use rustix::fs::statfs;
use rustix::thread::{CapabilitySet, capabilities};

use super::Outcome;
use super::attempt::{Attempt, Refusal, Tried};
use super::finding::Finding;
use crate::error::OsError;
use crate::error::remedy;

/// `PROC_SUPER_MAGIC` of statfs(2).
const PROC: u64 = 0x9fa0;

/// This machine, and who looks at it.
#[derive(Debug)]
pub(super) struct Machine {
    /// What attempts are made with.
    pub(super) program: Result<Program, Errno>,
    /// The effective capabilities of this process.
    pub(super) rights: Result<CapabilitySet, Errno>,
    /// Whether what is read below /proc can be believed.
    pub(super) has_proc: bool,
}

impl Machine {
    pub(super) fn look() -> Self {
        Self {
            program: Program::new(),
            rights: capabilities(None).map(|sets| sets.effective),
            has_proc: statfs("/proc").is_ok_and(|about| u64::try_from(about.f_type) == Ok(PROC)),
        }
    }

    /// Whether this process has the rights to make containers.
    pub(super) fn is_privileged(&self) -> bool {
        let needed = CapabilitySet::SYS_ADMIN | CapabilitySet::MKNOD;
        self.rights.is_ok_and(|rights| rights.contains(needed))
    }

    /// Tries a script; where that takes rights that are lacking, once more in a user namespace, where they are not.
    pub(super) fn try_out(&self, script: fn(&mut Attempt)) -> Finding {
        let refusal = match self.attempt(script) {
            Ok(tried) => return Finding::yes(tried.to_string()),
            Err(refusal) => refusal,
        };
        let finding = self.refused(refusal);
        if finding.outcome != Outcome::Privileged {
            return finding;
        }
        let again = self.attempt(|attempt| {
            attempt.unshare_user();
            script(attempt);
        });
        match again {
            Ok(_) => Finding::new(
                Outcome::Privileged,
                "tried in a user namespace of its own, where it works",
            ),
            // What the kernel lacks root would lack too.
            Err(refusal) if matches!(refusal.errno(), Some(Errno::NOSYS | Errno::NODEV)) => refused(refusal),
            Err(_) => finding,
        }
    }

    /// Tries what takes no privileges: where it is refused, they would not be the cure.
    pub(super) fn try_without_privileges(&self, script: fn(&mut Attempt)) -> Finding {
        match self.attempt(script) {
            Ok(tried) => Finding::yes(tried.to_string()),
            Err(refusal) => refused(refusal),
        }
    }

    pub(super) fn attempt(&self, script: impl FnOnce(&mut Attempt)) -> Result<Tried, Refusal> {
        let program = self
            .program
            .as_ref()
            .map_err(|errno| Refusal::Untried("memfd_create", *errno))?;
        let mut attempt = Attempt::new();
        script(&mut attempt);
        attempt.run(program)
    }

    /// What it means that something was refused.
    pub(super) fn refused(&self, refusal: Refusal) -> Finding {
        match refusal.errno() {
            Some(Errno::PERM | Errno::ACCESS) if !self.is_privileged() => {
                Finding::new(Outcome::Privileged, refusal.to_string())
            }
            _ => refused(refusal),
        }
    }

    /// A file below /proc, which is there if the kernel has what it tells of.
    pub(super) fn read_proc(&self, path: &str) -> Result<Option<String>, Finding> {
        if !self.has_proc {
            return Err(Finding::no("/proc is not mounted"));
        }
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Finding::no(format!("cannot read {path}: {}", described(&error)))),
        }
    }
}

/// What it means that something was refused, whoever had tried.
fn refused(refusal: Refusal) -> Finding {
    let finding = Finding::no(refusal.to_string());
    match refusal {
        Refusal::Untried(..) => finding.with_remedy("see the check above that fails with the same call"),
        // The machine may have it, but not at this moment, or not for this process.
        Refusal::Call(_, errno @ (Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE | Errno::NOSYS)) => {
            Finding {
                remedy: remedy::of_any_call(errno),
                ..finding
            }
        }
        Refusal::Silence => {
            finding.with_remedy("a seccomp filter may kill what makes this call, or the machine is far too busy")
        }
        Refusal::Call(..) => finding,
    }
}

/// An error of std, in the words of all others.
pub(super) fn described(error: &io::Error) -> String {
    match Errno::from_io_error(error) {
        Some(errno) => OsError::new(errno).to_string(),
        None => error.to_string(),
    }
}
