//! What the end-to-end tests share: root directories made from the machine itself, a guard that sees what a test
//! leaves behind, and a runner that counts what could not run as skipped.
//!
//! A test binary is a folder of modules, each with a `pub(crate) fn trials() -> Vec<Trial>`, and a `main` that hands
//! them to [`run`]. Tests run one after the other, since each is held to leave descriptors, mounts, children and loop
//! devices as they were.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and has to say what it skips"
)]

mod image;
mod leftovers;
mod loops;
mod memory;
mod needs;
mod orphans;
mod programs;
mod root;
mod session;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use loops::LoopDevices;

pub use image::{DiskImage, Format};
pub use leftovers::Leftovers;
pub use memory::Memory;
pub use needs::Need;
pub use orphans::Orphans;
pub use programs::{compile_c, example, furnace, include, libfurnace};
pub use root::{Root, Scratch};
pub use session::{Session, Window};

/// What a test ends with: `?` works on anything that is an error.
pub type Outcome = Result<(), Failed>;

/// A test: its name, what it needs of the machine, what it does. It fails if it leaves anything behind.
pub fn test(name: &str, needs: &[Need], body: impl FnOnce() -> Outcome + Send + 'static) -> Trial {
    let missing: Vec<String> = needs.iter().filter_map(|need| need.missing()).collect();
    if missing.is_empty() {
        let name = name.to_owned();
        return Trial::test(name, move || {
            let before = Leftovers::now();
            body()?;
            before.compare().map_err(Failed::from)
        });
    }
    let why = missing.join("; ");
    let must_run = std::env::var_os("FURNACE_TESTS_MUST_RUN").is_some();
    eprintln!("SKIPPED {name}: {why}");
    Trial::test(name, move || Err(format!("it may not be skipped, but {why}").into())).with_ignored_flag(!must_run)
}

/// Runs the tests of a binary; the `main` of each.
#[must_use]
pub fn run(trials: Vec<Trial>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let loop_devices = LoopDevices::now();
    let conclusion = libtest_mimic::run(&arguments, trials);
    loop_devices.remove_others();
    conclusion.exit_code()
}
