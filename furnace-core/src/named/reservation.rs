//! A name that is taken, for a container that is not there yet.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use furnace_sys::Errno;

use super::container::Registration;
use super::directory::RuntimeDirectory;
use super::entry::Entry;
use super::identity::Identity;
use super::record::Record;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};

/// A name that no other container can get. Dropping it frees the name.
///
/// ```no_run
/// use furnace_core::{Container, RuntimeDirectory};
///
/// # fn main() -> furnace_core::Result<()> {
/// let reservation = RuntimeDirectory::of_user()?.reserve("web")?;
/// let container = Container::builder("/srv/debian").start()?;
/// container.detach_as(reservation)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Reservation {
    runtime: RuntimeDirectory,
    name: String,
    directory: OwnedFd,
    entry: Entry,
    kept: bool,
}

impl Reservation {
    pub(super) fn new(runtime: RuntimeDirectory, name: String, directory: OwnedFd, entry: Entry) -> Self {
        Self {
            runtime,
            name,
            directory,
            entry,
            kept: false,
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes down a container that this process still can end.
    pub(crate) fn write(&mut self, pid1: u32, root: &Path) -> Result<Registration> {
        let attempt = || {
            let words = format!("cannot write down the container {}", self.name);
            Attempt::on(self.runtime.path_of(&self.name), words)
        };
        let written = Identity::of(pid1).and_then(|pid1| {
            self.entry.write(&Record::new(pid1.clone(), root))?;
            Ok(pid1)
        });
        let pid1 = written.map_err(|errno| match errno {
            Errno::NOENT | Errno::SRCH => {
                Error::new(Phase::Detach, ErrorKind::Ended, attempt()).because("it has ended")
            }
            other => Error::os(Phase::Detach, attempt(), other),
        })?;
        Ok(Registration::new(self.runtime.clone(), self.name.clone(), pid1))
    }

    /// From now on the name is the container's.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Err(errno) = self.entry.remove(self.directory.as_fd()) {
            tracing::warn!(name = self.name, %errno, "the name of a container that does not run could not be freed");
        }
    }
}
