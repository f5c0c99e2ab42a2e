//! The library on the real kernel: what a container is, and what becomes of it in every way that it can end.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod accidents;
mod ahead;
mod bind_flags;
mod binds;
mod callers;
mod commands;
mod concurrency;
mod consoles;
mod descriptors;
mod devices;
mod directory;
mod environment;
mod ephemeral;
mod ephemeral_size;
mod error_paths;
mod events;
mod everything;
mod examples;
mod files;
mod footprint;
mod given_devices;
mod host_mounts;
mod hostile_tmpfiles;
mod id_maps;
mod identity;
mod images;
mod inside;
mod joining;
mod limits;
mod marks;
mod memfd_noexec;
mod mounted;
mod mounting;
mod mounts;
mod named;
mod namespaces;
mod network;
mod overlay_errors;
mod overlay_work;
mod overlays;
mod owner_death;
mod parts;
mod pid1;
mod process_groups;
mod read_only;
mod read_only_root;
mod reaping;
mod resolv_conf;
mod roots;
mod spawn_errors;
mod stacked;
mod start_errors;
mod stdio;
mod stopping;
mod tmpfs;
mod tree;
mod users;
mod waiting;

use std::process::ExitCode;

use furnace_tests::run;

fn main() -> ExitCode {
    if let Some(part) = parts::asked_for() {
        return parts::play(&part);
    }
    let trials = [
        accidents::trials(),
        ahead::trials(),
        bind_flags::trials(),
        binds::trials(),
        callers::trials(),
        commands::trials(),
        concurrency::trials(),
        consoles::trials(),
        descriptors::trials(),
        devices::trials(),
        directory::trials(),
        environment::trials(),
        error_paths::trials(),
        ephemeral::trials(),
        ephemeral_size::trials(),
        everything::trials(),
        examples::trials(),
        files::trials(),
        footprint::trials(),
        given_devices::trials(),
        host_mounts::trials(),
        hostile_tmpfiles::trials(),
        id_maps::trials(),
        identity::trials(),
        images::trials(),
        joining::trials(),
        limits::trials(),
        memfd_noexec::trials(),
        mounting::trials(),
        mounts::trials(),
        named::trials(),
        namespaces::trials(),
        network::trials(),
        overlay_errors::trials(),
        overlay_work::trials(),
        overlays::trials(),
        owner_death::trials(),
        pid1::trials(),
        process_groups::trials(),
        read_only::trials(),
        read_only_root::trials(),
        reaping::trials(),
        resolv_conf::trials(),
        roots::trials(),
        spawn_errors::trials(),
        stacked::trials(),
        start_errors::trials(),
        stdio::trials(),
        stopping::trials(),
        tmpfs::trials(),
        users::trials(),
        waiting::trials(),
    ];
    run(trials.into_iter().flatten().collect())
}
