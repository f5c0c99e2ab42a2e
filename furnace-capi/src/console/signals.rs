//! Signals that the caller has caught, for what runs on its terminal.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use furnace_core::console::{Event, Signals};

use super::furnace_console;
use crate::border::{boundary, descriptor, given};
use crate::error::furnace_error;

/// Nothing more has come.
pub const FURNACE_EVENT_NONE: c_int = 0;

/// The caller's window may have another size (SIGWINCH).
pub const FURNACE_EVENT_RESIZED: c_int = 1;

/// This process goes on after it was stopped (SIGCONT): the terminal is to be taken again.
pub const FURNACE_EVENT_RESUMED: c_int = 2;

/// This process is to stop (SIGTSTP), which it may do when it is yielded.
pub const FURNACE_EVENT_SUSPEND: c_int = 3;

/// This process is to end by a signal, which it may do when it is yielded.
pub const FURNACE_EVENT_END: c_int = 4;

/// A signal is for the command. For a shell, which ignores SIGTERM, that becomes a hang-up, as does SIGHUP.
pub const FURNACE_EVENT_PASS_ON: c_int = 5;

/// Gives what has come, one of FURNACE_EVENT_* at a time, until it is FURNACE_EVENT_NONE; with FURNACE_EVENT_END and
/// FURNACE_EVENT_PASS_ON the number of the signal in `*signal`. It must return: neither throw nor longjmp out.
pub type furnace_event_take = Option<unsafe extern "C" fn(signal: *mut c_int, data: *mut c_void) -> c_int>;

/// Is called after FURNACE_EVENT_SUSPEND and FURNACE_EVENT_END, with the caller's terminal as it was found: the signal
/// may now do to this process what it would have. What runs goes on when this returns. It must return, or end the
/// process.
pub type furnace_event_yielded = Option<unsafe extern "C" fn(event: c_int, signal: c_int, data: *mut c_void)>;

/// What C has given to hear of signals.
#[derive(Clone, Debug)]
pub(crate) struct Caught {
    descriptor: Arc<OwnedFd>,
    take: unsafe extern "C" fn(*mut c_int, *mut c_void) -> c_int,
    yielded: furnace_event_yielded,
    data: *mut c_void,
}

// SAFETY: `data` is the only field that is not Send. It is never followed here, only handed to the functions that came with
// it, of which the header says that they are called in the thread that runs the command.
unsafe impl Send for Caught {}
// SAFETY: as above; nothing here changes.
unsafe impl Sync for Caught {}

impl AsFd for Caught {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl Signals for Caught {
    fn take(&mut self) -> Option<Event> {
        let mut signal = 0;
        // SAFETY: who gave the function promises that it is one of this type, and can be called with `data` for as
        // long as the console is used, which is now. `signal` lives until after the call.
        match unsafe { (self.take)(&raw mut signal, self.data) } {
            FURNACE_EVENT_RESIZED => Some(Event::Resized),
            FURNACE_EVENT_RESUMED => Some(Event::Resumed),
            FURNACE_EVENT_SUSPEND => Some(Event::Suspend),
            FURNACE_EVENT_END => Some(Event::End(signal)),
            FURNACE_EVENT_PASS_ON => Some(Event::PassOn(signal)),
            _ => None,
        }
    }

    fn yielded(&mut self, event: Event) {
        let (event, signal) = match event {
            Event::Suspend => (FURNACE_EVENT_SUSPEND, 0),
            Event::End(signal) => (FURNACE_EVENT_END, signal),
            // Of the others none is yielded to.
            _ => return,
        };
        if let Some(yielded) = self.yielded {
            // SAFETY: as for `take`.
            unsafe { yielded(event, signal, self.data) }
        }
    }
}

/// Lets what runs hear of signals that the caller catches: `fd`, which is duplicated now, is readable as long as
/// `take` has something to give, as with a pipe that a handler writes to, or a signalfd(2). Both functions are called
/// in the thread that runs the command, with `data`, which has to be good until the console is freed, and what it was
/// copied to; `yielded` may be NULL.
///
/// The library catches no signal by itself. Without this, the size of the window is looked at a few times a second,
/// and what is sent to this process does to it what it always does.
///
/// -EBADF where `fd` is no open descriptor; -EINVAL where `take` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_console_set_signals(
    console: Option<&mut furnace_console>,
    fd: c_int,
    take: furnace_event_take,
    yielded: furnace_event_yielded,
    data: *mut c_void,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let console = given(console, "console")?;
        let take = given(take, "take")?;
        console.signals = Some(Caught {
            descriptor: Arc::new(descriptor(fd, "fd")?),
            take,
            yielded,
            data,
        });
        Ok(())
    })
}
