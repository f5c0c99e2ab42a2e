//! A shell to look around with.

use std::ffi::{OsString, c_char, c_int};
use std::fmt;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;

use furnace_core::Command;

use super::furnace_console;
use crate::border::{array, boundary, given, group_ids, os_string, path, place, value};
use crate::container::furnace_container;
use crate::error::furnace_error;
use crate::types::{gid_t, uid_t};
use crate::user::furnace_user;

/// What an interactive shell is to be. By default it is bash without its startup files, or sh where there is no bash,
/// with the prompt "furnace-debug@NAME DIRECTORY # ", on a terminal of the container's own whatever the caller's
/// streams are. It has the caller's environment but for PROMPT_COMMAND, ENV and SHELL.
///
/// One thread at a time may set something, while no other uses it.
#[derive(Default)]
pub struct furnace_shell_options {
    hostname: Option<OsString>,
    colours: Option<bool>,
    changes: Vec<Change>,
}

/// What is to be done to the shell's command, in the order in which it was said.
type Change = Box<dyn Fn(&mut Command) -> &mut Command + Send + Sync>;

impl fmt::Debug for furnace_shell_options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("furnace_shell_options")
            .field("hostname", &self.hostname)
            .field("colours", &self.colours)
            .field("changes", &self.changes.len())
            .finish()
    }
}

impl furnace_shell_options {
    fn change(&mut self, change: impl Fn(&mut Command) -> &mut Command + Send + Sync + 'static) {
        self.changes.push(Box::new(change));
    }
}

/// New ones, which are as if there were none. `*options` has to be freed with furnace_shell_options_free().
#[unsafe(no_mangle)]
pub extern "C" fn furnace_shell_options_new(
    options: Option<&mut MaybeUninit<Box<furnace_shell_options>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        place(options, "options")?.write(Box::default());
        Ok(())
    })
}

/// Frees the options.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_shell_options_free(options: Option<Box<furnace_shell_options>>) {
    value((), || drop(options));
}

/// The host name in the prompt; by default that of the container if this process has started it, else the name that it
/// was attached by, or "pid-N" for a process N that was joined. What a shell or a terminal might take for more than
/// text is shown as '?'.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_shell_options_set_hostname(
    options: Option<&mut furnace_shell_options>,
    name: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let options = given(options, "options")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { os_string(name, "name") }?;
        options.hostname = Some(name.to_owned());
        Ok(())
    })
}

/// Whether the prompt is coloured. By default it is, unless the caller's environment has a NO_COLOR, or no TERM or a
/// dumb one.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_shell_options_set_colours(
    options: Option<&mut furnace_shell_options>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(options, "options")?.colours = Some(wanted);
        Ok(())
    })
}

/// Adds arguments, after those that make it interactive: the strings of an array that ends with NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_shell_options_add_args(
    options: Option<&mut furnace_shell_options>,
    args: *const *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let options = given(options, "options")?;
        // SAFETY: who calls gives an array of strings that ends with NULL and stays as it is meanwhile, or NULL.
        let args = unsafe { array(args, "args") }?;
        let args: Vec<OsString> = args.into_iter().map(OsString::from).collect();
        options.change(move |command| command.args(&args));
        Ok(())
    })
}

/// Sets an environment variable. PS1 is the prompt, in place of the usual one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_shell_options_set_env(
    options: Option<&mut furnace_shell_options>,
    name: *const c_char,
    value: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let options = given(options, "options")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { os_string(name, "name") }?.to_owned();
        // SAFETY: as above.
        let value = unsafe { os_string(value, "value") }?.to_owned();
        options.change(move |command| command.env(&name, &value));
        Ok(())
    })
}

/// Removes an environment variable, be it inherited or set before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_shell_options_unset_env(
    options: Option<&mut furnace_shell_options>,
    name: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let options = given(options, "options")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { os_string(name, "name") }?.to_owned();
        options.change(move |command| command.env_remove(&name));
        Ok(())
    })
}

/// Removes all environment variables, but for TERM and those that are set after this.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_shell_options_clear_env(
    options: Option<&mut furnace_shell_options>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(options, "options")?.change(|command| command.env_clear());
        Ok(())
    })
}

/// The working directory, as seen in the container; by default /.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_shell_options_set_current_dir(
    options: Option<&mut furnace_shell_options>,
    directory: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let options = given(options, "options")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let directory = unsafe { path(directory, "directory") }?.to_owned();
        options.change(move |command| command.current_dir(&directory));
        Ok(())
    })
}

/// The user id to run as, who then owns the terminal. Supplementary groups are dropped, unless set.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_shell_options_set_uid(
    options: Option<&mut furnace_shell_options>,
    uid: uid_t,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(options, "options")?.change(move |command| command.uid(uid));
        Ok(())
    })
}

/// The group id to run as.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_shell_options_set_gid(
    options: Option<&mut furnace_shell_options>,
    gid: gid_t,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(options, "options")?.change(move |command| command.gid(gid));
        Ok(())
    })
}

/// The supplementary groups to have, exactly: the `count` ids at `groups`, which may be NULL where `count` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_shell_options_set_groups(
    options: Option<&mut furnace_shell_options>,
    groups: *const gid_t,
    count: usize,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let options = given(options, "options")?;
        // SAFETY: who calls gives `count` ids that stay as they are meanwhile, or NULL.
        let groups = unsafe { group_ids(groups, count, "groups") }?;
        options.change(move |command| command.groups(&groups));
        Ok(())
    })
}

/// The user to run as, who then owns the terminal, as furnace_command_set_user() has it. `user` is copied.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_shell_options_set_user(
    options: Option<&mut furnace_shell_options>,
    user: Option<&furnace_user>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let options = given(options, "options")?;
        let user = given(user, "user")?.user.clone();
        options.change(move |command| command.user(&user));
        Ok(())
    })
}

/// Opens a shell in the container for whoever sits at the caller's terminal, and runs it to its end; job control, keys
/// and the size of the window work. `options` may be NULL, and so may `console`: then it has the standard streams of
/// this process. A `console` of which nothing is said about a terminal is with one. `*wait_status` tells how the shell
/// ended, as waitpid(2) does.
///
/// Fails as furnace_console_run() does; with -ENOENT in FURNACE_PHASE_EXECUTE when there is no shell.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_container_shell(
    container: Option<&furnace_container>,
    options: Option<&furnace_shell_options>,
    console: Option<&furnace_console>,
    wait_status: Option<&mut MaybeUninit<c_int>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let container = given(container, "container")?;
        let wait_status = place(wait_status, "wait_status")?;
        let standard = furnace_console::default();
        let console = console.unwrap_or(&standard);
        let status = container.log.scope(|| {
            let mut shell = container.container.shell();
            if let Some(options) = options {
                if let Some(name) = &options.hostname {
                    shell = shell.hostname(name);
                }
                if let Some(colours) = options.colours {
                    shell = shell.colours(colours);
                }
                for change in &options.changes {
                    let _ = change(shell.command());
                }
            }
            let streams = console.to_core().terminal(console.terminal.unwrap_or(true));
            let mut session = streams.open(&container.container)?;
            let mut child = shell.spawn(&mut session)?;
            console.relay(session, &mut child)
        })?;
        wait_status.write(status.into_raw());
        Ok(())
    })
}
