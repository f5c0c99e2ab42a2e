//! `--changes`: where the list of what is not as it was goes.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use furnace_core::Changes;

use crate::output::escape::escaped_path;
use crate::output::json;
use crate::output::report::{self, Failure};

/// So many paths that can't be looked at are told one by one.
const MOST_TOLD: u64 = 10;

/// Where the list goes.
pub(crate) struct List {
    to: Box<dyn Write>,
    attempt: String,
}

impl List {
    /// Opens it, so that a wrong path is told before anything runs.
    pub(crate) fn open(typed: &Path) -> Result<Self, Failure> {
        let attempt = |name: &str| format!("cannot write the list of changes to {name}");
        if typed == Path::new("-") {
            return Ok(Self {
                to: Box::new(io::stdout()),
                attempt: attempt("the standard output"),
            });
        }
        let attempt = attempt(&escaped_path(typed));
        match File::create(typed) {
            Ok(file) => Ok(Self {
                to: Box::new(file),
                attempt,
            }),
            Err(error) => Err(Failure::system_on(typed, attempt)(error)),
        }
    }

    /// Writes it, as far as there is anybody to read it.
    pub(crate) fn write(self, changes: Changes) -> Result<(), Failure> {
        let _comparing = tracing::info_span!("listing what has changed in the root").entered();
        let mut to = BufWriter::new(self.to);
        let mut unseen = 0_u64;
        for change in changes {
            let written = match change {
                Ok(change) => json::write(&mut to, &change),
                Err(error) => {
                    unseen += 1;
                    if unseen <= MOST_TOLD {
                        report::failure(&error.into());
                    }
                    Ok(())
                }
            };
            if let Err(error) = written {
                return unwritten(self.attempt, error);
            }
        }
        if let Err(error) = to.flush() {
            return unwritten(self.attempt, error);
        }
        let lacking = match unseen {
            0 => return Ok(()),
            1 => "one path".to_owned(),
            _ => format!("{unseen} paths"),
        };
        Err(Failure::Other {
            why: format!("the list of changes is not complete: {lacking} could not be looked at"),
            help: None,
        })
    }
}

fn unwritten(attempt: String, error: io::Error) -> Result<(), Failure> {
    match error.kind() {
        // Whoever reads it has seen enough.
        ErrorKind::BrokenPipe => Ok(()),
        _ => Err(Failure::system(attempt)(error)),
    }
}
