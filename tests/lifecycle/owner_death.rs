//! The end of a container, when its owner ends in any other way.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio as StdStdio};
use std::time::Duration;

use furnace_core::{Container, Stdio};
use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::{Failed, Trial};
use rustix::process::{Pid, Signal, kill_process};

use crate::inside::system;
use crate::marks::Mark;
use crate::parts;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("nothing_outlives_an_owner_that_is_killed", &[Need::Root], || {
            killed("keep")
        }),
        test(
            "nothing_outlives_an_owner_whose_thread_had_started_it",
            &[Need::Root],
            || killed("thread"),
        ),
        test("nothing_outlives_an_owner_that_exits", &[Need::Root], || {
            ends_by_itself("exit")
        }),
        test("nothing_outlives_an_owner_that_aborts", &[Need::Root], || {
            ends_by_itself("abort")
        }),
        test("nothing_outlives_an_owner_that_forgets", &[Need::Root], || {
            ends_by_itself("forget")
        }),
        test("nothing_outlives_an_owner_that_panics", &[Need::Root], panics),
        test(
            "nothing_outlives_an_owner_while_all_inside_is_stopped",
            &[Need::Root],
            while_stopped,
        ),
        test(
            "nothing_outlives_an_owner_that_is_killed_in_a_start",
            &[Need::Root],
            killed_in_a_start,
        ),
        test(
            "nothing_outlives_an_owner_that_is_killed_at_any_moment",
            &[Need::Root],
            killed_at_any_moment,
        ),
    ]
}

/// Starts a part, and waits until it says a line.
pub(crate) fn begin(part: &mut std::process::Command) -> Result<(Child, String), Failed> {
    let mut owner = part
        .stdin(StdStdio::piped())
        .stdout(StdStdio::piped())
        .stderr(StdStdio::null())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(owner.stdout.take().unwrap()).read_line(&mut line)?;
    Ok((owner, line.trim_end().to_owned()))
}

fn crowd(container: &Container) -> Outcome {
    let script = "sleep 1000 & (setsid sleep 1000 &); trap '' TERM HUP INT; echo; wait; sleep 1000";
    let mut child = container
        .command("sh")
        .args(["-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new())?;
    Ok(())
}

/// Starts a container and runs things in it; ends as it is told.
pub(crate) fn idler() -> Outcome {
    let end = parts::argument(1);
    let start = || system().start();
    let container = if end == "thread" {
        std::thread::spawn(start).join().unwrap()
    } else {
        start()
    }?;
    crowd(&container)?;
    parts::say(&container.id().to_string())?;
    parts::wait_for_the_test()?;
    match end.as_str() {
        "exit" => std::process::exit(0),
        "abort" => std::process::abort(),
        _ => std::mem::forget(container),
    }
    Ok(())
}

fn killed(how: &str) -> Outcome {
    let mark = Mark::new();
    let (mut owner, _) = begin(mark.part("idler").arg(how))?;
    mark.is_borne_by(4)?;
    owner.kill()?;
    owner.wait()?;
    mark.is_gone()
}

fn ends_by_itself(how: &str) -> Outcome {
    let mark = Mark::new();
    let (mut owner, _) = begin(mark.part("idler").arg(how))?;
    mark.is_borne_by(4)?;
    drop(owner.stdin.take());
    owner.wait()?;
    mark.is_gone()
}

pub(crate) fn panicker() -> Outcome {
    let container = system().start()?;
    crowd(&container)?;
    parts::say("ready")?;
    parts::wait_for_the_test()?;
    panic!("as a program does that has a fault");
}

fn panics() -> Outcome {
    let mark = Mark::new();
    let (mut owner, _) = begin(&mut mark.part("panicker"))?;
    drop(owner.stdin.take());
    assert_eq!(owner.wait()?.code(), Some(101));
    mark.is_gone()
}

fn while_stopped() -> Outcome {
    let mark = Mark::new();
    let (mut owner, pid1) = begin(mark.part("idler").arg("keep"))?;
    let of_owner = owner.id();
    let inside = mark
        .bearers()
        .into_iter()
        .filter(|pid| *pid != of_owner)
        .chain([pid1.parse()?]);
    for pid in inside {
        kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::STOP)?;
    }
    owner.kill()?;
    owner.wait()?;
    mark.is_gone()
}

/// Starts a container in the root that it is given; says when.
pub(crate) fn starter() -> Outcome {
    parts::say("ready")?;
    let _container = Container::builder(parts::argument(1)).start()?;
    parts::say("it has started")
}

fn killed_in_a_start() -> Outcome {
    let root = Root::small();
    let path = root.join("usr/bin/systemd-tmpfiles");
    std::fs::create_dir_all(path.parent().unwrap())?;
    std::fs::write(
        &path,
        "#!/bin/sh\ntrap '' TERM INT HUP\necho > /root/runs\nwhile :; do sleep 1000; done\n",
    )?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    let mark = Mark::new();
    let (mut owner, _) = begin(mark.part("starter").arg(root.path()))?;
    while !root.join("root/runs").exists() {
        assert_eq!(owner.try_wait()?, None);
        std::thread::sleep(Duration::from_millis(1));
    }
    owner.kill()?;
    owner.wait()?;
    mark.is_gone()
}

/// Starts, runs and stops without end.
pub(crate) fn churner() -> Outcome {
    let mut builder = system();
    loop {
        let container = builder.start()?;
        let mut child = container.command("sleep").arg("1000").spawn()?;
        container.command("sh").args(["-c", "sleep 1000 & true"]).status()?;
        container.stop()?;
        child.wait()?;
        drop(container);
        builder.isolate_network(true);
    }
}

fn killed_at_any_moment() -> Outcome {
    // Any sequence will do, as long as a failure can be had again.
    let mut random: u32 = 12345;
    for _ in 0..100 {
        random = random.wrapping_mul(1_103_515_245).wrapping_add(12345);
        let delay = Duration::from_micros(u64::from(random >> 16) % 40_000);
        let mark = Mark::new();
        let mut owner = mark
            .part("churner")
            .stdin(StdStdio::null())
            .stdout(StdStdio::null())
            .spawn()?;
        std::thread::sleep(delay);
        assert_eq!(owner.try_wait()?, None);
        owner.kill()?;
        owner.wait()?;
        mark.is_gone()?;
    }
    Ok(())
}
