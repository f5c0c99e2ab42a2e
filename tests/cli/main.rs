//! The command line tool, as a shell sees it: what is typed, what comes out, how it ends.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[macro_use]
mod transcript;
mod bad_input;
mod binds;
mod changes;
mod colours;
mod config;
mod devices;
mod doctor;
mod exit_status;
mod explain;
mod failed_steps;
mod generated;
mod help;
mod images;
mod json;
mod layers;
mod log_format;
mod messages;
mod mounts;
mod named;
mod options;
mod privilege;
mod progress;
mod running;
mod shell;
mod signals;
mod standalone;
mod streams;
mod terminal;
mod users;
mod version;

use std::process::ExitCode;

use furnace_tests::Outcome;

/// A test's name, and what it does.
type Case = (&'static str, fn() -> Outcome);

fn main() -> ExitCode {
    let trials = [
        exit_status::trials(),
        options::trials(),
        binds::trials(),
        mounts::trials(),
        devices::trials(),
        layers::trials(),
        images::trials(),
        changes::trials(),
        users::trials(),
        privilege::trials(),
        standalone::trials(),
        streams::trials(),
        signals::trials(),
        shell::trials(),
        named::trials(),
        terminal::trials(),
        bad_input::trials(),
        messages::trials(),
        log_format::trials(),
        colours::trials(),
        progress::trials(),
        explain::trials(),
        failed_steps::trials(),
        generated::trials(),
        json::trials(),
        config::trials(),
        doctor::trials(),
        help::trials(),
        version::trials(),
    ];
    furnace_tests::run(trials.into_iter().flatten().collect())
}
