//! Root inside looks at processes that Furnace puts there, before they have become what they are to be.

use std::process::Command;
use std::time::Duration;

use furnace_core::{Container, Stdio};
use furnace_tests::{Need, Outcome, Root, Scratch, compile_c, test};
use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};

use crate::attackers::{Attacker, builder, count, nothing_found, root_with, rounds, until_won, watcher};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("newborn_watcher", &[Need::Root], newborn_watcher),
        test("newborn_memory_write", &[Need::Root], newborn_memory_write),
        test("kcmp_shares_nothing", &[Need::Root], kcmp_shares_nothing),
    ]
}

const SECRET: &str = "a-secret-of-an-earlier-command";
const LONG_SECRET: &str = "a-long-secret-of-an-earlier-command";

fn prey(root: &[(&str, &str)]) -> (Root, Container) {
    let root = root_with(root);
    let container = builder(&root).start().unwrap();
    (root, container)
}

fn run_true(container: &Container) -> furnace_core::Result<std::process::ExitStatus> {
    let mut command = container.command("/bin/true");
    command
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status()
}

/// Commands that know something that none of those after them may.
fn run_with_secrets(container: &Container) {
    container
        .command("/bin/true")
        .env("SECRET", SECRET)
        .arg(SECRET)
        .status()
        .unwrap();
    let long = LONG_SECRET.repeat(1000);
    container.command("/bin/true").arg(long).status().unwrap();
}

/// Every second watch stops what it looks at, and so sees it before it has executed anything.
fn newborn_watcher() -> Outcome {
    let (root, container) = prey(&[("look", &watcher(include_str!("programs/look.c")))]);
    let host_path = root.path().to_str().unwrap().to_owned();
    let test_program = std::env::current_exe()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let mut newborn = 0;
    for stop in ["1", "0"] {
        run_with_secrets(&container);
        let look = Attacker::start(
            &container,
            "look",
            &[stop, SECRET, LONG_SECRET, &host_path, &test_program],
        );
        for round in 0..rounds(600) {
            let status = run_true(&container)?;
            assert!(status.success(), "round {round}: {status}");
        }
        let said = look.end();
        nothing_found(&said)?;
        newborn += count(&said, "newborn");
    }
    assert!(newborn > 0, "the watcher has not seen a single newborn");
    Ok(())
}

/// The memory of a newborn is its own: nothing that is written there reaches the caller, its fork server, or PID 1.
fn newborn_memory_write() -> Outcome {
    let (_root, container) = prey(&[("scribble", &watcher(include_str!("programs/scribble.c")))]);
    let sentinel = vec![0x5a_u8; 1 << 20];
    let scribble = Attacker::start(&container, "scribble", &[]);
    for _ in 0..rounds(200) {
        // It may crash, or report nonsense.
        let _ = run_true(&container);
    }
    let said = scribble.end();
    assert!(count(&said, "newborn") > 0, "{said}");
    assert!(sentinel.iter().all(|byte| *byte == 0x5a));
    for _ in 0..20 {
        assert!(run_true(&container)?.success());
    }
    container.stop()?;
    Ok(())
}

/// A newborn, PID 1, the fork server and the caller share neither memory nor descriptors nor directories.
fn kcmp_shares_nothing() -> Outcome {
    let scratch = Scratch::new();
    let kcmp = compile_c(scratch.path(), "kcmp", include_str!("programs/kcmp.c"));
    let root = root_with(&[("hold", &watcher(include_str!("programs/hold.c")))]);
    let before = children();
    let container = builder(&root).time_limit(Duration::from_secs(5)).start()?;
    let fork_server = children().into_iter().find(|child| !before.contains(child)).unwrap();
    let hold = Attacker::start(&container, "hold", &["stop"]);
    let known = children();
    let mut compared = String::new();
    until_won(|| {
        std::thread::scope(|scope| {
            let held = scope.spawn(|| run_true(&container));
            let newborn = loop {
                match children()
                    .into_iter()
                    .find(|child| !known.contains(child) && is_stopped(*child))
                {
                    Some(newborn) => break newborn,
                    None if held.is_finished() => return false,
                    None => std::thread::sleep(Duration::from_millis(1)),
                }
            };
            let was_newborn = is_newborn(newborn);
            if was_newborn {
                let processes = [std::process::id(), fork_server, container.id(), newborn];
                let output = Command::new(&kcmp)
                    .args(processes.map(|pid| pid.to_string()))
                    .output()
                    .unwrap();
                compared = String::from_utf8(output.stdout).unwrap();
            }
            kill_process(Pid::from_raw(newborn.try_into().unwrap()).unwrap(), Signal::CONT).unwrap();
            assert!(held.join().unwrap().unwrap().success());
            was_newborn
        })
    })?;
    assert_eq!(compared, "compared\n");
    hold.end();
    Ok(())
}

/// The children of this process, whichever thread made them.
fn children() -> Vec<u32> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let lists = tasks.flat_map(|task| std::fs::read_to_string(task.path().join("children")));
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .map(|pid| pid.parse().unwrap())
                .collect::<Vec<u32>>()
        })
        .collect()
}

fn is_newborn(pid: u32) -> bool {
    std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.to_string_lossy().contains("furnace-init"))
}

fn is_stopped(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") T "))
}
