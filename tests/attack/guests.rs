//! Who attaches to a container gives nothing more away than who has started it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::time::{Duration, Instant};

use furnace_core::{ErrorKind, JoinOptions, RuntimeDirectory, Stdio};
use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;

use crate::attackers::{Attacker, builder, count, nothing_found, root_with, rounds, watcher};
use crate::descriptors::{OWN, numbers};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("guests_bring_no_descriptor", &[Need::Root], no_descriptor),
        test("guests_show_nothing_before_they_execute", &[Need::Root], show_nothing),
        test(
            "pid1_in_bad_hands_does_not_hold_up_who_detaches",
            &[Need::Root],
            bad_hands,
        ),
    ]
}

fn no_descriptor() -> Outcome {
    let (root, scratch) = (root_with(&[OWN]), Scratch::new());
    let names = RuntimeDirectory::at(scratch.join("run"));
    let container = builder(&root).start()?;
    container.detach_as(names.reserve("it")?)?;
    // It lets go of its last one when it has answered.
    let deadline = Instant::now() + Duration::from_secs(10);
    while !numbers(container.id()).is_empty() {
        assert!(Instant::now() < deadline, "{:?}", numbers(container.id()));
        std::thread::yield_now();
    }
    let before = children();
    let attached = JoinOptions::new().attach_to(&names.find("it")?)?;
    for fork_server in children().difference(&before) {
        assert_eq!(numbers(*fork_server), BTreeSet::from([0, 1, 2, 3]));
    }
    let said = attached.command("/bin/own").output()?.stdout;
    let said = String::from_utf8_lossy(&said);
    assert!(
        said.contains("fds of self: 0 1 2\n") && said.contains("fds of 1:\n"),
        "{said}"
    );
    assert!(said.contains("cwd: /\n") && said.contains("cwd is root: 1\n"), "{said}");
    Ok(container.stop()?)
}

fn children() -> BTreeSet<u32> {
    let own = std::process::id();
    let tasks = fs::read_dir(format!("/proc/{own}/task")).unwrap().flatten();
    let lists = tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .map(|pid| pid.parse().unwrap())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn show_nothing() -> Outcome {
    const SECRET: &str = "a-secret-of-an-earlier-command";
    let (root, scratch) = (
        root_with(&[("look", &watcher(include_str!("programs/look.c")))]),
        Scratch::new(),
    );
    let names = RuntimeDirectory::at(scratch.join("run"));
    let container = builder(&root).start()?;
    container.detach_as(names.reserve("it")?)?;
    let host_path = root.path().to_str().unwrap().to_owned();
    let runtime_path = scratch.path().to_str().unwrap().to_owned();
    let mut newborn = 0;
    for stop in ["1", "0"] {
        container
            .command("/bin/true")
            .env("SECRET", SECRET)
            .arg(SECRET)
            .status()?;
        let look = Attacker::start(&container, "look", &[stop, SECRET, SECRET, &host_path, &runtime_path]);
        for _ in 0..rounds(100) {
            let guest = JoinOptions::new().attach_to(&names.find("it")?)?;
            let mut command = guest.command("/bin/true");
            command
                .env_clear()
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            assert!(command.status()?.success());
        }
        let said = look.end();
        nothing_found(&said)?;
        newborn += count(&said, "newborn");
    }
    assert!(newborn > 0, "the watcher has not seen a single newborn");
    Ok(container.stop()?)
}

/// Root inside may stop PID 1, and speak in its place. That may end the container, but nobody waits for ever, and none
/// is left that was not to live on.
fn bad_hands() -> Outcome {
    const LIMIT: Duration = Duration::from_millis(500);
    let (root, scratch) = (
        root_with(&[("seize", include_str!("programs/seize.c"))]),
        Scratch::new(),
    );
    let names = RuntimeDirectory::at(scratch.join("run"));
    for how in ["trace", "tell", "shut"] {
        let container = builder(&root).time_limit(LIMIT).start()?;
        let mut command = container.command("/bin/seize");
        let mut child = command.arg(how).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let _ = child.stdout.as_mut().unwrap().read(&mut [0; 6]);
        let begun = Instant::now();
        let error = container.detach_as(names.reserve("it")?).unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(15));
        assert!(
            matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Ended),
            "{how}: {error}"
        );
        assert_eq!(names.find("it").unwrap_err().kind(), ErrorKind::NotFound, "{how}");
        container.stop()?;
        assert!(child.try_wait()?.is_some(), "{how}: it lives");
    }
    Ok(())
}
