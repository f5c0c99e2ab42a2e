//! Mounts on the host, by guards.

mod binds;
pub(crate) mod copies;
mod endings;
mod events;
mod orders;
mod overlays;
pub(crate) mod refusals;
mod threads;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use furnace_tests::Scratch;
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let trials = [
        binds::trials(),
        copies::trials(),
        endings::trials(),
        orders::trials(),
        overlays::trials(),
        refusals::trials(),
        threads::trials(),
    ];
    trials.into_iter().flatten().collect()
}

/// A directory that has directories of these names.
fn with(names: &[&str]) -> Scratch {
    let scratch = Scratch::new();
    for name in names {
        fs::create_dir_all(scratch.join(name)).unwrap();
    }
    scratch
}

/// The options of each mount at `path`, the lowest first. `path` must be plain.
fn mounts_at(path: &Path) -> Vec<String> {
    let mountinfo = fs::read_to_string("/proc/thread-self/mountinfo").unwrap();
    let fields = mountinfo.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    fields
        .filter(|fields| fields[4].as_bytes() == path.as_os_str().as_bytes())
        .map(|fields| fields[5].to_owned())
        .collect()
}
