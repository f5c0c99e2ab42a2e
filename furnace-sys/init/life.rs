//! The fork server's life: make the container, make PID 1, serve, end.

use super::plan::Plan;
use super::syscalls::{self as kernel, CString, CloneArgs, Errno, Fd, Limit};
use super::{pid1, server, steps};
use crate::wire::{PROGRAM_NAME, PlanHeader, Reply, inherited};

/// The descriptors that the fork server keeps. Those of a request are numbered from [`fd::FIRST_FREE`] on.
pub(super) mod fd {
    use super::super::syscalls::Fd;
    use crate::wire::inherited;

    pub(in super::super) const CONTROL: Fd = inherited::CONTROL;
    /// PID 1 lives as long as this end of its socket is open. Takes the place of the plan.
    pub(in super::super) const LIFELINE: Fd = inherited::PLAN;
    pub(in super::super) const OWNER: Fd = inherited::OWNER;
    /// A pidfd of PID 1.
    pub(in super::super) const PID1: Fd = 3;
    pub(in super::super) const FIRST_FREE: Fd = 4;
}

/// The descriptors needed besides those of the steps.
const SPARE_DESCRIPTORS: u64 = 16;

pub(super) fn begin() -> ! {
    kernel::block_all_signals();
    match make_container() {
        Ok((pid, pidfd)) => {
            let answered = reply(Reply { step: 0, errno: 0, pid }, [pidfd]);
            if answered.is_ok() {
                server::serve();
            }
            server::end(pid);
        }
        Err(failure) => {
            // Nobody is left to tell if this fails too.
            let _ = reply(failure, []);
            kernel::exit_group(125)
        }
    }
}

/// Answers the caller.
pub(super) fn reply<const N: usize>(reply: Reply, descriptors: [Fd; N]) -> kernel::Result<()> {
    kernel::send(fd::CONTROL, bytes_of(&reply.encode()), descriptors)
}

/// Words as they travel.
pub(super) fn bytes_of(words: &[u32]) -> &[u8] {
    // SAFETY: the same memory; words have no padding, and bytes no alignment.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
}

fn make_container() -> Result<(i32, Fd), Reply> {
    let before_any_step = |errno| steps::failed(u32::MAX, errno);
    prepare().map_err(before_any_step)?;
    let plan = Plan::map(inherited::PLAN).map_err(before_any_step)?;
    let header = plan.header();
    let limit = make_room_for_descriptors(header).map_err(before_any_step)?;
    let umask = kernel::set_umask(0);

    steps::walk(&plan, 0, header.pid1_first)?;
    let pid = make_pid1(&plan, umask, limit)?;
    steps::walk(&plan, header.pid1_end, header.steps)?;

    plan.unmap();
    kernel::set_umask(umask);
    kernel::set_descriptor_limit(limit).map_err(before_any_step)?;
    kernel::close_range(fd::FIRST_FREE, None).map_err(before_any_step)?;
    Ok((pid, fd::PID1))
}

fn prepare() -> kernel::Result<()> {
    kernel::forbid_dumping()?;
    kernel::set_name(CString::literal(PROGRAM_NAME))?;
    // Ignored signals would stay so for PID 1's wait and for every command; the two that matter are as in any shell.
    kernel::reset_signal(kernel::SIGCHLD)?;
    kernel::reset_signal(kernel::SIGPIPE)?;
    // Takes the number until PID 1 has its pidfd.
    kernel::duplicate_onto(fd::OWNER, fd::PID1)
}

/// Raises the soft limit of descriptors as far as the plan needs; gives what it was.
fn make_room_for_descriptors(header: PlanHeader) -> kernel::Result<Limit> {
    let limit = kernel::descriptor_limit()?;
    let needed = u64::from(header.descriptors).saturating_add(SPARE_DESCRIPTORS);
    if needed > limit.soft {
        kernel::set_descriptor_limit(Limit {
            soft: needed.min(limit.hard),
            ..limit
        })?;
    }
    Ok(limit)
}

/// Clones PID 1, and waits until it has walked its part of the plan.
fn make_pid1(plan: &Plan, umask: u32, limit: Limit) -> Result<i32, Reply> {
    let header = plan.header();
    let failed = |errno| steps::failed(header.pid1_first, errno);
    let [lifeline, end_of_pid1] = kernel::socket_pair().map_err(failed)?;
    let mut pidfd: Fd = -1;
    let arguments = CloneArgs {
        flags: kernel::CLONE_NEWPID | kernel::CLONE_PIDFD,
        pidfd: (&raw mut pidfd).expose_provenance() as u64,
        exit_signal: kernel::SIGCHLD.unsigned_abs().into(),
        ..CloneArgs::default()
    };
    let pid = kernel::clone_process(&arguments).map_err(failed)?;
    if pid == 0 {
        pid1::live(plan, end_of_pid1, umask, limit);
    }
    kernel::close(end_of_pid1);
    kernel::duplicate_onto(lifeline, fd::LIFELINE).map_err(failed)?;
    kernel::duplicate_onto(pidfd, fd::PID1).map_err(failed)?;

    let mut answer = [0; Reply::WORDS];
    let got = kernel::read(fd::LIFELINE, bytes_of_mut(&mut answer)).map_err(failed)?;
    match Reply::decode(answer) {
        Some(answer) if got == Reply::BYTES => {
            if answer.errno == 0 {
                Ok(pid)
            } else {
                Err(answer)
            }
        }
        _ => Err(failed(Errno::IO)),
    }
}

/// Room for words as they travel.
pub(super) fn bytes_of_mut(words: &mut [u32]) -> &mut [u8] {
    // SAFETY: the same memory, borrowed as long; any bytes are words.
    unsafe { core::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), size_of_val(words)) }
}
