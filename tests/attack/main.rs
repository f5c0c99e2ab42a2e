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
mod guests;
mod host_mounts;
mod hostile_components;
mod hostile_passwd;
mod hostile_resolv_conf;
mod identity;
mod leftovers;
mod mounting;
mod moving_roots;
mod names;
mod nested;
mod newborn;
mod odd_roots;
mod odd_sources;
mod oddities;
mod outside;
mod program_file;
mod root_file_systems;
mod signals;
mod sizes;
mod sources;
mod special_directories;
mod stalls;
mod swapped_components;
mod terminals;
mod text;
mod traps;
mod tty_injection;
mod verdict;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(part) = std::env::var_os(actors::PART) {
        return actors::play(&part);
    }
    furnace_tests::run(
        [
            destinations::trials(),
            hostile_components::trials(),
            swapped_components::trials(),
            special_directories::trials(),
            odd_sources::trials(),
            hostile_resolv_conf::trials(),
            hostile_passwd::trials(),
            odd_roots::trials(),
            moving_roots::trials(),
            root_file_systems::trials(),
            nested::trials(),
            names::trials(),
            sources::trials(),
            descriptors::trials(),
            newborn::trials(),
            guests::trials(),
            forgery::trials(),
            program_file::trials(),
            signals::trials(),
            traps::trials(),
            tty_injection::trials(),
            identity::trials(),
            sizes::trials(),
            terminals::trials(),
            text::trials(),
            stalls::trials(),
            mounting::trials(),
            leftovers::trials(),
            faults::trials(),
        ]
        .into_iter()
        .flatten()
        .collect(),
    )
}
