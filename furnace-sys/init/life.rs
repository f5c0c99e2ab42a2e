//! The fork server's life: make the container and its PID 1, or join one that there is; serve, end.

use super::bond::{self, Bond};
use super::message::{failed, reply};
use super::plan::Plan;
use super::syscalls::{self as kernel, CString, CloneArgs, Errno, Fd, Limit, Rights, Watched};
use super::{fd, pid1, server, steps};
use crate::wire::{HANDED_MAX, MADE_MAX, Origin, PROGRAM_NAME, Reply, Slot, beside_the_plan, inherited};

pub(super) fn begin() -> ! {
    kernel::block_all_signals();
    match make_container() {
        Ok(mut made) => {
            if announce(&made).is_ok() {
                server::serve(&mut made.bond);
            }
            server::end(&made.bond);
        }
        Err(failure) => {
            // Nobody is left to tell if this fails too.
            let _ = reply(failure, &[]);
            kernel::exit_group(125)
        }
    }
}

struct Made {
    bond: Bond,
    /// How many descriptors wait from [`fd::FIRST_FREE`] on to be handed to the caller.
    handed: u32,
}

fn announce(made: &Made) -> kernel::Result<()> {
    let answer = Reply {
        step: 0,
        errno: 0,
        pid: match made.bond {
            Bond::Life(pid) => pid,
            Bond::Guest | Bond::Neighbour => 0,
        },
    };
    let count = (made.handed as usize).wrapping_add(1);
    let answered = reply(answer, PID1_AND_HANDED.get(..count).unwrap_or(&PID1_AND_HANDED));
    kernel::close_range(fd::FIRST_FREE, None)?;
    answered
}

/// Where they wait: those that are handed over, from [`fd::FIRST_FREE`] on, follow PID 1.
const PID1_AND_HANDED: [Fd; 1 + HANDED_MAX] = [fd::PID1, fd::FIRST_FREE, fd::FIRST_FREE + 1, fd::FIRST_FREE + 2];

fn make_container() -> Result<Made, Reply> {
    let before_any_step = |errno| failed(beside_the_plan::PREPARATION, errno);
    prepare().map_err(before_any_step)?;
    let plan = Plan::map(inherited::PLAN).map_err(before_any_step)?;
    let header = plan.header();
    let limit = plan.make_room().map_err(before_any_step)?;
    let umask = kernel::set_umask(0);

    walk(&plan, header.maker_end, header.pid1_first)?;
    let bond = match header.origin {
        Origin::Made => Bond::Life(clone_pid1(&plan, umask, limit)?),
        Origin::Joined => Bond::Guest,
        Origin::Beside => Bond::Neighbour,
    };
    let made = walk(&plan, header.pid1_end, header.pid1_awaited)
        .and_then(|()| match bond {
            Bond::Life(_) => take_from_pid1(&plan),
            Bond::Guest | Bond::Neighbour => bond::watch_pid1().map_err(before_any_step),
        })
        .and_then(|()| walk(&plan, header.pid1_awaited, header.steps))
        .and_then(|()| settle(&plan, umask, limit).map_err(before_any_step));
    match made {
        Ok(()) => Ok(Made {
            bond,
            handed: header.handed,
        }),
        Err(failure) => {
            // Before the caller hears of it: then nothing is left.
            bond.end_pid1();
            Err(failure)
        }
    }
}

/// Walks steps of the fork server's; before one of all of them it waits for the maker, if there is one.
fn walk(plan: &Plan, first: u32, end: u32) -> Result<(), Reply> {
    let header = plan.header();
    if header.maker_end == 0 || !(first..end).contains(&header.maker_awaited) {
        return steps::walk(plan, first, end);
    }
    steps::walk(plan, first, header.maker_awaited)?;
    take_from_maker(plan)?;
    steps::walk(plan, header.maker_awaited, end)
}

