//! Keys and windows: a command that no shell minds has what a terminal does by itself.

use furnace_tests::{Need, Outcome, Root, Session, test};
use libtest_mimic::Trial;

use super::{at_terminal, ends, is_raw};
use crate::Case;

pub(super) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("setsid"), Need::Program("stty")];
    let all: [Case; 6] = [
        ("terminal_ctrl_c_ends_the_command", ctrl_c),
        ("terminal_ctrl_backslash_ends_the_command", ctrl_backslash),
        ("terminal_ctrl_z_stops_nothing_that_nobody_could_continue", ctrl_z),
        (
            "no_terminal_ctrl_z_stops_nothing_that_nobody_could_continue",
            ctrl_z_apart,
        ),
        ("terminal_of_a_program_that_takes_every_key", every_key),
        ("terminal_keeps_up_with_a_storm_of_sizes", storm),
    ];
    all.into_iter().map(|(name, body)| test(name, &needs, body)).collect()
}

/// A command in the foreground of a terminal that was taken.
fn sleeping(root: &Root) -> Session {
    let script = "ulimit -c 0; exec sleep 1000";
    let mut session = at_terminal(typed!["run", root.path(), "sh", "-c", script]);
    is_raw(&mut session);
    session.until("at sleep", |session| session.has_in_foreground("sleep"));
    session
}

fn ctrl_c() -> Outcome {
    let root = Root::small();
    let session = sleeping(&root);
    session.enter("\u{3}");
    ends(session, 128 + 2, "^C")
}

fn ctrl_backslash() -> Outcome {
    let root = Root::small();
    let session = sleeping(&root);
    session.enter("\u{1c}");
    ends(session, 128 + 3, "^\\")
}

/// There is no shell in its session, so the kernel does not stop it.
fn ctrl_z() -> Outcome {
    let root = Root::small();
    let mut session = at_terminal(typed!["run", root.path(), "sh", "-c", "head -n 1; exit 3"]);
    is_raw(&mut session);
    session.until("at head", |session| session.running("head").len() == 1);
    session.enter("\u{1a}");
    session.expect("^Z");
    assert_ne!(session.state(), 'T');
    session.enter("typed\r");
    ends(session, 3, "^Ztyped\r\ntyped\r\n")
}

fn ctrl_z_apart() -> Outcome {
    let root = Root::small();
    let mut session = at_terminal(typed![
        "run",
        "-i",
        root.path(),
        "sh",
        "-c",
        "echo ready; head -n 1; exit 3"
    ]);
    session.expect("ready\r\n");
    session.enter("\u{1a}");
    session.expect("^Z");
    session.enter("typed\n");
    session.expect("typed\r\ntyped\r\n");
    let (status, ..) = session.end();
    assert_eq!(status.code(), Some(3));
    Ok(())
}

fn every_key() -> Outcome {
    let root = Root::small().with(&["stty", "od"]);
    let script = "stty raw -echo; echo ready; head -c 8 | od -An -tx1 -w8";
    let mut session = at_terminal(typed!["run", root.path(), "sh", "-c", script]);
    session.expect("ready");
    session.enter("\u{3}\u{1a}\u{1c}\u{4}\u{11}\u{13}\r\u{7f}");
    session.expect("03 1a 1c 04 11 13 0d 7f");
    let (status, ..) = session.end();
    assert_eq!(status.code(), Some(0));
    Ok(())
}

/// The last of them counts, whatever has been written meanwhile.
fn storm() -> Outcome {
    let root = Root::small().with(&["stty"]);
    let script = "trap : WINCH; while test \"$(stty size)\" != '50 132'; do echo another; done; echo the last";
    let mut session = at_terminal(typed!["run", root.path(), "sh", "-c", script]);
    session.expect("another");
    for round in 0..300 {
        session.window().resize(20 + round % 30, 80 + round % 50);
        if round % 30 == 0 {
            session.expect("another");
        }
    }
    session.window().resize(50, 132);
    session.expect("the last");
    let (status, ..) = session.end();
    assert_eq!(status.code(), Some(0));
    Ok(())
}
