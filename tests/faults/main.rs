//! Every step of a plan fails once: what it says, and that nothing is left.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::ExitCode;
use std::time::Duration;

use furnace_core::{Builder, Container};
use furnace_sys::Errno;
use furnace_sys::fork_server::{ForkServer, StartFailure};
use furnace_sys::program::Program;
use furnace_sys::wire::{Slot, Step};
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
        match ForkServer::start(&program, &sealed, Duration::from_secs(10)) {
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

fn main() -> ExitCode {
    run(vec![
        test("every_step_of_a_plain_container_fails_closed", &[Need::Root], plain),
        test(
            "every_step_of_an_ephemeral_container_fails_closed",
            &[Need::Root],
            ephemeral,
        ),
    ])
}
