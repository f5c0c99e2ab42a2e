//! Network, session, names, limits.

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::time::Duration;

use super::furnace_builder;
use crate::border::{boundary, given, os_string};
use crate::error::furnace_error;

/// Whether the container has a network of its own, with nothing in it but a loopback interface, which is up. By
/// default it has the host's, and sees the host's /etc/resolv.conf.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_isolate_network(
    builder: Option<&mut furnace_builder>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(builder, "builder")?.builder.isolate_network(wanted);
        Ok(())
    })
}

/// Whether the container is in a session of its own from the beginning, and so has no part in the caller's terminal:
/// nothing inside can reach that through /dev/tty, and Ctrl-C there does not reach commands. By default it is in the
/// caller's session. A command in such a container can't join the process group of another.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_own_session(
    builder: Option<&mut furnace_builder>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(builder, "builder")?.builder.own_session(wanted);
        Ok(())
    })
}

/// Whether the caller can make terminals in the container (furnace_container_terminal()); by default it can. Without, a
/// start and a stop each take a few hundredths of a millisecond less. Whoever is inside can make them anyway.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_terminals(
    builder: Option<&mut furnace_builder>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(builder, "builder")?.builder.terminals(wanted);
        Ok(())
    })
}

/// The host name inside, of 1 to 64 bytes. By default "localhost".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_builder_set_hostname(
    builder: Option<&mut furnace_builder>,
    name: *const c_char,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let name = unsafe { os_string(name, "name") }?;
        builder.builder.hostname(name);
        Ok(())
    })
}

/// Whether the host's /etc/resolv.conf is shown inside, read-only, when the container has the host's network. By
/// default it is. The root directory is not changed by it, except that the file is made where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_resolv_conf(
    builder: Option<&mut furnace_builder>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(builder, "builder")?.builder.resolv_conf(wanted);
        Ok(())
    })
}

/// Whether the root's own systemd-tmpfiles, where it has one, fills /dev and /run once the container is made; by
/// default it does. It runs inside like any command; a start waits for it, but no longer than ten seconds, and goes on
/// without it, with a line in the log, if it fails.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_tmpfiles(
    builder: Option<&mut furnace_builder>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(builder, "builder")?.builder.tmpfiles(wanted);
        Ok(())
    })
}

/// How long a start, and each spawn in the container, may take before it fails with -ETIMEDOUT. By default 30000,
/// which is half a minute. Something inside can hold a spawn up (by stopping the newcomer, for one), but not beyond
/// this.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_time_limit(
    builder: Option<&mut furnace_builder>,
    milliseconds: u64,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        builder.builder.time_limit(Duration::from_millis(milliseconds));
        Ok(())
    })
}
