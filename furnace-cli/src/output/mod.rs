//! The standard output, for what was asked to be told, and standard error, for all else.

pub(crate) mod changes;
pub(crate) mod colour;
pub(crate) mod escape;
pub(crate) mod fullness;
pub(crate) mod hex;
pub(crate) mod json;
pub(crate) mod log;
mod progress;
pub(crate) mod report;
mod stderr;
pub(crate) mod time;
mod voice;

pub(crate) use voice::note;

use std::io::{self, BufWriter, ErrorKind, Write};

use serde::Serialize;

use crate::output::escape::escaped_json;
use crate::output::report::Failure;

/// Writes what `write` does, as far as there is anybody to read it.
pub(crate) fn write(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut to = BufWriter::new(io::stdout().lock());
    match write(&mut to).and_then(|()| to.flush()) {
        // Whoever reads it has seen enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::system("cannot write to standard output")(error))
        }
        _ => Ok(()),
    }
}

/// Writes one JSON object, on a line of its own.
pub(crate) fn write_json(to: &mut dyn Write, object: &impl Serialize) -> io::Result<()> {
    writeln!(to, "{}", escaped_json(&serde_json::to_string(object)?))
}
