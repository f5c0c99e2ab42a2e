//! The end of a container, when its owner wants it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::{Duration, Instant};

use furnace_core::{Child, Container, ErrorKind, Phase, Stdio};
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::{Failed, Trial};

use crate::inside::{sh, system};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("stop_kills_everything_inside", &[Need::Root], kills_everything),
        test(
            "stop_kills_what_is_stopped_or_ignores_signals",
            &[Need::Root],
            kills_the_stubborn,
        ),
        test("drop_kills_everything_inside", &[Need::Root], drop_kills),
        test("a_panic_kills_everything_inside", &[Need::Root], panic_kills),
        test(
            "stop_does_not_wait_for_children_nobody_waited_for",
            &[Need::Root],
            unwaited_children,
        ),
        test("the_status_can_be_had_after_the_stop", &[Need::Root], status_after_stop),
        test("the_status_can_be_had_after_the_drop", &[Need::Root], status_after_drop),
        test("dropped_children_do_not_delay_a_stop", &[Need::Root], dropped_children),
        test("stop_twice", &[Need::Root], twice),
        test("spawn_after_stop", &[Need::Root], spawn_after_stop),
        test("spawn_after_drop", &[Need::Root], spawn_after_drop),
        test("stop_while_another_thread_waits", &[Need::Root], another_thread_waits),
        test("start_again_from_the_same_builder", &[Need::Root], start_again),
        test("start_again_after_a_change", &[Need::Root], start_again_changed),
        test(
            "start_again_with_a_clone_of_the_builder",
            &[Need::Root],
            start_again_cloned,
        ),
    ]
}

