//! Signals sent to `furnace`, and what is left when it is killed.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use furnace_tests::{Need, Orphans, Outcome, Root, test};
use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};

use crate::running::Running;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        test("a_signal_is_passed_on_each_time_it_comes", &[Need::Root], each_time),
        test(
            "a_signal_to_the_process_group_reaches_the_command_once",
            &[Need::Root],
            once,
        ),
        test(
            "a_signal_during_the_start_reaches_the_command",
            &[Need::Root],
            during_the_start,
        ),
        test("many_signals_during_the_start_do_no_harm", &[Need::Root], storm),
        test("an_ignored_signal_stays_ignored", &[Need::Root], ignored),
        test(
            "the_command_begins_with_the_signals_of_furnace",
            &[Need::Root],
            dispositions,
        ),
        test("furnace_killed_leaves_nothing", &[Need::Root], killed),
        test("fork_server_killed_leaves_nothing", &[Need::Root], fork_server_killed),
    ];
    for (name, signal) in PASSED_ON {
        let reaches = format!("SIG{name}_reaches_the_command");
        trials.push(test(&reaches, &[Need::Root], move || reaches_the_command(name, signal)));
        let ends = format!("SIG{name}_ends_a_command_that_does_not_mind");
        trials.push(test(&ends, &[Need::Root], move || ends_the_command(signal)));
    }
    trials
}

const PASSED_ON: [(&str, Signal); 4] = [
    ("INT", Signal::INT),
    ("TERM", Signal::TERM),
    ("HUP", Signal::HUP),
    ("QUIT", Signal::QUIT),
];

/// Says that it is ready, and does nothing else. What it leaves running would hold the test up.
const SLEEP: &str = "sleep 1000 & echo ready; exec sleep 1000";

/// A shell only minds its traps while it waits for nothing in the foreground.
fn trapping(traps: &str) -> String {
    format!("{traps}; sleep 1000 & echo ready; while :; do wait; done")
}

fn reaches_the_command(name: &str, signal: Signal) -> Outcome {
    let root = Root::small();
    let furnace = Running::shell(root.path(), &trapping(&format!("trap 'echo {name}; exit 9' {name}")));
    furnace.signal(signal);
    furnace.end().check(9, &format!("{name}\n"))
}

fn ends_the_command(signal: Signal) -> Outcome {
    let root = Root::small();
    let furnace = Running::shell(root.path(), &format!("ulimit -c 0; {SLEEP}"));
    furnace.signal(signal);
    furnace.end().check(128 + signal.as_raw(), "")
}

fn each_time() -> Outcome {
    let root = Root::small();
    let mut furnace = Running::shell(root.path(), &trapping("trap 'echo HUP' HUP; trap 'exit 4' TERM"));
    for _ in 0..3 {
        furnace.signal(Signal::HUP);
        furnace.expect("HUP");
    }
    furnace.signal(Signal::TERM);
    furnace.end().check(4, "")
}

/// What Ctrl-C does.
fn once() -> Outcome {
    let root = Root::small();
    let traps = "trap 'echo HUP' HUP; trap 'echo INT' INT; trap 'exit 4' TERM";
    let mut furnace = Running::shell(root.path(), &trapping(traps));
    let children = furnace.children();
    let (command, _) = children.iter().find(|(_, name)| name != "furnace-init").unwrap();
    // While it can't pass anything on, what reaches the command has come by itself.
    furnace.signal(Signal::STOP);
    furnace.signal_group(Signal::INT);
    kill_process(*command, Signal::HUP).unwrap();
    furnace.expect("HUP");
    furnace.signal(Signal::CONT);
    furnace.expect("INT");
    furnace.signal(Signal::TERM);
    furnace.end().check(4, "")
}

fn during_the_start() -> Outcome {
    let root = Root::small();
    // What it tells of the steps is more than this pipe holds: it can't go on before somebody reads.
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    rustix::pipe::fcntl_setpipe_size(&writer, 4096).unwrap();
    let mut command = typed!["run", "-v", "--bind", "/etc:/m", root.path(), "sleep", "30"].into_command();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(writer)
        .spawn()
        .unwrap();
    drop(command);
    let mut stderr = std::fs::File::from(reader);
    let mut first = [0; 1];
    stderr.read_exact(&mut first).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15), "{told}");
    assert!(told.len() > 4096, "{told}");
    Ok(())
}

fn storm() -> Outcome {
    let root = Root::small();
    for _ in 0..10 {
        let mut command = typed!["run", "-v", root.path(), "sleep", "30"].into_command();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        // The first step is told after the handlers are in place.
        stderr.read_exact(&mut [0]).unwrap();
        while child.try_wait().unwrap().is_none() {
            kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        }
        let mut told = String::new();
        stderr.read_to_string(&mut told).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(128 + 2), "{told}");
    }
    Ok(())
}

fn ignored() -> Outcome {
    let root = Root::small();
    let mut furnace =
        Running::start(typed!["run", root.path(), "sh", "-c", SLEEP].by_shell("trap '' HUP INT QUIT; exec \"$@\""));
    furnace.expect("ready");
    furnace.signal(Signal::HUP);
    furnace.signal(Signal::INT);
    furnace.signal(Signal::QUIT);
    furnace.signal(Signal::TERM);
    furnace.end().check(128 + 15, "")?;

    let mut furnace =
        Running::start(typed!["run", root.path(), "sh", "-c", SLEEP].by_shell("trap '' TERM; exec \"$@\""));
    furnace.expect("ready");
    furnace.signal(Signal::TERM);
    furnace.signal(Signal::INT);
    furnace.end().check(128 + 2, "")
}

fn dispositions() -> Outcome {
    const SIGPIPE: u64 = 1 << (13 - 1);
    // The two that glibc keeps for itself, and leaves ignored in what posix_spawn(3) starts.
    const OF_GLIBC: u64 = 0b11 << (32 - 1);
    let root = Root::small();
    let own = std::fs::read_to_string("/proc/self/status").unwrap();
    let output = typed!["run", root.path(), "cat", "/proc/self/status"].output();
    let status = String::from_utf8(output.stdout).unwrap();
    assert_eq!(signal_set(&status, "SigBlk"), 0, "{status}");
    // What this test was started with goes through; SIGPIPE it ignores itself, as all Rust programs do.
    let (begun_with, own) = (signal_set(&status, "SigIgn"), signal_set(&own, "SigIgn"));
    assert_eq!(begun_with & !OF_GLIBC, own & !OF_GLIBC & !SIGPIPE, "{status}");
    Ok(())
}

fn signal_set(status: &str, name: &str) -> u64 {
    let set = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"));
    u64::from_str_radix(set.unwrap(), 16).unwrap()
}

fn killed() -> Outcome {
    let root = Root::small();
    let orphans = Orphans::adopt();
    let furnace = Running::shell(root.path(), SLEEP);
    furnace.signal(Signal::KILL);
    let end = furnace.end();
    let reaped = orphans.reap_all();

    assert_eq!(end.status.signal(), Some(9));
    assert_eq!((end.stdout.as_str(), end.stderr.as_str()), ("", ""));
    // The fork server and the command; what else there was inside was PID 1's to reap.
    assert_eq!(reaped, 2);
    Ok(())
}

fn fork_server_killed() -> Outcome {
    let root = Root::small();
    let furnace = Running::shell(root.path(), SLEEP);
    let children = furnace.children();
    let (server, _) = children.iter().find(|(_, name)| name == "furnace-init").unwrap();
    kill_process(*server, Signal::KILL).unwrap();
    furnace.end().check(128 + 9, "")
}
