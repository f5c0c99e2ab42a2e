//! libfurnace, as programs in C know it: what its header promises, under sanitizers and under valgrind.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod abi;
mod binding;
mod coverage;
mod header;
mod nulls;
mod programs;
mod shapes;
mod sources;
mod symbols;

use std::process::ExitCode;

fn main() -> ExitCode {
    let trials = [
        shapes::trials(),
        symbols::trials(),
        abi::trials(),
        coverage::trials(),
        nulls::trials(),
        programs::trials(),
    ];
    furnace_tests::run(trials.into_iter().flatten().collect())
}
