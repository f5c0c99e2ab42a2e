//! What this machine, this user and this configuration allow, found out beforehand: by trying, where that is harmless.
//!
//! What is tried is tried in a process of its own, with namespaces and mounts of its own, and is gone with it. It is made
//! of the same steps as a container, so that what works here works there.
//!
//! ```
//! use furnace_core::doctor;
//!
//! let report = doctor::examine();
//! for check in report.iter().filter(|check| check.is_required && !check.outcome.is_yes()) {
//!     println!("{}: {} ({})", check.name, check.how, check.remedy.unwrap_or_default());
//! }
//! assert_eq!(report.can_start(), report.iter().all(|check| !check.is_required || check.outcome.is_yes()));
//! ```

mod attempt;
mod cgroups;
mod finding;
mod helpers;
mod ids;
mod machine;
mod memory;
mod rights;
mod switches;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use finding::Finding;
use machine::Machine;
use table::{Examination, Row, TABLE};

/// Looks at everything that containers may need. It takes some tens of milliseconds, needs no privileges, and leaves
/// nothing; it never fails: what can't be found out is a finding too.
///
/// It starts processes that are children of the calling one, one after the other, and reaps them. It may be called in any
/// thread, and in many at once.
#[must_use]
pub fn examine() -> Report {
    let _looking = tracing::info_span!("looking at what this machine allows").entered();
    let machine = Machine::look();
    Report(TABLE.iter().map(|row| check(row, &machine)).collect())
}

fn check(row: &Row, machine: &Machine) -> Check {
    let Finding { outcome, how, remedy } = match row.examination {
        Examination::Try(script) => machine.try_out(script),
        Examination::Look(look) => look(machine),
    };
    tracing::trace!(name = row.name, %outcome, how, "checked");
    let usual = match outcome {
        Outcome::Yes => None,
        Outcome::Privileged => Some(rights::REMEDY),
        Outcome::No => Some(row.remedy),
    };
    Check {
        name: row.name,
        purpose: row.purpose,
        outcome,
        how,
        remedy: usual.map(|usual| remedy.unwrap_or(usual)),
        is_required: row.is_required,
    }
}

/// What [`examine`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report(Vec<Check>);

impl Report {
    /// Whether everything is there that every container needs; if not, [`Builder::start`](crate::Builder::start) fails.
    #[must_use]
    pub fn can_start(&self) -> bool {
        self.iter().all(|check| !check.is_required || check.outcome.is_yes())
    }

    /// The checks: those that every container depends on first.
    pub fn iter(&self) -> std::slice::Iter<'_, Check> {
        self.0.iter()
    }
}

impl IntoIterator for Report {
    type Item = Check;
    type IntoIter = std::vec::IntoIter<Check>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Report {
    type Item = &'a Check;
    type IntoIter = std::slice::Iter<'a, Check>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One thing that a container may need, and whether it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// What it is. No two checks have the same name, and none changes its name from one version to the next.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Whether it is there.
    pub outcome: Outcome,
    /// How that was found out: what was tried, or read, and what came of it. For people; text that comes from the machine
    /// is escaped in it.
    pub how: String,
    /// What to do about it, unless it is there. For people.
    pub remedy: Option<&'static str>,
    /// Whether no container can be without it.
    pub is_required: bool,
}

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is.
    Yes,
    /// It takes privileges that this process lacks, such as root has.
    Privileged,
    /// It is not.
    No,
}

impl Outcome {
    /// Whether it is there, for this process.
    #[must_use]
    pub fn is_yes(self) -> bool {
        self == Self::Yes
    }
}

/// In one word: "yes", "root" or "no".
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Yes => "yes",
            Self::Privileged => "root",
            Self::No => "no",
        })
    }
}