/// Whether a process of the host's is there; a zombie is.
fn exists(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// Waits until a command has said a line: it runs, and has done what comes before.
fn until_it_says(child: &mut Child) -> Result<String, Failed> {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// Two that have left their parent, one that is its child, one in another session; the pids of all on the host.
fn crowd(container: &Container) -> Result<Vec<u32>, Failed> {
    let script = "sleep 1000 & (sleep 1000 &) ; (setsid sleep 1000 &); echo ready; wait";
    let mut child = container
        .command("sh")
        .args(["-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    assert_eq!(until_it_says(&mut child)?, "ready");
    drop(child);
    in_pid_namespace_of(container.id())
}

/// The processes of the namespace that `pid` is in.
fn in_pid_namespace_of(pid: u32) -> Result<Vec<u32>, Failed> {
    let namespace = |pid: u32| std::fs::read_link(format!("/proc/{pid}/ns/pid"));
    let wanted = namespace(pid)?;
    let all = std::fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(all
        .filter(|pid| namespace(*pid).is_ok_and(|namespace| namespace == wanted))
        .collect())
}

fn all_gone(pids: &[u32]) {
    let left: Vec<_> = pids.iter().filter(|pid| exists(**pid)).collect();
    assert!(left.is_empty(), "{left:?}");
}

fn kills_everything() -> Outcome {
    let container = system().start()?;
    let crowd = crowd(&container)?;
    assert!(crowd.len() >= 5, "{crowd:?}");
    container.stop()?;
    all_gone(&crowd);
    Ok(())
}

fn kills_the_stubborn() -> Outcome {
    let container = system().start()?;
    let script = "trap '' TERM INT HUP QUIT; sleep 1000 & kill -STOP $!; echo ready; kill -STOP $$";
    let mut child = container
        .command("sh")
        .args(["-c", script])
        .stdout(Stdio::piped())
        .spawn()?;
    assert_eq!(until_it_says(&mut child)?, "ready");
    let crowd = in_pid_namespace_of(container.id())?;
    container.stop()?;
    all_gone(&crowd);
    Ok(())
}

fn drop_kills() -> Outcome {
    let container = system().start()?;
    let crowd = crowd(&container)?;
    drop(container);
    all_gone(&crowd);
    Ok(())
}

fn panic_kills() -> Outcome {
    let container = system().start()?;
    let crowd = crowd(&container)?;
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _container = container;
        std::panic::resume_unwind(Box::new("as a panic does"));
    }));
    assert!(panicked.is_err());
    all_gone(&crowd);
    Ok(())
}

fn unwaited_children() -> Outcome {
    let container = system().start()?;
    let mut children = Vec::new();
    for _ in 0..20 {
        children.push(container.command("sleep").arg("1000").spawn()?);
        children.push(container.command("true").spawn()?);
    }
    let begun = Instant::now();
    container.stop()?;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    // All have been reaped: the guard of the test sees it too.
    children.iter().for_each(|child| assert!(!exists(child.id())));
    Ok(())
}

fn status_after_stop() -> Outcome {
    let container = system().start()?;
    let mut killed = container.command("sleep").arg("1000").spawn()?;
    let mut ended = container
        .command("sh")
        .args(["-c", "echo; exit 6"])
        .stdout(Stdio::piped())
        .spawn()?;
    until_it_says(&mut ended)?;
    // It says its line before it ends.
    std::thread::sleep(Duration::from_millis(200));
    container.stop()?;
    assert_eq!(killed.try_wait()?.unwrap().signal(), Some(9));
    assert_eq!(killed.wait()?.signal(), Some(9));
    assert_eq!(ended.wait()?.code(), Some(6));
    assert_eq!(ended.wait_with_output()?.status.code(), Some(6));
    killed.kill()?;
    Ok(())
}

fn status_after_drop() -> Outcome {
    let container = system().start()?;
    let mut child = container.command("sleep").arg("1000").spawn()?;
    drop(container);
    assert_eq!(child.wait()?.signal(), Some(9));
    Ok(())
}

fn dropped_children() -> Outcome {
    let container = system().start()?;
    for _ in 0..10 {
        drop(container.command("sleep").arg("1000").spawn()?);
        drop(container.command("true").spawn()?);
    }
    container.stop()?;
    Ok(())
}

fn twice() -> Outcome {
    let container = system().start()?;
    container.stop()?;
    container.stop()?;
    Ok(())
}

fn spawn_after_stop() -> Outcome {
    let container = system().start()?;
    let mut earlier = container.command("true");
    container.stop()?;
    for command in [&mut earlier, &mut container.command("true")] {
        let error = command.spawn().unwrap_err();
        assert_eq!((error.kind(), error.phase()), (ErrorKind::Ended, Phase::Spawn));
        assert_eq!(error.to_string(), "cannot run true");
        assert!(error.remedy().is_some());
    }
    Ok(())
}

fn spawn_after_drop() -> Outcome {
    let container = system().start()?;
    let mut command = container.command("true");
    drop(container);
    assert_eq!(command.spawn().unwrap_err().kind(), ErrorKind::Ended);
    Ok(())
}

fn another_thread_waits() -> Outcome {
    let container = system().start()?;
    std::thread::scope(|scope| {
        let mut child = container.command("sleep").arg("1000").spawn()?;
        let waiter = scope.spawn(move || child.wait());
        std::thread::sleep(Duration::from_millis(50));
        container.stop()?;
        assert_eq!(waiter.join().unwrap()?.signal(), Some(9));
        Ok(())
    })
}

fn start_again() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    std::fs::write(source.join("file"), "")?;
    let mut builder = Container::builder(&root);
    builder.bind_ro(source.path(), "/tmp").hostname("again");
    for _ in 0..50 {
        let container = builder.start()?;
        assert_eq!(sh(&container, "ls /tmp; cat /proc/sys/kernel/hostname")?, "file\nagain");
    }
    let containers: Vec<_> = (0..10).map(|_| builder.start()).collect::<Result<_, _>>()?;
    for container in &containers {
        assert_eq!(sh(container, "ls /tmp")?, "file");
    }
    Ok(())
}

fn start_again_changed() -> Outcome {
    let mut builder = system();
    let one = builder.start()?;
    let other = builder.hostname("changed").start()?;
    let name = "cat /proc/sys/kernel/hostname";
    assert_eq!(
        (sh(&one, name)?.as_str(), sh(&other, name)?.as_str()),
        ("localhost", "changed")
    );
    Ok(())
}

fn start_again_cloned() -> Outcome {
    let builder = system();
    let one = builder.start()?;
    let mut copy = builder.clone();
    drop(builder);
    let (same, other) = (copy.start()?, copy.hostname("changed").start()?);
    let name = "cat /proc/sys/kernel/hostname";
    for (container, expected) in [(&one, "localhost"), (&same, "localhost"), (&other, "changed")] {
        assert_eq!(sh(container, name)?, expected);
    }
    Ok(())
}
