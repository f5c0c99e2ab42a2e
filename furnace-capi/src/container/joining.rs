//! Joining what runs already.

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::time::Duration;

use furnace_core::JoinOptions;

use super::furnace_container;
use crate::border::{Failure, boundary, given, name, place, value};
use crate::error::furnace_error;
use crate::log::{Log, furnace_log_callback};
use crate::types::pid_t;

/// How a container that runs already is joined.
///
/// One thread at a time may set something, while no other uses it.
#[derive(Clone, Debug, Default)]
pub struct furnace_join_options {
    pub(crate) options: JoinOptions,
    pub(crate) log: Log,
}

/// New ones, which are as if there were none. `*options` has to be freed with furnace_join_options_free().
#[unsafe(no_mangle)]
pub extern "C" fn furnace_join_options_new(
    options: Option<&mut MaybeUninit<Box<furnace_join_options>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        place(options, "options")?.write(Box::default());
        Ok(())
    })
}

/// Frees the options. What was joined with them goes on.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_join_options_free(options: Option<Box<furnace_join_options>>) {
    value((), || drop(options));
}

/// Whether commands begin in a session that is not the caller's, as with furnace_builder_set_own_session(). By default
/// they don't.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_join_options_set_own_session(
    options: Option<&mut furnace_join_options>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(options, "options")?.options.own_session(wanted);
        Ok(())
    })
}

/// How long joining, and each spawn, may take before it fails with -ETIMEDOUT; by default 30000.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_join_options_set_time_limit(
    options: Option<&mut furnace_join_options>,
    milliseconds: u64,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let options = given(options, "options")?;
        options.options.time_limit(Duration::from_millis(milliseconds));
        Ok(())
    })
}

/// As furnace_builder_set_log(): for joining, and for the container that comes of it.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_join_options_set_log(
    options: Option<&mut furnace_join_options>,
    level: c_int,
    callback: furnace_log_callback,
    data: *mut c_void,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(options, "options")?.log = Log::new(level, callback, data)?;
        Ok(())
    })
}

/// Joins something, and hands over the container.
pub(crate) fn join(
    options: Option<&furnace_join_options>,
    container: Option<&mut MaybeUninit<Box<furnace_container>>>,
    how: impl FnOnce(&JoinOptions) -> Result<furnace_core::Container, furnace_core::Error>,
) -> Result<(), Failure> {
    let container = place(container, "container")?;
    let furnace_join_options { options, log } = options.cloned().unwrap_or_default();
    let joined = log.scope(|| how(&options))?;
    container.write(Box::new(furnace_container::new(joined, log)));
    Ok(())
}

/// Attaches to the container of that name, which this user has detached, in any process. `options` may be NULL.
/// `*container` has to be freed with furnace_container_free(), which leaves the container as it is; its commands are
/// children of this process.
///
/// What is different from the container that was started: furnace_container_changes() and
/// furnace_container_layer_usage() fail, and what is mounted takes in no mount that is made later, unless it is told
/// otherwise.
///
/// -ENOENT when nothing has that name, -ESRCH when the container has ended, -EBUSY while it is being started, -EINVAL
/// for what is no name, -EPERM for who is not root; otherwise what the kernel refuses it with.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_container_attach(
    name: *const c_char,
    options: Option<&furnace_join_options>,
    container: Option<&mut MaybeUninit<Box<furnace_container>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { self::name(name, "name") }?;
        join(options, container, |options| options.attach(name))
    })
}

/// Joins the process `pid`: its namespaces, and its root directory. It may be of a container that Furnace did not
/// make, or of none; with it, what is joined ends. In a user namespace commands begin as its root, or else as the
/// first user that it has. `options` may be NULL. `*container` has to be freed with furnace_container_free(), which
/// leaves what was joined as it is.
///
/// -ENOENT when there is no such process, -EINVAL where `pid` is not positive or that of a thread, -ESRCH when it has
/// ended meanwhile, -EPERM for who is not root; otherwise what the kernel refuses it with.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_container_join(
    pid: pid_t,
    options: Option<&furnace_join_options>,
    container: Option<&mut MaybeUninit<Box<furnace_container>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let pid = match u32::try_from(pid) {
            Ok(pid) if pid > 0 => pid,
            _ => return Err(Failure::argument("pid", format!("is {pid}, which is no process"))),
        };
        join(options, container, |options| options.join(pid))
    })
}
