//! Every step of a plan fails once: what it says, and that nothing is left.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod layers;

use std::fs;
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::Duration;

use furnace_core::{Builder, Container};
use furnace_sys::Errno;
use furnace_sys::flags::Namespaces;
use furnace_sys::fork_server::{ForkServer, StartFailure, Walk, read_walk};
use furnace_sys::pidfd::{Pidfd, State};
use furnace_sys::plan::Plan;
use furnace_sys::program::Program;
use furnace_sys::wire::{Origin, Slot, Step, Text, beside_the_plan};
use furnace_tests::{Leftovers, Need, Outcome, Root, run, test};

/// A step that cannot succeed: nothing is ever put into its slot.
fn impossible(slots: u32) -> Step {
    Step::EnterDirectory {
        directory: Slot(slots - 1),
    }
}

/// Lets each step in turn be the one that fails, until none is left.
fn every_step_fails(builder: &Builder) -> Outcome {
    let program = Program::new().unwrap();
    let whole = builder.plan()?;
    for index in 0..whole.steps.len() {
        let mut plan = whole.clone();
        plan.slots += 1;
        plan.steps[index] = impossible(plan.slots);
        let sealed = plan.seal().unwrap();
        let before = Leftovers::now();
        match ForkServer::start(&program, &sealed, None, Duration::from_secs(10)) {
            Err(StartFailure::Step(failed, Errno::BADF)) if failed as usize == index => {}
            other => return Err(format!("step {index} was to fail, but: {other:?}").into()),
        }
        before.compare()?;
    }
    Ok(())
}

fn plain() -> Outcome {
    let root = Root::bare();
    let outside = Root::bare();
    let mut builder = Container::builder(&root);
    builder
        .bind(outside.path(), "/a")
        .bind_ro(outside.path(), "/run/b")
        .isolate_network(true);
    every_step_fails(&builder)
}

fn ephemeral() -> Outcome {
    let root = Root::bare();
    every_step_fails(Container::builder(&root).ephemeral(true))
}

/// A walk in a running container that goes wrong concerns nobody else.
fn walks() -> Outcome {
    const LIMIT: Duration = Duration::from_secs(10);
    let root = Root::bare();
    let container = ForkServer::start(
        &Program::new().unwrap(),
        &Container::builder(&root).plan()?.seal().unwrap(),
        None,
        LIMIT,
    );
    let (server, _) = container.unwrap();
    let walk = |plan: &Plan, given: usize| {
        let (sealed, some) = (plan.seal().unwrap(), fs::File::open("/dev/null").unwrap());
        server.walk(&sealed, &vec![some.as_fd(); given]).unwrap();
        let walker = server.newcomer().unwrap();
        let told = read_walk(walker.report.as_fd(), LIMIT).unwrap();
        assert!(matches!(walker.pidfd.unwrap().wait().unwrap(), State::Ended(status) if status.success()));
        told
    };
    let hostname = Step::SetHostname {
        name: Text(0),
        length: 1,
    };
    let plan = Plan {
        steps: vec![hostname, hostname, impossible(2), hostname],
        texts: b"x\0".to_vec(),
        slots: 2,
        ..Plan::default()
    };
    assert_eq!(walk(&plan, 0), Walk::Failed(2, Errno::BADF));
    // The slot is given, though no directory.
    assert_eq!(walk(&plan, 2), Walk::Failed(2, Errno::NOTDIR));
    let unprepared = Walk::Failed(beside_the_plan::PREPARATION, Errno::INVAL);
    assert_eq!(walk(&plan, 3), unprepared);
    assert_eq!(
        walk(
            &Plan {
                texts: b"x".to_vec(),
                ..plan.clone()
            },
            0
        ),
        unprepared
    );
    assert_eq!(
        walk(
            &Plan {
                steps: vec![hostname],
                ..plan
            },
            2
        ),
        Walk::Done
    );
    server.close();
    while server.process().wait().unwrap() == State::Running {}
    Ok(())
}

/// Every way into a container that runs fails closed, and is nothing to the container.
fn joins() -> Outcome {
    let root = Root::bare();
    let container = Container::builder(&root).start()?;
    let pid1 = Pidfd::of(container.id()).unwrap().unwrap();
    let program = Program::new().unwrap();
    let path = format!("/proc/{}/root\0", container.id());
    let namespaces = Namespaces::MOUNT | Namespaces::IPC | Namespaces::UTS | Namespaces::CGROUP;
    let steps = vec![
        Step::LeaveSession {},
        Step::OpenDirectory {
            path: Text(0),
            out: Slot(0),
        },
        Step::JoinNamespaces {
            namespaces: namespaces.bits(),
        },
        Step::EnterDirectory { directory: Slot(0) },
        Step::ChangeRoot {},
        Step::DropGroups {},
        Step::BecomeUser { uid: 0, gid: 0 },
    ];
    let whole = Plan {
        texts: path.into_bytes(),
        slots: 1,
        origin: Origin::Joined,
        ..Plan::default()
    };
    for index in 0..steps.len() {
        let mut plan = Plan {
            steps: steps.clone(),
            slots: 2,
            ..whole.clone()
        };
        plan.steps[index] = impossible(2);
        let sealed = plan.seal().unwrap();
        let before = Leftovers::now();
        match ForkServer::start(&program, &sealed, Some(&pid1), Duration::from_secs(10)) {
            Err(StartFailure::Step(failed, Errno::BADF)) if failed as usize == index => {}
            other => return Err(format!("step {index} was to fail, but: {other:?}").into()),
        }
        before.compare()?;
        assert!(!pid1.ends_within(Duration::ZERO).unwrap(), "step {index}");
    }
    let sealed = Plan { steps, ..whole }.seal().unwrap();
    let (joined, _) = ForkServer::start(&program, &sealed, Some(&pid1), Duration::from_secs(10)).unwrap();
    // To detach what is not one's own changes nothing.
    joined.detach().unwrap();
    joined.close();
    while joined.process().wait().unwrap() == State::Running {}
    assert!(!pid1.ends_within(Duration::ZERO).unwrap());
    Ok(container.stop()?)
}

fn main() -> ExitCode {
    let mut trials = vec![
        test("every_step_of_a_walk_fails_alone", &[Need::Root], walks),
        test("every_step_of_joining_fails_alone", &[Need::Root], joins),
        test("every_step_of_a_plain_container_fails_closed", &[Need::Root], plain),
        test(
            "every_step_of_an_ephemeral_container_fails_closed",
            &[Need::Root],
            ephemeral,
        ),
    ];
    trials.extend(layers::trials());
    run(trials)
}
