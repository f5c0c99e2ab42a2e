//! What happens when somebody outside kills or stops a part of the container.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use furnace_core::{Container, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::{Failed, Trial};
use rustix::process::{Pid, Signal, kill_process};

use crate::inside::{fork_server, sh, system, whole};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("pid1_killed_from_outside", &[Need::Root], || {
            killed(|container| Ok(container.id()))
        }),
        test("fork_server_killed_from_outside", &[Need::Root], || killed(fork_server)),
        test("killed_from_outside_says_so_at_once", &[Need::Root], says_so_at_once),
        test(
            "killed_from_outside_while_eight_threads_spawn",
            &[Need::Root],
            while_spawning,
        ),
        test("pid1_stopped_from_outside", &[Need::Root], pid1_stopped),
        test("fork_server_stopped_from_outside", &[Need::Root], fork_server_stopped),
        test("a_killed_container_can_be_dropped", &[Need::Root], dropped),
    ]
}

fn send(pid: u32, signal: Signal) -> Outcome {
    Ok(kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal)?)
}

fn killed(whom: fn(&Container) -> Result<u32, Failed>) -> Outcome {
    let container = system().start()?;
    let mut child = container.command("sleep").arg("1000").spawn()?;
    let mut unwaited = container.command("sleep").arg("1000").spawn()?;
    send(whom(&container)?, Signal::KILL)?;
    // It takes the rest along.
    assert_eq!(child.wait()?.signal(), Some(9));
    let error = container.command("true").spawn().unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::Ended, Phase::Spawn),
        "{}",
        whole(&error)
    );
    assert!(error.remedy().unwrap().contains("killed"));
    container.stop()?;
    container.stop()?;
    assert_eq!(unwaited.wait()?.signal(), Some(9));
    Ok(())
}

fn says_so_at_once() -> Outcome {
    for round in 0..60 {
        let container = system().start()?;
        let pid = if round % 2 == 0 {
            container.id()
        } else {
            fork_server(&container)?
        };
        send(pid, Signal::KILL)?;
        match container.command("true").spawn() {
            // Faster than the end.
            Ok(mut child) => drop(child.wait()?),
            Err(error) => {
                assert_eq!(
                    (error.kind(), error.phase()),
                    (ErrorKind::Ended, Phase::Spawn),
                    "{}",
                    whole(&error)
                );
            }
        }
    }
    Ok(())
}

fn while_spawning() -> Outcome {
    for round in 0..10 {
        let container = system().start()?;
        let pid = if round % 2 == 0 {
            container.id()
        } else {
            fork_server(&container)?
        };
        std::thread::scope(|scope| {
            let spawners: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        loop {
                            match container.command("true").status() {
                                Ok(_) => {}
                                Err(error) => break error,
                            }
                        }
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_millis(10 + round));
            send(pid, Signal::KILL)?;
            for spawner in spawners {
                let error = spawner.join().unwrap();
                assert_eq!(
                    (error.kind(), error.phase()),
                    (ErrorKind::Ended, Phase::Spawn),
                    "{}",
                    whole(&error)
                );
            }
            Ok::<_, Failed>(())
        })?;
        container.stop()?;
    }
    Ok(())
}

fn pid1_stopped() -> Outcome {
    let container = system().start()?;
    send(container.id(), Signal::STOP)?;
    assert_eq!(sh(&container, "echo alive")?, "alive");
    container.stop()?;
    Ok(())
}

fn fork_server_stopped() -> Outcome {
    let container = system().time_limit(Duration::from_millis(300)).start()?;
    let mut child = container.command("sleep").arg("1000").spawn()?;
    send(fork_server(&container)?, Signal::STOP)?;
    let error = container.command("true").spawn().unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::TimedOut, Phase::Spawn),
        "{}",
        whole(&error)
    );
    container.stop()?;
    assert_eq!(child.wait()?.signal(), Some(9));
    Ok(())
}

fn dropped() -> Outcome {
    let container = system().start()?;
    let _unwaited = container.command("sleep").arg("1000").spawn()?;
    send(container.id(), Signal::KILL)?;
    drop(container);
    Ok(())
}
