//! A maker walks the first steps of a plan while the fork server enters the namespaces, which those steps need none of.
//!
//! It is no part of furnace-init, but made of its code: a process that shares the caller's memory, for as long as the caller
//! waits for it. So it has a stack, a table of descriptors and a umask of its own, makes system calls and nothing else.

use super::fd;
use super::message::{cloned, failed, reply_on};
use super::plan::Plan;
use super::steps;
use super::syscalls::{self as kernel, Fd};
use crate::wire::{MADE_MAX, Reply, beside_the_plan};

/// Walks the maker's part of `plan`, and tells the fork server, at the other end of `control`, what has come of it. Whether
/// it could.
pub(crate) fn make(plan: &Plan, control: Fd) -> bool {
    let (control, made) = match place(control) {
        Ok(()) => (fd::CONTROL, walk(plan)),
        Err(errno) => (control, Err(failed(beside_the_plan::MAKER, errno))),
    };
    let told = match made {
        Ok(()) => tell(control, plan),
        Err(failure) => reply_on(control, failure, &[]),
    };
    told.is_ok()
}

/// Puts the socket at its number, which marks a slot of a plan as empty.
fn place(control: Fd) -> kernel::Result<()> {
    if control == fd::CONTROL {
        Ok(())
    } else {
        kernel::duplicate_onto(control, fd::CONTROL)
    }
}

fn walk(plan: &Plan) -> Result<(), Reply> {
    let prepared = kernel::close_range(fd::CONTROL + 1, None).and_then(|()| plan.make_room().map(drop));
    prepared.map_err(|errno| failed(beside_the_plan::MAKER, errno))?;
    kernel::set_umask(0);
    steps::walk(plan, 0, plan.header().maker_end)
}

/// Of a slot that no step has filled, the kernel sends nothing, but an error.
fn tell(control: Fd, plan: &Plan) -> kernel::Result<()> {
    let mut made: [Fd; MADE_MAX] = [-1; MADE_MAX];
    let mut count = 0_usize;
    for (place, slot) in made.iter_mut().zip(plan.made_by_maker()) {
        *place = plan.get(slot).unwrap_or(-1);
        count = count.wrapping_add(1);
    }
    reply_on(control, cloned(0), made.get(..count).unwrap_or(&made))
}
