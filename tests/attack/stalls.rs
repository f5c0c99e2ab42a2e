//! Whatever goes on inside: starting, running, stopping and dropping end in time.

use std::time::{Duration, Instant};

use furnace_core::{Container, ErrorKind, Stdio};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;

use crate::attackers::{Attacker, builder, root_with, until_won, watcher};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("inside_cannot_stall", &[Need::Root], inside_cannot_stall),
        test(
            "stopped_newcomers_do_not_stall",
            &[Need::Root],
            stopped_newcomers_do_not_stall,
        ),
        test(
            "pid1_in_bad_hands_does_not_stall",
            &[Need::Root],
            pid1_in_bad_hands_does_not_stall,
        ),
        test(
            "unreaped_children_do_not_block",
            &[Need::Root],
            unreaped_children_do_not_block,
        ),
    ]
}

/// What is far beyond anything that a call here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long newcomers may be held up.
const LIMIT: Duration = Duration::from_millis(500);

fn in_time<T>(what: &str, action: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = action();
    assert!(begun.elapsed() < PATIENCE, "{what} took {:?}", begun.elapsed());
    result
}

fn stalling() -> (furnace_tests::Root, Container) {
    let root = root_with(&[
        ("stall", include_str!("programs/stall.c")),
        ("hold", &watcher(include_str!("programs/hold.c"))),
    ]);
    let container = builder(&root).time_limit(LIMIT).start().unwrap();
    (root, container)
}

/// Three hundred processes that stop each other, a traced one, one that writes where nobody reads.
fn inside_cannot_stall() -> Outcome {
    for (how, drops) in [
        ("many", false),
        ("traced", true),
        ("traced", false),
        ("flood", true),
        ("flood", false),
    ] {
        let (_root, container) = stalling();
        let mut command = container.command("/bin/stall");
        let mut child = command.arg(how).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        if how != "flood" {
            let mut ready = [0; 6];
            std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
        }
        in_time("a command", || container.command("/bin/true").status())?;
        let another = in_time("another start", || builder(&_root).start())?;
        in_time("another stop", || another.stop())?;
        if drops {
            in_time("a drop", || drop(container));
        } else {
            in_time("a stop", || container.stop())?;
        }
        assert!(child.try_wait()?.is_some(), "{how} lives");
    }
    Ok(())
}

/// Newcomers are stopped, or traced, before they have executed anything.
fn stopped_newcomers_do_not_stall() -> Outcome {
    for how in ["stop", "trace"] {
        let (_root, container) = stalling();
        let hold = Attacker::start(&container, "hold", &[how]);
        until_won(|| {
            let spawned = in_time("a spawn", || {
                container.command("/bin/true").stdin(Stdio::null()).spawn()
            });
            match spawned {
                Ok(mut child) => {
                    child.kill().unwrap();
                    false
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
                    true
                }
            }
        })?;
        // A stop in the middle of a spawn that is held up.
        std::thread::scope(|scope| {
            let spawn = scope.spawn(|| container.command("/bin/true").stdin(Stdio::null()).spawn().map(drop));
            std::thread::sleep(LIMIT / 4);
            in_time("a stop", || container.stop()).unwrap();
            let _ = in_time("a spawn during a stop", || spawn.join().unwrap());
        });
        drop(hold);
    }
    let (_root, container) = stalling();
    let _hold = Attacker::start(&container, "hold", &["stop"]);
    until_won(|| container.command("/bin/true").stdin(Stdio::null()).spawn().is_err())?;
    in_time("a drop", || drop(container));
    Ok(())
}

/// Root inside may stop PID 1, and speak in its place. That may end the container, but nobody waits for ever.
fn pid1_in_bad_hands_does_not_stall() -> Outcome {
    let root = root_with(&[("seize", include_str!("programs/seize.c"))]);
    for how in ["trace", "tell", "shut"] {
        let container = builder(&root).time_limit(LIMIT).start()?;
        let mut command = container.command("/bin/seize");
        let mut child = command.arg(how).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        // Nothing more comes from one that ends with the container.
        let _ = std::io::Read::read(child.stdout.as_mut().unwrap(), &mut [0; 6]);
        if let Err(error) = in_time("a command", || container.command("/bin/true").status()) {
            assert_eq!(error.kind(), ErrorKind::Ended, "{how}: {error}");
        }
        in_time("a stop", || container.stop())?;
        assert!(child.try_wait()?.is_some(), "{how}: it lives");
    }
    Ok(())
}

/// PID 1 can't end before all of its namespace have been reaped; a stop sees to that.
fn unreaped_children_do_not_block() -> Outcome {
    for dropped in [false, true] {
        let (_root, container) = stalling();
        let mut children: Vec<_> = (0..100)
            .map(|number| {
                let mut command = if number % 10 == 0 {
                    let mut stall = container.command("/bin/stall");
                    stall.arg("").stdout(Stdio::null());
                    stall
                } else {
                    container.command("/bin/true")
                };
                command.stdin(Stdio::null()).spawn().unwrap()
            })
            .collect();
        if dropped {
            children.clear();
        }
        in_time("a stop", || container.stop())?;
        for child in &mut children {
            assert!(child.try_wait()?.is_some());
        }
    }
    Ok(())
}
