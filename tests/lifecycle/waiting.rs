//! What a `Child` can tell, and do.

use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use furnace_core::{Child, Phase, Stdio};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::inside::{holds, status_field, system};

const LONG: Duration = Duration::from_secs(60);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("a_command_is_the_callers_child", &[Need::Root], callers_child),
        test("wait_gives_the_same_status_again", &[Need::Root], wait_twice),
        test("try_wait_does_not_wait", &[Need::Root], try_wait),
        test("wait_timeout_gives_up", &[Need::Root], wait_timeout),
        test("wait_timeout_takes_any_limit", &[Need::Root], any_limit),
        test("kill_kills", &[Need::Root], kill),
        test("kill_of_one_that_has_ended_is_no_error", &[Need::Root], kill_ended),
        test("signals_are_sent", &[Need::Root], signal),
        test("a_child_can_be_polled", &[Need::Root], polled),
        test("dropping_a_child_leaves_it_alone", &[Need::Root], dropped),
        test(
            "a_child_can_be_waited_for_in_another_thread",
            &[Need::Root],
            another_thread,
        ),
        test("wait_with_output_without_pipes", &[Need::Root], no_pipes),
        test(
            "a_shared_child_is_waited_for_and_signalled_at_once",
            &[Need::Root],
            shared,
        ),
    ]
}

fn callers_child() -> Outcome {
    let container = system().start()?;
    let mut child = container.command("sleep").arg("1000").spawn()?;
    assert_eq!(status_field(child.id(), "PPid")?, std::process::id().to_string());
    assert_eq!(status_field(child.id(), "Name")?, "sleep");
    child.kill()?;
    child.wait()?;
    Ok(())
}

fn wait_twice() -> Outcome {
    let container = system().start()?;
    let mut child = container.command("sh").args(["-c", "exit 5"]).spawn()?;
    for _ in 0..3 {
        assert_eq!(child.wait()?.code(), Some(5));
    }
    assert_eq!(child.try_wait()?.unwrap().code(), Some(5));
    assert_eq!(child.wait_timeout(Duration::ZERO)?.unwrap().code(), Some(5));
    Ok(())
}

fn try_wait() -> Outcome {
    let container = system().start()?;
    let mut child = container.command("cat").stdin(Stdio::piped()).spawn()?;
    assert_eq!(child.try_wait()?, None);
    drop(child.stdin.take());
    let deadline = Instant::now() + LONG;
    while child.try_wait()?.is_none() {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn wait_timeout() -> Outcome {
    let container = system().start()?;
    let mut child = container.command("sleep").arg("1000").spawn()?;
    let begun = Instant::now();
    assert_eq!(child.wait_timeout(Duration::from_millis(50))?, None);
    assert!(begun.elapsed() >= Duration::from_millis(50));
    child.kill()?;
    assert_eq!(child.wait_timeout(LONG)?.unwrap().signal(), Some(9));
    Ok(())
}

fn any_limit() -> Outcome {
    let container = system().start()?;
    for limit in [Duration::MAX, Duration::from_secs(u64::MAX / 2)] {
        let mut child = container.command("true").spawn()?;
        assert!(child.wait_timeout(limit)?.unwrap().success());
    }
    Ok(())
}

fn kill() -> Outcome {
    let container = system().start()?;
    let mut child = container
        .command("sh")
        .args(["-c", "trap '' TERM INT HUP; sleep 1000"])
        .spawn()?;
    child.kill()?;
    assert_eq!(child.wait()?.signal(), Some(9));
    Ok(())
}

fn kill_ended() -> Outcome {
    let container = system().start()?;
    let mut child = container.command("true").spawn()?;
    child.wait()?;
    child.kill()?;
    child.signal(15)?;
    assert!(child.wait()?.success());
    Ok(())
}

fn signal() -> Outcome {
    let container = system().start()?;
    let mut child = container.command("sleep").arg("1000").spawn()?;
    child.signal(15)?;
    assert_eq!(child.wait()?.signal(), Some(15));
    let child = container.command("true").spawn()?;
    let error = child.signal(4000).unwrap_err();
    assert_eq!(error.phase(), Phase::Wait);
    assert!(error.to_string().contains("4000"), "{error}");
    Ok(())
}

fn polled() -> Outcome {
    let container = system().start()?;
    let mut child = container.command("cat").stdin(Stdio::piped()).spawn()?;
    let is_readable = |child: &Child, tv_sec| {
        let limit = Timespec { tv_sec, tv_nsec: 0 };
        poll(&mut [PollFd::new(&child.as_fd(), PollFlags::IN)], Some(&limit))
    };
    assert_eq!(is_readable(&child, 0)?, 0);
    child.kill()?;
    assert_eq!(is_readable(&child, 60)?, 1);
    child.wait()?;
    Ok(())
}

fn dropped() -> Outcome {
    let container = system().start()?;
    let child = container
        .command("sh")
        .args(["-c", "sleep 0.1; echo > /tmp/done; exec sleep 1000"])
        .spawn()?;
    let id = child.id();
    drop(child);
    let deadline = Instant::now() + LONG;
    while !holds(&container, "test -e /tmp/done")? {
        assert!(Instant::now() < deadline);
    }
    assert!(["S (sleeping)", "R (running)"].contains(&status_field(id, "State")?.as_str()));
    Ok(())
}

fn another_thread() -> Outcome {
    let container = system().start()?;
    let mut child = container.command("sh").args(["-c", "exit 9"]).spawn()?;
    let status = std::thread::spawn(move || child.wait()).join().unwrap()?;
    assert_eq!(status.code(), Some(9));
    Ok(())
}

fn no_pipes() -> Outcome {
    let container = system().start()?;
    let output = container.command("true").spawn()?.wait_with_output()?;
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
    Ok(())
}

fn shared() -> Outcome {
    let container = system().start()?;
    let child = container.command("cat").stdin(Stdio::piped()).spawn()?;
    let mut other = child.share();
    assert_eq!(other.id(), child.id());
    // The pipe is the first one's: a wait of the second does not close it.
    assert!(other.stdin.is_none());
    let waiting = std::thread::spawn(move || other.wait());
    child.signal(15)?;
    assert_eq!(waiting.join().unwrap()?.signal(), Some(15));
    assert_eq!(child.share().try_wait()?.and_then(|status| status.signal()), Some(15));
    Ok(())
}
