//! What an overlay has changed of its lower tree, on overlays of the real kernel. Each list is also applied to a copy
//! of the lower tree, which has to become what the overlay shows.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod case;
mod copy;
mod depth;
mod device_nodes;
mod directories;
mod files;
mod hard_links;
mod hostile;
mod layers;
mod meanwhile;
mod names;
mod operations;
mod overlay;
mod property;
mod tree;

use std::process::ExitCode;

use furnace_tests::run;

fn main() -> ExitCode {
    let trials = [
        depth::trials(),
        device_nodes::trials(),
        directories::trials(),
        files::trials(),
        hard_links::trials(),
        hostile::trials(),
        layers::trials(),
        meanwhile::trials(),
        names::trials(),
        property::trials(),
    ];
    run(trials.into_iter().flatten().collect())
}
