//! Zombies: none inside, and none of the caller's beyond those that it may still ask.

use std::time::{Duration, Instant};

use furnace_tests::{Leftovers, Need, Outcome, test};
use libtest_mimic::Trial;

use crate::inside::{sh, status_field, system};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("orphans_are_reaped_inside", &[Need::Root], orphans),
        test("dropped_children_do_not_pile_up", &[Need::Root], dropped_children),
    ]
}

fn orphans() -> Outcome {
    let container = system().start()?;
    sh(&container, "for i in $(seq 200); do (true &) ; done")?;
    let zombies = "cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z ' || true";
    let deadline = Instant::now() + Duration::from_secs(10);
    while sh(&container, zombies)? != "0" {
        assert!(Instant::now() < deadline, "{}", sh(&container, "ps -ef")?);
    }
    Ok(())
}

fn dropped_children() -> Outcome {
    let container = system().start()?;
    let before = Leftovers::now();
    let mut ids = Vec::new();
    for _ in 0..200 {
        ids.push(container.command("true").spawn()?.id());
    }
    // Whatever is spawned reaps a few that nobody can ask for any more.
    for _ in 0..400 {
        container.command("true").status()?;
    }
    let zombies = ids.iter().filter(|id| status_field(**id, "PPid").is_ok());
    assert_eq!(zombies.count(), 0);
    before.compare()?;
    Ok(())
}
