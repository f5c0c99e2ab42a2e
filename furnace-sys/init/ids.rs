//! A user namespace that is nothing but its maps, for a mount to show ids by.

use super::name::Name;
use super::syscalls::{self as kernel, CloneArgs, Fd, Result};

/// A user namespace lives as long as somebody is in it or has it open, and only its first process can be given one: so a
/// process is made that does nothing, and is killed once the namespace is open.
pub(super) fn user_namespace(users: &[u8], groups: &[u8]) -> Result<Fd> {
    let mut pidfd: Fd = -1;
    let arguments = CloneArgs {
        flags: kernel::CLONE_NEWUSER | kernel::CLONE_PIDFD,
        pidfd: (&raw mut pidfd).expose_provenance() as u64,
        exit_signal: kernel::SIGCHLD.unsigned_abs().into(),
        ..CloneArgs::default()
    };
    let pid = kernel::clone_process(&arguments)?;
    if pid == 0 {
        sleep();
    }
    let namespace = set_map(pid, b"/uid_map", users)
        .and_then(|()| set_map(pid, b"/gid_map", groups))
        .and_then(|()| kernel::open_file(of(pid, b"/ns/user").as_c_string(), false));
    kernel::kill(pidfd);
    kernel::wait_for(pid);
    kernel::close(pidfd);
    namespace
}

fn set_map(pid: i32, file: &[u8], lines: &[u8]) -> Result<()> {
    let file = kernel::open_file(of(pid, file).as_c_string(), true)?;
    let written = kernel::write(file, lines);
    kernel::close(file);
    written.map(drop)
}

/// A file of the process, in the working directory, which is a /proc of this pid namespace.
fn of(pid: i32, file: &[u8]) -> Name {
    let mut path = Name::new(b"");
    path.push_number(pid.unsigned_abs());
    path.push(file);
    path
}

/// Until it is killed: all else that could end the wait is blocked, and its parent kills it or its parent's end does.
fn sleep() -> ! {
    // It fails only when the parent has ended meanwhile, and then the wait below is short too.
    let _ = kernel::die_with_parent();
    loop {
        let _ = kernel::wait_for_any(&mut []);
    }
}
