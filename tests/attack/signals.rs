//! Signals leave a pid namespace through the process group. A session of one's own keeps them in.

use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use furnace_core::{Container, ErrorKind};
use furnace_tests::{Need, Outcome, Root, furnace, test};
use libtest_mimic::Trial;

use crate::actors::{actor, adopting, ends_within};
use crate::attackers::{Attacker, count, root_with, rounds, watcher};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("kill_zero_stays_inside", &[Need::Root], kill_zero_stays_inside),
        test(
            "kill_zero_by_the_command_line",
            &[Need::Root],
            kill_zero_by_the_command_line,
        ),
        test("newborn_kills_no_group", &[Need::Root], newborn_kills_no_group),
    ]
}

const LIMIT: Duration = Duration::from_secs(30);

fn kill_zero_stays_inside() -> Outcome {
    let root = root_with(&[("signals", include_str!("programs/signals.c"))]);
    has_to_live("signals", &root)
}

/// Has an actor play a part, and end well.
fn has_to_live(part: &str, root: &Root) -> Outcome {
    let status = adopting(|| ends_within(&mut actor(part, root.path()).spawn().unwrap(), LIMIT));
    match status {
        Some(status) if status.success() => Ok(()),
        other => Err(format!("the caller ended like this: {other:?}").into()),
    }
}

/// The caller's part, in a process group of its own.
pub(crate) fn send_all(root: &Path) -> ExitCode {
    let container = Container::builder(root).resolv_conf(false).start().unwrap();
    for how in ["group", "all", "owner"] {
        container
            .command("/bin/signals")
            .arg(how)
            .new_session(true)
            .status()
            .unwrap();
        // The fork server lives as well.
        assert!(
            container.command("/bin/true").status().unwrap().success(),
            "after {how}"
        );
    }
    container.stop().unwrap();
    ExitCode::SUCCESS
}

fn kill_zero_by_the_command_line() -> Outcome {
    use std::os::unix::process::CommandExt;
    let root = root_with(&[("signals", include_str!("programs/signals.c"))]);
    for how in ["group", "all", "owner"] {
        let mut command = std::process::Command::new(furnace());
        command
            .arg("run")
            .arg(root.path())
            .args(["--", "/bin/signals", how])
            .process_group(0)
            .stdin(Stdio::null());
        let mut furnace = command.spawn()?;
        let status = ends_within(&mut furnace, LIMIT);
        // What kills itself is told as 128 and the signal; who kills its caller would be a signal.
        let expected = if how == "all" { 0 } else { 137 };
        assert_eq!(
            status.and_then(|status| status.code()),
            Some(expected),
            "{how}: {status:?}"
        );
    }
    Ok(())
}

/// The same, but from within a newborn that has been stopped before it could make its session.
fn newborn_kills_no_group() -> Outcome {
    let root = root_with(&[("hijack", &watcher(include_str!("programs/hijack.c")))]);
    has_to_live("newborn", &root)
}

/// The caller's part of it.
pub(crate) fn run_newborns(root: &Path) -> ExitCode {
    let container = Container::builder(root)
        .resolv_conf(false)
        .time_limit(Duration::from_secs(2))
        .start()
        .unwrap();
    let hijack = Attacker::start(&container, "hijack", &[]);
    for _ in 0..rounds(60) {
        let _ = container.command("/bin/true").new_session(true).status();
    }
    let said = hijack.end();
    // It may have killed itself, with the container.
    let ended = container
        .command("/bin/true")
        .status()
        .is_err_and(|error| error.kind() == ErrorKind::Ended);
    assert!(ended || count(&said, "newborn") > 0, "no newborn was caught");
    container.stop().unwrap();
    ExitCode::SUCCESS
}
