//! What C and C++ programmers get: what is installed, what their compilers say of it, and the examples, built and run as
//! they would do it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod build_systems;
mod coverage;
mod examples;
mod headers;
mod installation;
mod layout;
mod linking;
mod programs;
mod snippets;

use std::process::ExitCode;

fn main() -> ExitCode {
    let trials = [
        layout::trials(),
        coverage::trials(),
        headers::trials(),
        snippets::trials(),
        examples::trials(),
        build_systems::trials(),
        linking::trials(),
        programs::trials(),
    ];
    let code = furnace_tests::run(trials.into_iter().flatten().collect());
    installation::remove();
    code
}
