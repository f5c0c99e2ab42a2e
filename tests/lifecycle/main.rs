//! The library on the real kernel: what a container is, and what becomes of it in every way that it can end.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod accidents;
mod binds;
mod callers;
mod commands;
mod concurrency;
mod descriptors;
mod devices;
mod directory;
mod environment;
mod ephemeral;
mod examples;
mod footprint;
mod host_mounts;
mod hostile_tmpfiles;
mod identity;
mod images;
mod inside;
mod limits;
mod marks;
mod memfd_noexec;
mod mounted;
mod mounts;
mod namespaces;
mod network;
mod owner_death;
mod parts;
mod pid1;
mod process_groups;
mod read_only_root;
mod reaping;
mod resolv_conf;
mod roots;
mod spawn_errors;
mod start_errors;
mod stdio;
mod stopping;
mod tree;
mod waiting;

use std::process::ExitCode;

use furnace_tests::run;

fn main() -> ExitCode {
    if let Some(part) = parts::asked_for() {
        return parts::play(&part);
    }
    let trials = [
        accidents::trials(),
        binds::trials(),
        callers::trials(),
        commands::trials(),
        concurrency::trials(),
        descriptors::trials(),
        devices::trials(),
        directory::trials(),
        environment::trials(),
        ephemeral::trials(),
        examples::trials(),
        footprint::trials(),
        host_mounts::trials(),
        hostile_tmpfiles::trials(),
        identity::trials(),
        images::trials(),
        limits::trials(),
        memfd_noexec::trials(),
        mounts::trials(),
        namespaces::trials(),
        network::trials(),
        owner_death::trials(),
        pid1::trials(),
        process_groups::trials(),
        read_only_root::trials(),
        reaping::trials(),
        resolv_conf::trials(),
        roots::trials(),
        spawn_errors::trials(),
        start_errors::trials(),
        stdio::trials(),
        stopping::trials(),
        waiting::trials(),
    ];
    run(trials.into_iter().flatten().collect())
}
