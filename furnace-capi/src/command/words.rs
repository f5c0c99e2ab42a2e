//! Arguments, environment, working directory.

use std::ffi::{OsStr, c_char, c_int};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;

use super::furnace_command;
use crate::border::{Failure, array, boundary, given, os_string, path};
use crate::error::furnace_error;

/// Adds an argument, after those that were added before. The name of the program is none of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_command_add_arg(
    command: Option<&mut furnace_command>,
    arg: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let command = given(command, "command")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let arg = unsafe { os_string(arg, "arg") }?;
        command.command.arg(arg);
        Ok(())
    })
}

/// Adds arguments: the strings of an array that ends with NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_command_add_args(
    command: Option<&mut furnace_command>,
    args: *const *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let command = given(command, "command")?;
        // SAFETY: who calls gives an array of strings that ends with NULL and stays as it is meanwhile, or NULL.
        let args = unsafe { array(args, "args") }?;
        command.command.args(args);
        Ok(())
    })
}

/// What the command is told that its name is (argv[0]), instead of the program's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_command_set_arg0(
    command: Option<&mut furnace_command>,
    name: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let command = given(command, "command")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { os_string(name, "name") }?;
        command.command.arg0(name);
        Ok(())
    })
}

/// Sets an environment variable. The others are the caller's, as they are when it is spawned, unless removed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_command_set_env(
    command: Option<&mut furnace_command>,
    name: *const c_char,
    value: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let command = given(command, "command")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { os_string(name, "name") }?;
        // SAFETY: as above.
        let value = unsafe { os_string(value, "value") }?;
        command.command.env(name, value);
        Ok(())
    })
}

/// Removes an environment variable, be it inherited or set before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_command_unset_env(
    command: Option<&mut furnace_command>,
    name: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let command = given(command, "command")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { os_string(name, "name") }?;
        command.command.env_remove(name);
        Ok(())
    })
}

/// Removes all environment variables.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_command_clear_env(
    command: Option<&mut furnace_command>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(command, "command")?.command.env_clear();
        Ok(())
    })
}

/// Replaces the environment: by the strings "NAME=value" of an array that ends with NULL, such as environ(7). Of one
/// name the last one counts.
///
/// -EINVAL where a string has no '=': then nothing is changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_command_set_envp(
    command: Option<&mut furnace_command>,
    envp: *const *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let command = given(command, "command")?;
        // SAFETY: who calls gives an array of strings that ends with NULL and stays as it is meanwhile, or NULL.
        let variables = unsafe { array(envp, "envp") }?;
        let parts = variables.into_iter().map(name_and_value);
        let parts: Vec<_> = parts.collect::<Result<_, Failure>>()?;
        command.command.env_clear().envs(parts);
        Ok(())
    })
}

fn name_and_value(variable: &OsStr) -> Result<(&OsStr, &OsStr), Failure> {
    let bytes = variable.as_bytes();
    let Some(end) = bytes.iter().position(|byte| *byte == b'=') else {
        return Err(Failure::argument("envp", "has a string without '='"));
    };
    let (name, value) = bytes.split_at(end);
    Ok((OsStr::from_bytes(name), OsStr::from_bytes(&value[1..])))
}

/// The working directory, as seen in the container; a relative one is relative to /, which is the default. It is
/// entered as the command's user, and never through a link of /proc that leads to an open descriptor.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_command_set_current_dir(
    command: Option<&mut furnace_command>,
    directory: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let command = given(command, "command")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let directory = unsafe { path(directory, "directory") }?;
        command.command.current_dir(directory);
        Ok(())
    })
}
