//! A user of a container.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::ptr::null;

use furnace_core::User;

use crate::border::{c_string, value};
use crate::types::{gid_t, uid_t};

/// A user of a container, as furnace_container_find_user() has found it. It never changes: any number of threads may
/// look at it.
#[derive(Debug)]
pub struct furnace_user {
    pub(crate) user: User,
    name: Option<CString>,
    home: CString,
    shell: CString,
}

impl From<User> for furnace_user {
    fn from(user: User) -> Self {
        Self {
            name: user.name.clone().map(|name| c_string(name.into_vec())),
            home: c_string(user.home.as_os_str().as_bytes()),
            shell: c_string(user.shell.as_os_str().as_bytes()),
            user,
        }
    }
}

/// Frees the user, and all text that it gave.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_user_free(user: Option<Box<furnace_user>>) {
    value((), || drop(user));
}

/// The name, if it was looked up by that; otherwise NULL. Borrowed until the user is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_user_name(user: Option<&furnace_user>) -> *const c_char {
    let name = user.and_then(|user| user.name.as_ref());
    name.map_or(null(), |name| name.as_ptr())
}

/// The user id. (uid_t)-1, which is none, for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_user_uid(user: Option<&furnace_user>) -> uid_t {
    user.map_or(uid_t::MAX, |user| user.user.uid)
}

/// The group id. (gid_t)-1, which is none, for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_user_gid(user: Option<&furnace_user>) -> gid_t {
    user.map_or(gid_t::MAX, |user| user.user.gid)
}

/// The supplementary groups, without the first group, and each once: `*count` of them. `count` may be NULL. Borrowed
/// until the user is freed. NULL, and a count of 0, for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_user_groups(
    user: Option<&furnace_user>,
    count: Option<&mut MaybeUninit<usize>>,
) -> *const gid_t {
    if let Some(count) = count {
        count.write(user.map_or(0, |user| user.user.groups.len()));
    }
    user.map_or(null(), |user| user.user.groups.as_ptr())
}

/// The home directory, a path inside; "/" for one that was given by number. Borrowed until the user is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_user_home(user: Option<&furnace_user>) -> *const c_char {
    user.map_or(null(), |user| user.home.as_ptr())
}

/// The login shell, a path inside; "/bin/sh" for one that was given by number. Borrowed until the user is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_user_shell(user: Option<&furnace_user>) -> *const c_char {
    user.map_or(null(), |user| user.shell.as_ptr())
}
