//! Whoever makes a terminal looks where the container's are. What is there may have been put there by root inside.

use std::io::{BufRead, BufReader};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use furnace_core::Stdio;
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;

use crate::attackers::{builder, root_with};

pub(crate) fn trials() -> Vec<Trial> {
    vec![test(
        "a_terminal_is_made_where_its_place_answers_nothing",
        &[Need::Root, Need::Filesystem("fuse")],
        covered,
    )]
}

const LIMIT: Duration = Duration::from_secs(20);

fn covered() -> Outcome {
    let root = root_with(&[("cover_pts", include_str!("programs/cover_pts.c"))]);
    let container = Arc::new(builder(&root).own_session(true).start()?);
    let mut attacker = container.command("/bin/cover_pts").stdout(Stdio::piped()).spawn()?;
    let mut said = String::new();
    BufReader::new(attacker.stdout.take().unwrap()).read_line(&mut said)?;
    assert_eq!(said, "ready\n");
    let (made, wait) = mpsc::channel();
    let shared = Arc::clone(&container);
    let maker = std::thread::spawn(move || made.send(shared.terminal().map(drop)));
    let answer = wait.recv_timeout(LIMIT);
    // With the attacker gone, nothing holds it up any more.
    container.stop()?;
    maker.join().unwrap()?;
    answer??;
    Ok(())
}
