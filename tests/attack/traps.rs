//! What the tree has in the places of helpers runs inside, or not at all.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use furnace_core::Container;
use furnace_tests::{Need, Outcome, Root, Scratch, compile_c, test};
use libtest_mimic::Trial;

use crate::actors::{actor, adopting};
use crate::attackers::root_with;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("traps_never_run_outside", &[Need::Root], traps_never_run_outside),
        test(
            "endless_trap_does_not_hold_a_start",
            &[Need::Root],
            endless_trap_does_not_hold_a_start,
        ),
        test(
            "endless_trap_dies_with_the_caller",
            &[Need::Root],
            endless_trap_dies_with_the_caller,
        ),
    ]
}

const TRAP: &str = include_str!("programs/trap.c");

/// Where a host has programs and libraries that others are made to run.
const PLACES: &[&str] = &[
    "usr/bin/systemd-tmpfiles",
    "bin/systemd-tmpfiles",
    "usr/bin/nsenter",
    "usr/bin/newuidmap",
    "sbin/init",
    "init",
    "furnace-init",
    "sbin/ldconfig",
    "etc/ld.so.preload",
    "lib/libnss_files.so.2",
    "lib/x86_64-linux-gnu/libnss_files.so.2",
    "lib64/ld-linux-x86-64.so.2",
];

/// A root directory with a trap in each of `places`.
fn trapped(places: &[&str], marker: &Path, options: &str) -> Root {
    let root = root_with(&[]);
    let scratch = Scratch::new();
    let source = format!("#define MARKER {:?}\n{options}\n{TRAP}", marker.to_str().unwrap());
    let trap = compile_c(scratch.path(), "trap", &source);
    for place in places {
        let place = root.join(place);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(&trap, place).unwrap();
    }
    root
}

fn traps_never_run_outside() -> Outcome {
    let marker = Scratch::new();
    let root = trapped(PLACES, marker.path(), "");
    let container = Container::builder(&root).start()?;
    assert!(container.command("/bin/true").uid(1).gid(1).status()?.success());
    container.stop()?;
    let record = fs::read_to_string(root.join("record")).unwrap();
    assert_eq!(
        record,
        "systemd-tmpfiles: pid inside, outside 0, descriptors 0, variables 0\n"
    );
    assert_eq!(fs::read_dir(marker.path()).unwrap().count(), 0);
    assert!(!Path::new("/record").exists());
    Ok(())
}

fn endless_trap_does_not_hold_a_start() -> Outcome {
    let marker = Scratch::new();
    let root = trapped(&["usr/bin/systemd-tmpfiles"], marker.path(), "#define FOR_EVER");
    let begun = Instant::now();
    let container = Container::builder(&root).start()?;
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "it took {:?}",
        begun.elapsed()
    );
    assert!(root.join("record").exists(), "the trap did not run");
    assert!(container.command("/bin/true").status()?.success());
    container.stop()?;
    Ok(())
}

fn endless_trap_dies_with_the_caller() -> Outcome {
    let marker = Scratch::new();
    let root = trapped(&["usr/bin/systemd-tmpfiles"], marker.path(), "#define FOR_EVER");
    let alive = root.join("alive");
    rustix::fs::mknodat(rustix::fs::CWD, &alive, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    adopting(|| {
        let mut actor = actor("start", root.path()).spawn()?;
        // It opens when the trap has opened it too, and ends when the trap does.
        let mut trap = fs::File::open(&alive)?;
        actor.kill()?;
        actor.wait()?;
        let mut nothing = Vec::new();
        trap.read_to_end(&mut nothing)?;
        assert!(nothing.is_empty());
        Ok(())
    })
}
