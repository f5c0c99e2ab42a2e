//! What this machine allows.

use std::ffi::{CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr::null;

use furnace_core::doctor::{self, Outcome};

use crate::border::{boundary, c_string, place, value};
use crate::error::furnace_error;

/// It is there.
pub const FURNACE_OUTCOME_YES: c_int = 1;

/// It takes privileges that this process lacks, such as root has.
pub const FURNACE_OUTCOME_PRIVILEGED: c_int = 2;

/// It is not there.
pub const FURNACE_OUTCOME_NO: c_int = 3;

/// What the machine has of what containers may need, check by check: those that every container depends on first. It
/// never changes: any number of threads may look at it.
#[derive(Debug)]
pub struct furnace_report {
    can_start: bool,
    checks: Vec<Check>,
}

#[derive(Debug)]
struct Check {
    name: CString,
    purpose: CString,
    outcome: c_int,
    how: CString,
    remedy: Option<CString>,
    is_required: bool,
}

impl From<&doctor::Check> for Check {
    fn from(check: &doctor::Check) -> Self {
        Self {
            name: c_string(check.name),
            purpose: c_string(check.purpose),
            outcome: match check.outcome {
                Outcome::Yes => FURNACE_OUTCOME_YES,
                Outcome::Privileged => FURNACE_OUTCOME_PRIVILEGED,
                Outcome::No => FURNACE_OUTCOME_NO,
            },
            how: c_string(check.how.as_str()),
            remedy: check.remedy.map(c_string),
            is_required: check.is_required,
        }
    }
}

fn check(report: Option<&furnace_report>, index: usize) -> Option<&Check> {
    report.and_then(|report| report.checks.get(index))
}

/// Looks at everything that containers may need: by trying, where that is harmless, in processes of their own, which
/// are children of the calling one, and reaped. It takes some tens of milliseconds, needs no privileges, and leaves
/// nothing; what can't be found out is told by the report. Any number of threads may do so at once. `*report` has to
/// be freed with furnace_report_free().
#[unsafe(no_mangle)]
pub extern "C" fn furnace_doctor_examine(
    report: Option<&mut MaybeUninit<Box<furnace_report>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let report = place(report, "report")?;
        let found = doctor::examine();
        report.write(Box::new(furnace_report {
            can_start: found.can_start(),
            checks: found.iter().map(Check::from).collect(),
        }));
        Ok(())
    })
}

/// Frees the report, and all text that it gave.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_report_free(report: Option<Box<furnace_report>>) {
    value((), || drop(report));
}

/// Whether everything is there that every container needs; if not, furnace_builder_start() fails.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_report_can_start(report: Option<&furnace_report>) -> bool {
    report.is_some_and(|report| report.can_start)
}

/// How many checks there are.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_report_count(report: Option<&furnace_report>) -> usize {
    report.map_or(0, |report| report.checks.len())
}

/// What the check at `index`, from 0, is about: no two have the same name, and none changes its name from one version
/// to the next. NULL beyond the last. Borrowed until the report is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_report_name(report: Option<&furnace_report>, index: usize) -> *const c_char {
    check(report, index).map_or(null(), |check| check.name.as_ptr())
}

/// What it is for, in words. NULL beyond the last. Borrowed until the report is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_report_purpose(report: Option<&furnace_report>, index: usize) -> *const c_char {
    check(report, index).map_or(null(), |check| check.purpose.as_ptr())
}

/// Whether it is there: one of FURNACE_OUTCOME_*; 0 beyond the last.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_report_outcome(report: Option<&furnace_report>, index: usize) -> c_int {
    check(report, index).map_or(0, |check| check.outcome)
}

/// How that was found out, in words: what was tried, or read, and what came of it. NULL beyond the last. Borrowed
/// until the report is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_report_found(report: Option<&furnace_report>, index: usize) -> *const c_char {
    check(report, index).map_or(null(), |check| check.how.as_ptr())
}

/// What to do about it, in words; NULL where it is there, and beyond the last. Borrowed until the report is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_report_remedy(report: Option<&furnace_report>, index: usize) -> *const c_char {
    let remedy = check(report, index).and_then(|check| check.remedy.as_ref());
    remedy.map_or(null(), |remedy| remedy.as_ptr())
}

/// Whether no container can be without it.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_report_required(report: Option<&furnace_report>, index: usize) -> bool {
    check(report, index).is_some_and(|check| check.is_required)
}
