//! Programs of all kinds that use Furnace.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::Stdio as StdStdio;
use std::time::{Duration, Instant};

use furnace_core::mount::Tmpfs;
use furnace_core::{Child, Container, ErrorKind, Phase, Stdio};
use furnace_tests::{Leftovers, Need, Outcome, Root, test};
use libtest_mimic::{Failed, Trial};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitOptions, getrlimit, kill_process, setrlimit};

use crate::inside::{sh, status_field, system, whole};
use crate::marks::Mark;
use crate::parts;

pub(crate) fn trials() -> Vec<Trial> {
    let limit = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let mut trials = vec![
        test("works_where_sigchld_is_ignored", &[Need::Root], sigchld_ignored),
        test(
            "works_where_a_thread_reaps_everything",
            &[Need::Root],
            thread_reaps_everything,
        ),
        test(
            "forked_copies_neither_use_it_nor_keep_it_alive",
            &[Need::Root],
            forked_copies,
        ),
    ];
    if limit > MANY + 1000 {
        trials.push(test(
            "works_with_10000_open_descriptors",
            &[Need::Root],
            many_descriptors,
        ));
    }
    trials
}

fn succeeds(mut part: std::process::Command) -> Outcome {
    let output = part.stdin(StdStdio::null()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(())
}

/// Whether the kernel keeps the status of one that somebody else has reaped.
fn keeps_status() -> bool {
    Need::Kernel(6, 15).missing().is_none()
}

/// That a child ended with `code`, where that can be known.
fn ended_with(code: i32, child: &mut Child) -> furnace_core::Result<()> {
    match child.wait() {
        Ok(status) => assert_eq!(status.code(), Some(code)),
        Err(error) if error.kind() == ErrorKind::StatusLost && !keeps_status() => {
            assert_eq!(error.phase(), Phase::Wait);
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// All that one does with a container.
fn use_one() -> Outcome {
    try_to_use_one().map_err(|error| whole(&error).into())
}

fn try_to_use_one() -> furnace_core::Result<()> {
    let container = system().start()?;
    for code in [0, 7] {
        ended_with(
            code,
            &mut container.command("sh").args(["-c", &format!("exit {code}")]).spawn()?,
        )?;
    }
    container.mount(Tmpfs::new("/tmp/there"))?;
    container.unmount("/tmp/there")?;
    let child = container.command("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
    if keeps_status() {
        assert_eq!(child.wait_with_output()?.stdout, b"hello\n");
    }
    let error = container.command("/not/there").spawn().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{}", whole(&error));
    let mut killed = container.command("sleep").arg("1000").spawn()?;
    drop(container.command("sleep").arg("1000").spawn()?);
    container.stop()?;
    if keeps_status() {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(killed.wait()?.signal(), Some(9));
    }
    let failed = system().bind("/etc/passwd", "/etc").start().unwrap_err();
    assert_eq!(failed.phase(), Phase::Start);
    Ok(())
}

fn sigchld_ignored() -> Outcome {
    let part = parts::command("user");
    let mut command = std::process::Command::new("env");
    command.arg("--ignore-signal=CHLD").arg(part.get_program());
    command.envs(part.get_envs().filter_map(|(name, value)| Some((name, value?))));
    succeeds(command)
}

/// Ignores SIGCHLD, as whoever started it had it.
pub(crate) fn user() -> Outcome {
    let ignored = u64::from_str_radix(&status_field(std::process::id(), "SigIgn")?, 16)?;
    assert_ne!(ignored & (1 << 16), 0, "SIGCHLD is not ignored");
    let before = Leftovers::now();
    for _ in 0..10 {
        use_one()?;
    }
    Ok(before.compare()?)
}

fn thread_reaps_everything() -> Outcome {
    succeeds(parts::command("reaper"))
}

/// Reaps whatever it can, in a thread of its own.
pub(crate) fn reaper() -> Outcome {
    std::thread::spawn(|| {
        loop {
            if rustix::process::wait(WaitOptions::empty()).is_err() {
                std::thread::sleep(Duration::from_micros(100));
            }
        }
    });
    let before = Leftovers::now();
    for _ in 0..20 {
        use_one()?;
    }
    Ok(before.compare()?)
}

const MANY: u64 = 10_000;

fn many_descriptors() -> Outcome {
    succeeds(parts::command("holder"))
}

/// Holds many descriptors, half of which an exec would not close.
pub(crate) fn holder() -> Outcome {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(MANY + 500),
            ..limit
        },
    )?;
    let mut held = Vec::new();
    for number in 0..MANY {
        let file = File::open("/dev/null")?;
        if number % 2 == 0 {
            fcntl_setfd(&file, FdFlags::empty())?;
        }
        held.push(file);
    }
    let before = Leftovers::now();
    for _ in 0..3 {
        use_one()?;
    }
    let container = system().start()?;
    assert_eq!(sh(&container, "echo /proc/self/fd/*")?.split(' ').count(), 4);
    assert_eq!(sh(&container, "ls /proc/1/fd")?, "0");
    drop(container);
    Ok(before.compare()?)
}

/// Whether a process has ended, be it reaped or not.
fn has_ended(pid: u32) -> bool {
    status_field(pid, "State").map_or(true, |state| state.starts_with(['Z', 'X']))
}

/// Kills an owner that is outlived by copies of itself; its container does not outlive it.
fn forked_copies() -> Outcome {
    let mark = Mark::new();
    let mut owner = mark
        .part("forker")
        .stdin(StdStdio::piped())
        .stdout(StdStdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(owner.stdout.take().unwrap()).read_line(&mut line)?;
    let inside: BTreeSet<u32> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    assert!(
        inside.len() >= 3 && inside.iter().all(|pid| !has_ended(*pid)),
        "it said {line:?}"
    );

    owner.kill()?;
    owner.wait()?;
    let copies: Vec<u32> = mark.bearers().into_iter().filter(|pid| !inside.contains(pid)).collect();
    let deadline = Instant::now() + Duration::from_secs(10);
    let outlives = loop {
        let left: Vec<_> = inside.iter().filter(|pid| !has_ended(**pid)).collect();
        if left.is_empty() || Instant::now() > deadline {
            break format!("{left:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let copies_live = copies.iter().all(|pid| !has_ended(*pid));
    for pid in &copies {
        let _ = kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL);
    }
    assert_eq!(outlives, "[]");
    assert!(
        !copies.is_empty() && copies_live,
        "there was no copy to outlive it: {copies:?}"
    );
    mark.is_gone()
}

/// Starts a container with a command in it; says the pids of both, and of the fork server.
fn start_and_say() -> Result<(Container, Child, String), Failed> {
    let container = system().start()?;
    let child = container.command("sleep").arg("1000").spawn()?;
    let server = crate::inside::fork_server(&container)?;
    let said = format!("{} {} {server}", container.id(), child.id());
    Ok((container, child, said))
}

#[allow(unsafe_code, reason = "std has no fork without an exec")]
// SAFETY: the signature is that of fork(2). It may be called by a program of one thread, as the parts are: then no lock
// is held by a thread that the copy lacks.
unsafe extern "C" {
    pub(crate) safe fn fork() -> i32;
}

/// Has copies of itself: one that just lives on, one that tries to use what it has, and to drop it.
pub(crate) fn forker() -> Outcome {
    let (container, mut child, said) = start_and_say()?;
    // Its answer is still to come, on a socket that the copies share.
    let root = Root::small();
    let ahead = Container::builder(&root).terminals(false).start_ahead()?;
    if fork() == 0 {
        std::thread::sleep(Duration::from_secs(1000));
        std::process::exit(0);
    }
    if fork() == 0 {
        let spawned = container.command("true").spawn().map(drop).unwrap_err();
        let stopped = container.stop().unwrap_err();
        let spawned_ahead = ahead.command("true").spawn().map(drop).unwrap_err();
        let errors = [spawned, stopped, spawned_ahead];
        let refused = ahead.id() == 0 && errors.iter().all(|error| error.kind() == ErrorKind::InvalidInput);
        drop((container, ahead));
        fs::write(
            format!("/proc/self/{}", if refused { "comm" } else { "none" }),
            "refused",
        )?;
        std::thread::sleep(Duration::from_secs(1000));
        std::process::exit(0);
    }
    // Until the copy has tried.
    let refused = || {
        let children = fs::read_to_string(format!("/proc/self/task/{}/children", std::process::id()))?;
        let mut names = children
            .split_whitespace()
            .map(|pid| fs::read_to_string(format!("/proc/{pid}/comm")));
        Ok::<_, Failed>(names.any(|name| name.is_ok_and(|name| name.trim_end() == "refused")))
    };
    let deadline = Instant::now() + Duration::from_secs(20);
    while !refused()? {
        assert!(Instant::now() < deadline, "the copy could use the container");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(sh(&container, "echo alive")?, "alive");
    assert_eq!(sh(&ahead, "echo alive")?, "alive");
    ahead.stop()?;
    drop(root);
    assert_eq!(child.try_wait()?, None);
    parts::say(&said)?;
    parts::wait_for_the_test()
}
