//! However a session on a terminal ends, the caller's is as it was, and nothing else is left.

use std::os::unix::process::ExitStatusExt;

use furnace_tests::{Need, Outcome, Root, Session, Window, test};
use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};

use super::at_terminal;

pub(super) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("setsid")];
    let mut trials: Vec<Trial> = [
        ("HUP", Signal::HUP),
        ("INT", Signal::INT),
        ("QUIT", Signal::QUIT),
        ("TERM", Signal::TERM),
    ]
    .into_iter()
    .map(|(name, signal)| {
        let name = format!("terminal_is_as_before_when_SIG{name}_ends_the_command");
        test(&name, &needs, move || passed_on(signal))
    })
    .collect();
    for (name, signal) in [("USR1", Signal::USR1), ("USR2", Signal::USR2), ("ALRM", Signal::ALARM)] {
        let name = format!("terminal_is_as_before_when_SIG{name}_ends_furnace");
        trials.push(test(&name, &needs, move || ending(signal)));
    }
    trials.push(test(
        "terminal_is_as_before_when_the_container_dies",
        &needs,
        container_dies,
    ));
    trials.push(test("terminal_is_as_before_while_furnace_is_stopped", &needs, stopped));
    trials.push(test(
        "terminal_is_taken_again_after_a_stop_by_force",
        &needs,
        stopped_by_force,
    ));
    trials.push(test("terminal_of_a_furnace_that_was_killed_is_no_more", &needs, killed));
    trials
}

/// A command that runs for long, on a terminal that was taken.
fn running(root: &Root, script: &str) -> (Session, String) {
    let before = Window::new().modes();
    let mut session = at_terminal(typed!["run", root.path(), "sh", "-c", script]);
    session.expect("ready\r\n");
    session.until("raw", |session| session.window().modes() != before);
    (session, before)
}

const SLEEP: &str = "ulimit -c 0; sleep 1000 & echo ready; exec sleep 1000";

fn passed_on(signal: Signal) -> Outcome {
    let root = Root::small();
    let (session, before) = running(&root, SLEEP);
    session.signal(signal);
    let (status, _, window) = session.end();
    assert_eq!(status.code(), Some(128 + signal.as_raw()));
    assert_eq!(window.modes(), before);
    Ok(())
}

fn ending(signal: Signal) -> Outcome {
    let root = Root::small();
    let (session, before) = running(&root, SLEEP);
    session.signal(signal);
    let (status, _, window) = session.end();
    assert_eq!(status.signal(), Some(signal.as_raw()));
    assert_eq!(window.modes(), before);
    Ok(())
}

fn children(of: Pid) -> Vec<(Pid, String)> {
    let pid = of.as_raw_nonzero();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let named = |child: &str| {
        let name = std::fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
        (
            Pid::from_raw(child.parse().unwrap()).unwrap(),
            name.trim_end().to_owned(),
        )
    };
    children.split_whitespace().map(named).collect()
}

fn container_dies() -> Outcome {
    let root = Root::small();
    for victim in ["furnace-init", "sleep"] {
        let (mut session, before) = running(&root, SLEEP);
        session.until("at sleep", |session| {
            children(session.pid()).iter().any(|(_, name)| name == "sleep")
        });
        let children = children(session.pid());
        let (pid, _) = children.iter().find(|(_, name)| name == victim).unwrap();
        kill_process(*pid, Signal::KILL).unwrap();
        let (status, _, window) = session.end();
        assert_eq!(status.code(), Some(128 + 9), "{victim}");
        assert_eq!(window.modes(), before, "{victim}");
    }
    Ok(())
}

fn stopped() -> Outcome {
    let root = Root::small();
    let (mut session, before) = running(&root, "echo ready; head -n 1; exit 3");
    let during = session.window().modes();
    for _ in 0..3 {
        session.signal(Signal::TSTP);
        session.until("stopped", |session| session.state() == 'T');
        assert_eq!(session.window().modes(), before);
        session.window().resize(50, 100);
        session.signal(Signal::CONT);
        session.until("raw again", |session| session.window().modes() == during);
    }
    session.enter("typed\r");
    let (status, _, window) = session.end();
    assert_eq!(status.code(), Some(3));
    assert_eq!(window.modes(), before);
    Ok(())
}

fn stopped_by_force() -> Outcome {
    let root = Root::small();
    let (mut session, before) = running(&root, "echo ready; head -n 1; exit 3");
    let during = session.window().modes();
    session.signal(Signal::STOP);
    session.until("stopped", |session| session.state() == 'T');
    // As a shell does that wants to be typed at.
    session.window().set_modes_of(&Window::new());
    session.signal(Signal::CONT);
    session.until("raw again", |session| session.window().modes() == during);
    session.enter("typed\r");
    let (status, _, window) = session.end();
    assert_eq!(status.code(), Some(3));
    assert_eq!(window.modes(), before);
    Ok(())
}

/// Nothing is left of it, which is what every test is held to.
fn killed() -> Outcome {
    let root = Root::small();
    let busy = "echo ready; while echo y; do :; done";
    for (script, option) in [(SLEEP, "-t"), (busy, "-t"), (SLEEP, "-i"), (busy, "-T")] {
        let mut session = at_terminal(typed!["run", option, root.path(), "sh", "-c", script]);
        session.expect("ready\r\n");
        session.signal(Signal::KILL);
        let (status, ..) = session.end();
        assert_eq!(status.signal(), Some(9));
    }
    Ok(())
}
