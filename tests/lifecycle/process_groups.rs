//! Process groups and sessions of commands, as seen from outside.

use furnace_core::{Child, Container, ErrorKind, Phase, Stdio};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::{Failed, Trial};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::inside::{sh, status_field, system};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("process_group_is_the_callers", &[Need::Root], is_the_callers),
        test("process_group_of_its_own", &[Need::Root], own),
        test("process_group_of_another_command", &[Need::Root], of_another),
        test("process_group_that_is_not_there_is_told", &[Need::Root], not_there),
        test(
            "process_group_stays_that_of_the_fork_server",
            &[Need::Root],
            does_not_stick,
        ),
        test("session_of_its_own", &[Need::Root], session),
    ]
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed()).unwrap()
}

/// As numbered in the caller's pid namespace: 0 where the leader is outside of it.
fn group(pid: u32) -> Result<u32, Failed> {
    first_number(pid, "NSpgid")
}

/// Numbered as the group is.
fn session_of(pid: u32) -> Result<u32, Failed> {
    first_number(pid, "NSsid")
}

fn first_number(pid: u32, field: &str) -> Result<u32, Failed> {
    let in_each_namespace = status_field(pid, field)?;
    let number = in_each_namespace.split_whitespace().next().ok_or("an empty field")?;
    Ok(number.parse()?)
}

fn sleeper(container: &Container, group: Option<i32>) -> Result<Child, Failed> {
    let mut command = container.command("sleep");
    command.arg("1000").stdin(Stdio::null());
    if let Some(group) = group {
        command.process_group(group);
    }
    Ok(command.spawn()?)
}

fn is_the_callers() -> Outcome {
    let container = system().start()?;
    let child = sleeper(&container, None)?;
    assert_eq!(group(child.id())?, group(std::process::id())?);
    assert_eq!(session_of(child.id())?, session_of(std::process::id())?);
    Ok(())
}

fn own() -> Outcome {
    let container = system().start()?;
    let child = sleeper(&container, Some(0))?;
    assert_eq!(group(child.id())?, child.id());
    Ok(())
}

fn of_another() -> Outcome {
    let container = system().start()?;
    let mut leader = sleeper(&container, Some(0))?;
    let mut follower = sleeper(&container, Some(leader.id().cast_signed()))?;
    assert_eq!(group(follower.id())?, leader.id());
    kill_process_group(pid(&leader), Signal::TERM)?;
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(leader.wait()?.signal(), Some(15));
    assert_eq!(follower.wait()?.signal(), Some(15));
    Ok(())
}

fn not_there() -> Outcome {
    let container = system().start()?;
    let error = container.command("true").process_group(i32::MAX).status().unwrap_err();
    assert_eq!(error.phase(), Phase::Spawn);
    assert!(error.to_string().contains("process group"), "{error}");
    assert!(error.remedy().is_some());
    let error = container.command("true").process_group(-1).status().unwrap_err();
    assert_eq!(
        (error.phase(), error.kind()),
        (Phase::Configure, ErrorKind::InvalidInput)
    );
    Ok(())
}

fn does_not_stick() -> Outcome {
    let container = system().start()?;
    let leader = sleeper(&container, Some(0))?;
    sleeper(&container, Some(leader.id().cast_signed()))?;
    let another = sleeper(&container, None)?;
    assert_ne!(group(another.id())?, leader.id());
    // One whose leader is outside of the pid namespace has no number here, by which the fork server could return to it.
    match group(std::process::id())? {
        0 => {}
        callers => assert_eq!(group(another.id())?, callers),
    }
    Ok(())
}

fn session() -> Outcome {
    let container = system().start()?;
    let mut child = container.command("sleep").arg("1000").new_session(true).spawn()?;
    assert_eq!(session_of(child.id())?, child.id());
    assert_eq!(group(child.id())?, child.id());
    child.kill()?;
    // Without a controlling terminal.
    let output = container
        .command("sh")
        .args(["-c", "exec 3</dev/tty"])
        .new_session(true)
        .output()?;
    assert!(!output.status.success());
    assert_eq!(sh(&container, "echo still here")?, "still here");
    Ok(())
}
