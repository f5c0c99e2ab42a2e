//! Each class of attack that containers have been broken by, played against the real thing.
//!
//! The attackers are C programs in `programs/`. Races are run some hundreds of times; `FURNACE_ATTACK_ROUNDS` makes
//! that more. What would hurt the process that starts a container is done by a process of its own, see `actors`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod actors;
mod attackers;
mod descriptors;
mod destinations;
mod faults;
mod forgery;
mod identity;
mod leftovers;
mod newborn;
mod program_file;
mod signals;
mod sizes;
mod sources;
mod stalls;
mod text;
mod traps;
mod tty_injection;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(part) = std::env::var_os(actors::PART) {
        return actors::play(&part);
    }
    furnace_tests::run(
        [
            destinations::trials(),
            sources::trials(),
            descriptors::trials(),
            newborn::trials(),
            forgery::trials(),
            program_file::trials(),
            signals::trials(),
            traps::trials(),
            tty_injection::trials(),
            identity::trials(),
            sizes::trials(),
            text::trials(),
            stalls::trials(),
            leftovers::trials(),
            faults::trials(),
        ]
        .into_iter()
        .flatten()
        .collect(),
    )
}
