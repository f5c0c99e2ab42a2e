//! Many threads, and newcomers that something inside holds up.

use std::time::{Duration, Instant};

use furnace_core::{Builder, Child, Command, Container, Error, ErrorKind, Phase, Stdio};
use furnace_tests::{Need, Outcome, Root, compile_c, test};
use libtest_mimic::{Failed, Trial};

use crate::inside::{sh, system};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("what_is_public_can_go_to_other_threads", &[], send_and_sync),
        test(
            "a_container_outlives_the_thread_that_started_it",
            &[Need::Root],
            outlives_its_thread,
        ),
        test("commands_from_eight_threads", &[Need::Root], eight_threads),
        test("sixteen_starts_of_one_root_at_once", &[Need::Root], sixteen_starts),
        test("containers_come_and_go_in_eight_threads", &[Need::Root], come_and_go),
        test("stop_while_eight_threads_spawn", &[Need::Root], stop_while_spawning),
        test("stop_from_many_threads_at_once", &[Need::Root], many_stops),
        test("a_spawn_that_is_held_up_fails_in_time", &[Need::Root], held_up),
        test(
            "a_spawn_that_is_held_up_holds_up_no_other",
            &[Need::Root],
            holds_up_no_other,
        ),
        test("stop_while_a_spawn_is_held_up", &[Need::Root], stop_while_held_up),
    ]
}

fn send_and_sync() -> Outcome {
    fn both<T: Send + Sync>() {}
    both::<Container>();
    both::<Builder>();
    both::<Command>();
    both::<Child>();
    both::<Stdio>();
    both::<Error>();
    Ok(())
}

fn outlives_its_thread() -> Outcome {
    let container = std::thread::spawn(|| system().start()).join().unwrap()?;
    // Death signals come when the thread has gone altogether, a little later than its join.
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(sh(&container, "echo alive")?, "alive");
    let mut child = std::thread::scope(|scope| {
        scope
            .spawn(|| container.command("cat").stdin(Stdio::piped()).spawn())
            .join()
            .unwrap()
    })?;
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(child.try_wait()?, None);
    child.kill()?;
    Ok(())
}

fn eight_threads() -> Outcome {
    let container = system().start()?;
    std::thread::scope(|scope| {
        let spawners: Vec<_> = (0..8)
            .map(|thread| {
                let container = &container;
                scope.spawn(move || -> Outcome {
                    for round in 0..25 {
                        let word = format!("{thread} {round}");
                        let output = container.command("echo").arg(&word).env("THREAD", &word).output()?;
                        assert_eq!(output.stdout, format!("{word}\n").as_bytes());
                    }
                    Ok(())
                })
            })
            .collect();
        spawners.into_iter().try_for_each(|spawner| spawner.join().unwrap())
    })
}

fn sixteen_starts() -> Outcome {
    // Bare of every mount target, so that all make them at once.
    let root = Root::small();
    for directory in ["dev", "proc", "sys", "run"] {
        std::fs::remove_dir(root.join(directory))?;
    }
    let source = Root::bare();
    let containers: Vec<Container> = std::thread::scope(|scope| {
        let starters: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| Container::builder(&root).bind(&source, "/a/b/c").start()))
            .collect();
        starters
            .into_iter()
            .map(|starter| starter.join().unwrap())
            .collect::<Result<_, _>>()
    })?;
    for container in &containers {
        assert_eq!(sh(container, "ls -d /a/b/c/etc")?, "/a/b/c/etc");
    }
    Ok(())
}

fn come_and_go() -> Outcome {
    std::thread::scope(|scope| {
        let users: Vec<_> = (0..8)
            .map(|thread| {
                scope.spawn(move || -> Outcome {
                    for round in 0..10 {
                        let container = system().hostname(format!("h-{thread}-{round}")).start()?;
                        assert_eq!(
                            sh(&container, "cat /proc/sys/kernel/hostname")?,
                            format!("h-{thread}-{round}")
                        );
                        container.stop()?;
                    }
                    Ok(())
                })
            })
            .collect();
        users.into_iter().try_for_each(|user| user.join().unwrap())
    })
}

fn stop_while_spawning() -> Outcome {
    for delay in [0, 1, 3, 10, 30] {
        let container = system().start()?;
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let error = loop {
                        match container.command("true").spawn() {
                            Ok(child) => drop(child),
                            Err(error) => break error,
                        }
                    };
                    assert_eq!(
                        (error.kind(), error.phase()),
                        (ErrorKind::Ended, Phase::Spawn),
                        "{error:?}"
                    );
                });
            }
            std::thread::sleep(Duration::from_millis(delay));
            container.stop()
        })?;
    }
    Ok(())
}

fn many_stops() -> Outcome {
    let container = system().start()?;
    let _child = container.command("sleep").arg("1000").spawn()?;
    std::thread::scope(|scope| {
        let stoppers: Vec<_> = (0..8).map(|_| scope.spawn(|| container.stop())).collect();
        stoppers.into_iter().try_for_each(|stopper| stopper.join().unwrap())
    })?;
    Ok(())
}

/// Stops whatever comes next in its pid namespace, over and over. Pids are given out in sequence.
const STOPPER: &str = r#"
#include <signal.h>
#include <unistd.h>
int main(void) {
    pid_t next = getpid() + 1;
    write(1, "\n", 1);
    for (;;)
        if (kill(next, SIGSTOP) == 0)
            next++;
}
"#;

/// A root in which the program `stopper` is.
fn root_with_stopper() -> Root {
    let root = Root::small();
    let _program = compile_c(&root.join("bin"), "stopper", STOPPER);
    root
}

/// A container in which every newcomer is stopped, mostly before it can execute anything.
fn hostile(root: &Root, limit: Duration) -> Result<Container, Failed> {
    let container = Container::builder(root).time_limit(limit).start()?;
    let mut stopper = container.command("stopper").stdout(Stdio::piped()).spawn()?;
    std::io::Read::read_exact(stopper.stdout.as_mut().unwrap(), &mut [0])?;
    Ok(container)
}

fn held_up() -> Outcome {
    let root = root_with_stopper();
    let container = hostile(&root, Duration::from_millis(300))?;
    // One that is stopped a moment too late has executed.
    let error = loop {
        let begun = Instant::now();
        match container.command("true").spawn() {
            Err(error) => {
                assert!(begun.elapsed() >= Duration::from_millis(300));
                break error;
            }
            Ok(child) => drop(child),
        }
    };
    assert_eq!((error.kind(), error.phase()), (ErrorKind::TimedOut, Phase::Spawn));
    assert_eq!(error.to_string(), "cannot run true");
    assert!(error.remedy().unwrap().contains("stops newcomers"));
    container.stop()?;
    Ok(())
}

fn holds_up_no_other() -> Outcome {
    let root = root_with_stopper();
    let container = hostile(&root, Duration::from_secs(2))?;
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            // One after the other they would take 16 seconds.
            scope.spawn(|| drop(container.command("true").spawn()));
        }
    });
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    Ok(())
}

fn stop_while_held_up() -> Outcome {
    let root = root_with_stopper();
    let container = hostile(&root, Duration::from_secs(600))?;
    std::thread::scope(|scope| {
        let spawners: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| container.command("true").spawn()))
            .collect();
        std::thread::sleep(Duration::from_millis(300));
        let stopped = container.stop();
        for spawner in spawners {
            // Killed before it was executed, or after.
            match spawner.join().unwrap() {
                Ok(mut child) => assert!(child.try_wait()?.is_some()),
                Err(error) => assert_eq!(error.phase(), Phase::Spawn),
            }
        }
        Ok(stopped?)
    })
}
