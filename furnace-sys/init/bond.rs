//! What there is between the fork server and PID 1, which may be its child, another container's, or nobody's.

use super::fd;
use super::message::failed;
use super::syscalls::{self as kernel, Errno, Fd, IoVec, Rights};
use crate::wire::{MADE_MAX, Reply, beside_the_plan};

/// What there is between the fork server and PID 1.
pub(super) enum Bond {
    /// PID 1, of this pid, is its child and ends with it.
    Life(i32),
    /// PID 1 lives on; commands join its pid namespace.
    Guest,
    /// PID 1 lives on, in the pid namespace that commands are in anyway.
    Neighbour,
}

impl Bond {
    /// Ends a PID 1 that lives with this process, even where no signal can be sent: it goes when its lifeline does.
    pub(super) fn end_pid1(&self) {
        if let Self::Life(pid1) = *self {
            kernel::kill(fd::PID1);
            kernel::close(fd::LIFELINE);
            kernel::wait_for(pid1);
        }
    }
}

/// Waits until PID 1 has walked its part of the plan, or whatever else it was told to do; gives what it has made.
pub(super) fn hear_from_pid1() -> Result<Rights<MADE_MAX>, Reply> {
    hear(fd::LIFELINE, beside_the_plan::PID1)
}

/// Waits until somebody has walked a part of the plan; gives what was made. What else comes is put down to `who`, which is
/// beside the plan.
pub(super) fn hear(socket: Fd, who: u32) -> Result<Rights<MADE_MAX>, Reply> {
    let unheard = |errno| failed(who, errno);
    let mut answer = [0; Reply::WORDS];
    let mut parts = [IoVec {
        base: answer.as_mut_ptr().cast(),
        length: Reply::BYTES,
    }];
    let mut made = Rights::empty();
    let got = kernel::receive(socket, &mut parts, &mut made).map_err(unheard)?;
    match Reply::decode(answer) {
        Some(Reply { errno: 0, .. }) if got == Reply::BYTES => Ok(made),
        Some(failure) if got == Reply::BYTES => Err(failure),
        _ => Err(unheard(Errno::IO)),
    }
}

/// For a PID 1 that has no lifeline to this process.
pub(super) fn watch_pid1() -> kernel::Result<()> {
    kernel::duplicate_onto(fd::PID1, fd::LIFELINE)
}
