//! A walk: a plan for a container that runs already, carried out by a process of its own. What it meets on its way may
//! hold it up, a file system served from inside for one; then nobody waits for it but the one who asked.
//!
//! A walker is in every namespace of the container but the pid namespace, as the fork server is: nothing inside can see
//! it, so it may keep what it was cloned with until it has closed it.

use super::fd;
use super::message::{self, bytes_of, failed, reply};
use super::newcomer::Newcomer;
use super::plan::Plan;
use super::steps;
use super::syscalls::{self as kernel, CloneArgs, Errno, Fd};
use crate::wire::{Slot, Stage, beside_the_plan};

/// Makes a child of the caller that walks the plan in the first of `count` descriptors, the others in its first slots.
pub(super) fn spawn(count: u32) -> Result<Newcomer, (Stage, Errno)> {
    let [to_read, to_write] = kernel::pipe().map_err(|errno| (Stage::Descriptors, errno))?;
    let mut pidfd: Fd = -1;
    let arguments = CloneArgs {
        flags: kernel::CLONE_PARENT | kernel::CLONE_PIDFD,
        pidfd: (&raw mut pidfd).expose_provenance() as u64,
        ..CloneArgs::default()
    };
    let pid = kernel::clone_process(&arguments).map_err(|errno| (Stage::Clone, errno))?;
    if pid == 0 {
        walk(count, to_write);
    }
    kernel::close(to_write);
    Ok(match reply(message::cloned(pid), &[to_read, pidfd]) {
        Ok(()) => Newcomer::Announced,
        Err(_) => Newcomer::Unannounced { pid, report: to_read },
    })
}

fn walk(count: u32, report: Fd) -> ! {
    let walked = prepare(count, report)
        .map_err(|errno| failed(beside_the_plan::PREPARATION, errno))
        .and_then(|plan| steps::walk(&plan, 0, plan.header().steps));
    let told = walked.err().unwrap_or(message::cloned(0));
    // If nobody listens any more, nobody needs to know.
    let _ = kernel::write(report, bytes_of(&told.encode()));
    kernel::exit_group(0)
}

fn prepare(count: u32, report: Fd) -> kernel::Result<Plan> {
    // Its number marks a slot as empty, so nothing that is opened may be given it.
    kernel::duplicate_onto(report, fd::CONTROL)?;
    // PID 1's pidfd stays: it is the way back into the container's mount namespace.
    kernel::close_range(fd::LIFELINE, Some(fd::OWNER))?;
    let plan = Plan::map(fd::FIRST_FREE)?;
    plan.make_room()?;
    kernel::set_umask(0);
    for (slot, given) in (0..count).zip(fd::FIRST_FREE..).skip(1) {
        plan.put(Slot(slot.wrapping_sub(1)), given)?;
    }
    Ok(plan)
}
