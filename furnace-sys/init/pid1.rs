//! PID 1 of the container: makes the mounts that belong to its pid namespace, then sleeps until the fork server goes.
//!
//! When it ends, by whatever cause, the kernel ends every process of the namespace. A detached one lives on alone.

use super::message::{bytes_of, cloned, failed};
use super::plan::Plan;
use super::steps;
use super::syscalls::{self as kernel, Fd, Limit};
use crate::wire::{Reply, beside_the_plan};

/// The end of the socket whose other end the fork server holds.
const LIFELINE: Fd = 0;

pub(super) fn live(plan: &Plan, lifeline: Fd, umask: u32, limit: Limit) -> ! {
    let header = plan.header();
    let outcome = steps::walk(plan, header.pid1_first, header.pid1_end).and_then(|()| {
        plan.unmap();
        kernel::set_umask(umask);
        settle(lifeline, limit).map_err(|errno| failed(beside_the_plan::PID1, errno))
    });
    let (answer, end) = match outcome {
        Ok(()) => (
            Reply {
                step: 0,
                errno: 0,
                pid: 0,
            },
            LIFELINE,
        ),
        Err(failure) => (failure, lifeline),
    };
    let told = kernel::write(end, bytes_of(&answer.encode()));
    if answer.errno == 0 && told.is_ok() && sleep() && detach() {
        // Until it is killed.
        while kernel::wait_for_any(&mut []).is_ok() {}
    }
    kernel::exit_group(0)
}

fn settle(lifeline: Fd, limit: Limit) -> kernel::Result<()> {
    // The end of the lifeline says the same, but not to a PID 1 that somebody outside has stopped. The parent is the
    // fork server's main thread, which ends only with the fork server.
    kernel::die_with_parent()?;
    // So the kernel reaps every orphan by itself.
    kernel::ignore_signal(kernel::SIGCHLD)?;
    kernel::set_descriptor_limit(limit)?;
    kernel::duplicate_onto(lifeline, LIFELINE)?;
    kernel::close_range(1, None)
}

/// Until the fork server goes, or sends the only word that it has for a PID 1: that it is to live on alone. Tells whether.
fn sleep() -> bool {
    matches!(kernel::read(LIFELINE, &mut [0]), Ok(1..))
}

/// Lives on when the fork server goes, in a session that is not the caller's, if the fork server can still be told so.
fn detach() -> bool {
    let detached = kernel::outlive_parent().and_then(|()| kernel::new_session());
    let answer = match detached {
        Ok(()) => cloned(0),
        Err(errno) => failed(beside_the_plan::PID1, errno),
    };
    let told = kernel::write(LIFELINE, bytes_of(&answer.encode()));
    kernel::close(LIFELINE);
    detached.and(told).is_ok()
}