/// Waits for what PID 1 has made, and until it has let go of that.
fn take_from_pid1(plan: &Plan) -> Result<(), Reply> {
    let made = bond::hear_from_pid1()?;
    bond::hear_from_pid1()?;
    put_all(plan, plan.made_by_pid1(), &made).map_err(|errno| failed(beside_the_plan::PID1, errno))
}

/// Waits for what the maker has made. It has its word on the caller's socket, before any request.
fn take_from_maker(plan: &Plan) -> Result<(), Reply> {
    let unheard = |errno| failed(beside_the_plan::MAKER, errno);
    let mut watched = [fd::CONTROL, fd::OWNER].map(Watched::for_reading);
    kernel::wait_for_any(&mut watched).map_err(unheard)?;
    let [control, _] = &watched;
    if !control.anything_happened() {
        // The owner is gone, and whoever has a copy of its socket says nothing.
        return Err(unheard(Errno::IO));
    }
    let made = bond::hear(fd::CONTROL, beside_the_plan::MAKER)?;
    put_all(plan, plan.made_by_maker(), &made).map_err(unheard)
}

fn put_all(plan: &Plan, slots: impl Iterator<Item = Slot>, made: &Rights<MADE_MAX>) -> kernel::Result<()> {
    slots
        .zip(made.received())
        .try_for_each(|(slot, descriptor)| plan.put(slot, *descriptor))
}

/// Forgets the plan, and is again as it was started: so will commands be.
fn settle(plan: &Plan, umask: u32, limit: Limit) -> kernel::Result<()> {
    let first_to_close = keep_handed(plan)?;
    plan.unmap();
    kernel::set_umask(umask);
    kernel::set_descriptor_limit(limit)?;
    kernel::close_range(first_to_close, None)
}

/// Puts what the caller is handed where it waits; gives the number after it.
fn keep_handed(plan: &Plan) -> kernel::Result<Fd> {
    let slots = plan.handed();
    let [.., last] = PID1_AND_HANDED;
    let mut next = fd::FIRST_FREE;
    for slot in slots.clone() {
        // Above all others first: their own numbers may be those that they are to have.
        plan.put(slot, kernel::duplicate_above(plan.get(slot)?, last.wrapping_add(1))?)?;
    }
    for slot in slots {
        kernel::duplicate_onto(plan.get(slot)?, next)?;
        next = next.wrapping_add(1);
    }
    Ok(next)
}

fn prepare() -> kernel::Result<()> {
    kernel::forbid_dumping()?;
    kernel::set_name(CString::literal(PROGRAM_NAME))?;
    // Ignored signals would stay so for PID 1's wait and for every command; the two that matter are as in any shell.
    kernel::reset_signal(kernel::SIGCHLD)?;
    kernel::reset_signal(kernel::SIGPIPE)
}

/// Clones PID 1, which walks its part of the plan.
fn clone_pid1(plan: &Plan, umask: u32, limit: Limit) -> Result<i32, Reply> {
    let unmade = |errno| failed(beside_the_plan::PID1, errno);
    let [lifeline, end_of_pid1] = kernel::socket_pair().map_err(unmade)?;
    let mut pidfd: Fd = -1;
    let arguments = CloneArgs {
        flags: kernel::CLONE_NEWPID | kernel::CLONE_PIDFD,
        pidfd: (&raw mut pidfd).expose_provenance() as u64,
        exit_signal: kernel::SIGCHLD.unsigned_abs().into(),
        ..CloneArgs::default()
    };
    let pid = kernel::clone_process(&arguments).map_err(unmade)?;
    if pid == 0 {
        pid1::live(plan, end_of_pid1, umask, limit);
    }
    kernel::close(end_of_pid1);
    kernel::duplicate_onto(lifeline, fd::LIFELINE).map_err(unmade)?;
    kernel::duplicate_onto(pidfd, fd::PID1).map_err(unmade)?;
    Ok(pid)
}
