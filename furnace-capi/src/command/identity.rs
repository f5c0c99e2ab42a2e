//! Whom a command runs as, and with whom.

use std::ffi::c_int;
use std::mem::MaybeUninit;

use super::furnace_command;
use crate::border::{Failure, boundary, given, group_ids};
use crate::error::furnace_error;
use crate::terminal::furnace_terminal;
use crate::types::{gid_t, mode_t, pid_t, uid_t};
use crate::user::furnace_user;

/// The user id to run as. Supplementary groups are dropped, unless set by furnace_command_set_groups().
///
/// That (uid_t)-1 is no id is told when it is spawned.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_set_uid(
    command: Option<&mut furnace_command>,
    uid: uid_t,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(command, "command")?.command.uid(uid);
        Ok(())
    })
}

/// The group id to run as.
///
/// That (gid_t)-1 is no id is told when it is spawned.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_set_gid(
    command: Option<&mut furnace_command>,
    gid: gid_t,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(command, "command")?.command.gid(gid);
        Ok(())
    })
}

/// The supplementary groups to have, exactly: the `count` ids at `groups`, which may be NULL where `count` is 0.
///
/// -EINVAL where it is NULL although `count` is not 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_command_set_groups(
    command: Option<&mut furnace_command>,
    groups: *const gid_t,
    count: usize,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let command = given(command, "command")?;
        // SAFETY: who calls gives `count` ids that stay as they are meanwhile, or NULL.
        let groups = unsafe { group_ids(groups, count, "groups") }?;
        command.command.groups(&groups);
        Ok(())
    })
}

/// The user to run as, with group and supplementary groups. For one that was looked up by name, HOME, SHELL, USER and
/// LOGNAME are set as su(1) sets them. `user` is copied.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_set_user(
    command: Option<&mut furnace_command>,
    user: Option<&furnace_user>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let command = given(command, "command")?;
        command.command.user(&given(user, "user")?.user);
        Ok(())
    })
}

/// The process group to join, by its id as the caller sees it; 0 for a new one. See setpgid(2).
///
/// -EINVAL where `group` is negative.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_set_process_group(
    command: Option<&mut furnace_command>,
    group: pid_t,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let command = given(command, "command")?;
        if group < 0 {
            return Err(Failure::argument(
                "group",
                format!("is {group}, which is no process group"),
            ));
        }
        command.command.process_group(group);
        Ok(())
    })
}

/// Whether the command leads a new session, without a controlling terminal: then neither kill(0, ...) inside nor the
/// caller's terminal reach across. See setsid(2).
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_set_new_session(
    command: Option<&mut furnace_command>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(command, "command")?.command.new_session(wanted);
        Ok(())
    })
}

/// The file mode creation mask (umask(2)), of which only the lowest nine bits count. By default it is what the caller
/// had when the container was started.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_set_umask(
    command: Option<&mut furnace_command>,
    mask: mode_t,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(command, "command")?.command.umask(mask);
        Ok(())
    })
}

/// Lets the command begin with a signal ignored (signal(7)), as nohup(1) does with SIGHUP. Without this and
/// furnace_command_default_signal() it ignores what the caller ignored when the container was started, but for SIGPIPE
/// and SIGCHLD.
///
/// That there is no such signal, or that it can't be ignored, is told when it is spawned.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_ignore_signal(
    command: Option<&mut furnace_command>,
    signal: c_int,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(command, "command")?.command.ignore_signal(signal);
        Ok(())
    })
}

/// Lets the command begin with the default action of a signal (signal(7)), even if the caller ignored it when the
/// container was started.
///
/// That there is no such signal is told when it is spawned.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_default_signal(
    command: Option<&mut furnace_command>,
    signal: c_int,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(command, "command")?.command.default_signal(signal);
        Ok(())
    })
}

/// The terminal that the command is on: its standard streams lead there, but for those that are set otherwise, and it
/// leads a new session that the terminal controls. `terminal` may be freed before the command is spawned, which hangs
/// it up, however.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_set_terminal(
    command: Option<&mut furnace_command>,
    terminal: Option<&furnace_terminal>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let command = given(command, "command")?;
        command.command.terminal(&given(terminal, "terminal")?.terminal);
        Ok(())
    })
}
