//! Root inside steals the channels of newcomers and answers in their stead.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use furnace_core::{Container, ErrorKind, Stdio};
use furnace_tests::{Need, Outcome, Scratch, compile_c, test};
use libtest_mimic::Trial;

use crate::actors::{adopting, cast, ends_within};
use crate::attackers::{Attacker, builder, count, root_with, rounds, until_won, watcher};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("control_channel_forgery", &[Need::Root], control_channel_forgery),
        test("report_taken_back", &[Need::Root], report_taken_back),
        test("report_held_open", &[Need::Root], report_held_open),
    ]
}

const LIMIT: Duration = Duration::from_secs(1);

/// How long a call with that limit may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

fn spawn(container: &Container, program: &str) -> furnace_core::Result<furnace_core::Child> {
    let mut command = container.command(program);
    command
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn()
}

/// A forged report can make the caller believe that a command failed, but nothing else, and never for longer than its
/// limit.
fn control_channel_forgery() -> Outcome {
    let root = root_with(&[("forge", &watcher(include_str!("programs/forge.c")))]);
    let container = builder(&root).time_limit(LIMIT).start()?;
    let forge = Attacker::start(&container, "forge", &[]);
    let own = std::process::id();
    for round in 0..rounds(200) {
        let program = if round % 5 == 4 { "/bin/not-there" } else { "/bin/true" };
        let begun = Instant::now();
        if let Ok(mut child) = spawn(&container, program) {
            let parent = parent_of(child.id());
            assert!(
                parent.is_none_or(|parent| parent == own),
                "round {round}: a child of {parent:?} was believed"
            );
            let status = child.wait_timeout(PATIENCE)?;
            assert!(
                status.is_some(),
                "round {round}: a child that does not end was believed"
            );
        }
        assert!(begun.elapsed() < PATIENCE, "round {round} took {:?}", begun.elapsed());
    }
    let said = forge.end();
    assert!(count(&said, "newborn") > 0, "{said}");
    assert_eq!(count(&said, "sockets"), 0, "a newcomer had a socket");
    assert!(spawn(&container, "/bin/true")?.wait()?.success());
    container.stop()?;
    Ok(())
}

/// Who keeps a copy of the pipe that says when a command has been executed keeps the caller waiting, but not long.
fn report_held_open() -> Outcome {
    let root = root_with(&[("hold", &watcher(include_str!("programs/hold.c")))]);
    let container = builder(&root).time_limit(LIMIT).start()?;
    let hold = Attacker::start(&container, "hold", &["pipe"]);
    until_won(|| {
        let begun = Instant::now();
        let held = spawn(&container, "/bin/true").map(|mut child| child.wait());
        assert!(begun.elapsed() < PATIENCE);
        held.is_err_and(|error| error.kind() == ErrorKind::TimedOut)
    })?;
    hold.end();
    assert!(spawn(&container, "/bin/true")?.wait()?.success());
    Ok(())
}

/// A report that is gone again when it is read must not keep the reader for ever. So that this happens every time, the
/// reader is made slow.
fn report_taken_back() -> Outcome {
    let root = root_with(&[("drain", &watcher(include_str!("programs/drain.c")))]);
    let scratch = Scratch::new();
    let failcall = compile_c(scratch.path(), "failcall", include_str!("programs/failcall.c"));
    let mut command = Command::new(failcall);
    command
        .args(["read", "0", "0"])
        .arg(root.join("armed"))
        .arg(std::env::current_exe()?);
    cast(&mut command, "be drained", root.path());
    let status = adopting(|| ends_within(&mut command.spawn().unwrap(), 2 * PATIENCE));
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("the caller ended with {status}").into()),
        None => Err("a spawn does not end".into()),
    }
}

/// The caller's part of it.
pub(crate) fn be_drained(root: &Path) -> ExitCode {
    let mut builder = Container::builder(root);
    let container = builder.resolv_conf(false).time_limit(LIMIT).start().unwrap();
    let drain = Attacker::start(&container, "drain", &[]);
    std::fs::write(root.join("armed"), "").unwrap();
    until_won(|| match spawn(&container, "/bin/true") {
        Ok(mut child) => {
            child.wait_timeout(LIMIT).unwrap();
            false
        }
        Err(error) => error.kind() == ErrorKind::TimedOut,
    })
    .unwrap();
    drain.end();
    container.stop().unwrap();
    ExitCode::SUCCESS
}

/// The parent of a process, if there is such a process.
fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
