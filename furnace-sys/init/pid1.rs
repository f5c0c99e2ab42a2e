//! PID 1 of the container: makes the mounts that belong to its pid namespace, then sleeps until the fork server goes.
//!
//! When it ends, by whatever cause, the kernel ends every process of the namespace. A detached one lives on alone.

use super::message::{bytes_of, cloned, failed, reply_on};
use super::plan::Plan;
use super::steps;
use super::syscalls::{self as kernel, Fd, Limit};
use crate::wire::{MADE_MAX, beside_the_plan};

/// The end of the socket whose other end the fork server holds.
const LIFELINE: Fd = 0;

/// What it has made for the fork server, until that has it.
const MADE: [Fd; MADE_MAX] = [LIFELINE + 1, LIFELINE + 2, LIFELINE + 3, LIFELINE + 4];

pub(super) fn live(plan: &Plan, lifeline: Fd, umask: u32, limit: Limit) -> ! {
    let header = plan.header();
    let outcome = steps::walk(plan, header.pid1_first, header.pid1_end)
        .and_then(|()| settle(plan, lifeline, umask, limit).map_err(|errno| failed(beside_the_plan::PID1, errno)));
    match outcome {
        Ok(end) if give(end).is_ok() && sleep() && detach() => {
            // Until it is killed.
            while kernel::wait_for_any(&mut []).is_ok() {}
        }
        Ok(_) => {}
        Err(failure) => {
            // Nobody is left to tell if this fails too.
            let _ = reply_on(lifeline, failure, &[]);
        }
    }
    kernel::exit_group(0)
}

/// Forgets the plan, and lets go of all but the lifeline and what it has made, which follows that; gives the number after.
fn settle(plan: &Plan, lifeline: Fd, umask: u32, limit: Limit) -> kernel::Result<Fd> {
    let [mut next, ..] = MADE;
    for slot in plan.made_by_pid1() {
        kernel::duplicate_onto(plan.get(slot)?, next)?;
        next = next.wrapping_add(1);
    }
    plan.unmap();
    kernel::set_umask(umask);
    // The end of the lifeline says the same, but not to a PID 1 that somebody outside has stopped. The parent is the
    // fork server's main thread, which ends only with the fork server.
    kernel::die_with_parent()?;
    // So the kernel reaps every orphan by itself.
    kernel::ignore_signal(kernel::SIGCHLD)?;
    kernel::set_descriptor_limit(limit)?;
    kernel::duplicate_onto(lifeline, LIFELINE)?;
    kernel::close_range(next, None)?;
    Ok(next)
}

/// Gives the fork server what it has made, which is up to before `end`, and then tells it that nothing is kept: whoever
/// comes inside finds nothing here.
fn give(end: Fd) -> kernel::Result<()> {
    let [first, ..] = MADE;
    let count = end.wrapping_sub(first).unsigned_abs() as usize;
    reply_on(LIFELINE, cloned(0), MADE.get(..count).unwrap_or(&MADE))?;
    kernel::close_range(first, None)?;
    reply_on(LIFELINE, cloned(0), &[])
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
