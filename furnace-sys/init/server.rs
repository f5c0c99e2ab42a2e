//! The fork server at work: one request after the other, until the caller, its process or PID 1 is gone.

use super::fd;
use super::message::{self, reply};
use super::newcomer::{self, Newcomer};
use super::request::{Received, Request, Wanted};
use super::syscalls::{self as kernel, Errno, Watched};
use super::walker;
use crate::wire::Stage;

/// Serves until one of those it lives for is gone.
pub(super) fn serve() {
    loop {
        let mut watched = [fd::CONTROL, fd::OWNER, fd::LIFELINE].map(Watched::for_reading);
        if kernel::wait_for_any(&mut watched).is_err() {
            return;
        }
        let [control, owner, lifeline] = &watched;
        if owner.anything_happened() || lifeline.anything_happened() {
            return;
        }
        if control.anything_happened() {
            let Some(wanted) = Wanted::next() else { return };
            if answer(&wanted).is_err() {
                return;
            }
        }
    }
}

fn answer(wanted: &Wanted) -> kernel::Result<()> {
    let spawned = match wanted {
        Wanted::Command(received) => spawn_command(received),
        Wanted::Walk { descriptors } => walker::spawn(*descriptors),
    };
    let answered = match spawned {
        Ok(Newcomer::Announced) => Ok(()),
        Ok(Newcomer::Unannounced { pid, report }) => reply(message::cloned(pid), [report]),
        // Then it is not the command that is at fault, and nothing can be cloned any more.
        Err((_, errno)) if kernel::has_happened(fd::LIFELINE) => Err(errno),
        Err((stage, errno)) => reply(message::not_cloned(stage, errno), []),
    };
    // It cannot fail: the range is valid.
    let _ = kernel::close_range(fd::FIRST_FREE, None);
    answered
}

fn spawn_command(received: &Received) -> Result<Newcomer, (Stage, Errno)> {
    let spawned = Request::read(received)
        .map_err(|errno| (Stage::Request, errno))
        .and_then(newcomer::spawn);
    received.forget();
    spawned
}

/// Ends the container. The caller hears of it at once: PID 1 may take until the caller has reaped its commands.
pub(super) fn end(pid1: i32) -> ! {
    kernel::close(fd::CONTROL);
    end_pid1(pid1);
    kernel::exit_group(0)
}

/// Ends PID 1, even where no signal can be sent: it goes when its lifeline does.
pub(super) fn end_pid1(pid1: i32) {
    kernel::kill(fd::PID1);
    kernel::close(fd::LIFELINE);
    kernel::wait_for(pid1);
}
