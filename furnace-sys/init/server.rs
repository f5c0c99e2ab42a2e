//! The fork server at work: one request after the other, until the caller, its process or PID 1 is gone.

use super::bond::{self, Bond};
use super::fd;
use super::message::{self, reply};
use super::newcomer::{self, Newcomer};
use super::request::{Received, Request, Wanted};
use super::syscalls::{self as kernel, Errno, Watched};
use super::walker;
use crate::wire::Stage;

/// Serves until one of those it lives for is gone.
pub(super) fn serve(bond: &mut Bond) {
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
            if answer(&wanted, bond).is_err() {
                return;
            }
        }
    }
}

fn answer(wanted: &Wanted, bond: &mut Bond) -> kernel::Result<()> {
    let spawned = match wanted {
        Wanted::Detach => return detach(bond),
        Wanted::Command(received) => spawn_command(received, bond),
        Wanted::Walk { descriptors } => walker::spawn(*descriptors),
    };
    let answered = match spawned {
        Ok(Newcomer::Announced) => Ok(()),
        Ok(Newcomer::Unannounced { pid, report }) => reply(message::cloned(pid), &[report]),
        // Then it is not the command that is at fault, and nothing can be cloned any more.
        Err((_, errno)) if kernel::has_happened(fd::LIFELINE) => Err(errno),
        Err((stage, errno)) => reply(message::not_cloned(stage, errno), &[]),
    };
    // It cannot fail: the range is valid.
    let _ = kernel::close_range(fd::FIRST_FREE, None);
    answered
}

fn spawn_command(received: &Received, bond: &Bond) -> Result<Newcomer, (Stage, Errno)> {
    let spawned = Request::read(received)
        .map_err(|errno| (Stage::Request, errno))
        .and_then(|request| newcomer::spawn(request, bond));
    received.forget();
    spawned
}

/// Lets PID 1 live on. Who is inside can keep it from answering: the wait ends with the caller, or when that has no more
/// patience.
fn detach(bond: &mut Bond) -> kernel::Result<()> {
    if let Bond::Life(_) = bond {
        kernel::write(fd::LIFELINE, &[1])?;
        let mut watched = [fd::CONTROL, fd::OWNER, fd::LIFELINE].map(Watched::for_reading);
        kernel::wait_for_any(&mut watched)?;
        let [.., lifeline] = &watched;
        if !lifeline.anything_happened() {
            return Err(Errno::IO);
        }
        bond::hear_from_pid1().map_err(|_| Errno::IO)?;
        bond::watch_pid1()?;
        *bond = Bond::Guest;
    }
    reply(message::cloned(0), &[])
}

/// Ends, and the container with it unless that lives on. The caller hears of it at once: PID 1 may take until the caller
/// has reaped its commands.
pub(super) fn end(bond: &Bond) -> ! {
    kernel::close(fd::CONTROL);
    bond.end_pid1();
    kernel::exit_group(0)
}
