//! PID 1 of the container: makes the mounts that belong to its pid namespace, then sleeps until the fork server goes.
//!
//! When it ends, by whatever cause, the kernel ends every process of the namespace.

use super::message::{bytes_of, failed};
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
    if answer.errno == 0 && told.is_ok() {
        sleep();
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

/// Nothing is ever sent; what ends the read is the end of the fork server.
fn sleep() {
    while matches!(kernel::read(LIFELINE, &mut [0]), Ok(1..)) {}
}
