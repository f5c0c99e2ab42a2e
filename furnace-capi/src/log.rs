//! What the library does, told to a function of the caller's. There is no global logger: each handle carries its own,
//! and it is in force for as long as a function works on that handle, in the thread that called it.

use std::ffi::{c_char, c_int, c_void};
use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

use crate::border::{Failure, c_string, number_in};

/// Something went wrong that could not be told by a function's result.
pub const FURNACE_LOG_ERROR: c_int = 1;

/// Something is not as it should be, and was gone on without.
pub const FURNACE_LOG_WARN: c_int = 2;

/// What people may want to know.
pub const FURNACE_LOG_INFO: c_int = 3;

/// Each start with its steps, each command, each stop.
pub const FURNACE_LOG_DEBUG: c_int = 4;

/// More than that.
pub const FURNACE_LOG_TRACE: c_int = 5;

/// Is told what the library does: `level` is one of FURNACE_LOG_*, `message` one line of UTF-8 without a newline,
/// valid until this returns, `data` what was given with the function. It is called in the thread that called the
/// library, before that call returns; in several threads at once, if several are in the library. It must return:
/// neither throw nor longjmp out. What it does with the library itself is not logged.
pub type furnace_log_callback = Option<unsafe extern "C" fn(level: c_int, message: *const c_char, data: *mut c_void)>;

/// The log of a handle; those that are made from it inherit it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Option<Dispatch>);

impl Log {
    /// One that tells `callback` all that is as important as `level`, or more. None without a callback.
    pub(crate) fn new(level: c_int, callback: furnace_log_callback, data: *mut c_void) -> Result<Self, Failure> {
        let Some(callback) = callback else {
            return Ok(Self(None));
        };
        let level = match number_in(level, FURNACE_LOG_ERROR..=FURNACE_LOG_TRACE, "level")? {
            1 => Level::ERROR,
            2 => Level::WARN,
            3 => Level::INFO,
            4 => Level::DEBUG,
            _ => Level::TRACE,
        };
        Ok(Self(Some(Dispatch::new(Listener { level, callback, data }))))
    }

    /// Does something that is logged.
    pub(crate) fn scope<T>(&self, act: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(dispatch) => tracing::dispatcher::with_default(dispatch, act),
            None => act(),
        }
    }
}

/// Hands events on to a function of C's.
struct Listener {
    level: Level,
    callback: unsafe extern "C" fn(c_int, *const c_char, *mut c_void),
    data: *mut c_void,
}

// SAFETY: `data` is the only field that is not Send. It is never followed here, only handed to `callback`, of which
// the header says that it is called in whichever thread uses the handle.
unsafe impl Send for Listener {}
// SAFETY: as above; nothing here changes, and that the callback is called in several threads at once is said as well.
unsafe impl Sync for Listener {}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level.into())
    }

    fn event(&self, event: &Event<'_>) {
        let level = match *event.metadata().level() {
            Level::ERROR => FURNACE_LOG_ERROR,
            Level::WARN => FURNACE_LOG_WARN,
            Level::INFO => FURNACE_LOG_INFO,
            Level::DEBUG => FURNACE_LOG_DEBUG,
            Level::TRACE => FURNACE_LOG_TRACE,
        };
        let mut line = Line::default();
        event.record(&mut line);
        let message = c_string(line.message + &line.fields);
        // SAFETY: who set the callback promises that it is a function of this type, and that it can be called with
        // `data` for as long as a handle that has it is used; a handle is being used. The message lives until after
        // the call.
        unsafe { (self.callback)(level, message.as_ptr(), self.data) }
    }

    // The library below has no spans; those of others that it might call one day are not told.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// An event as one line: the message, then the fields.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a String does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
