//! Placeholder.
use std::process::ExitCode;
fn main() -> ExitCode {
    furnace_tests::run(vec![])
}
