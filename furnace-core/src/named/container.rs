//! A container that was found by its name.

use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use furnace_sys::Errno;
use furnace_sys::pidfd::Pidfd;

use super::directory::RuntimeDirectory;
use super::entry::{Access, Entry, Missing, PATIENCE};
use super::identity::Identity;
use super::record::{Content, Record};
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};

/// How long a stop waits for what has been killed. Only the kernel can hold that up, or who has not waited for a command.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A container that was found by its name, and ran then. It is held by a pidfd: whatever happens to the name, this means
/// the same container.
///
/// It can be shared between threads. Dropping it does nothing to the container.
///
/// ```no_run
/// # fn main() -> furnace_core::Result<()> {
/// let web = furnace_core::RuntimeDirectory::of_user()?.find("web")?;
/// println!("since {:?} in {}", web.started(), web.root().display());
/// web.stop()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct NamedContainer {
    runtime: RuntimeDirectory,
    name: String,
    record: Record,
    pid1: Pidfd,
}

impl NamedContainer {
    pub(super) fn new(runtime: RuntimeDirectory, name: String, record: Record, pid1: Pidfd) -> Self {
        Self {
            runtime,
            name,
            record,
            pid1,
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pid of its PID 1.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.record.pid1.pid
    }

    /// The root directory, or disk image, that it was started with.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.record.root()
    }

    /// When it got its name, by the clock of the time.
    #[must_use]
    pub fn started(&self) -> SystemTime {
        self.record.started()
    }

    pub(crate) fn pid1(&self) -> Result<Pidfd, Errno> {
        Ok(self.pid1.as_fd().try_clone_to_owned().map_err(|_| Errno::MFILE)?.into())
    }

    pub(crate) fn registration(&self) -> Registration {
        Registration::new(self.runtime.clone(), self.name.clone(), self.record.pid1.clone())
    }

    /// Kills all that runs in it, waits until nothing of it is left, and frees the name. That it has ended already is no
    /// error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TimedOut`] when something that was killed has not ended within 30 seconds: it sits in the kernel, or
    /// the process that has it as a child does not wait for it.
    pub fn stop(&self) -> Result<()> {
        let attempt = || Attempt::on_no_path(format!("cannot stop the container {}", self.name));
        self.pid1.kill();
        if !self.wait_within(STOP_LIMIT)? {
            return Err(Error::new(Phase::Stop, ErrorKind::TimedOut, attempt())
                .because(format!(
                    "what was killed has not ended within {} seconds",
                    STOP_LIMIT.as_secs()
                ))
                .with_remedy("it sits in the kernel, or whoever ran a command in it does not wait for that"));
        }
        Ok(())
    }

    /// Waits until it has ended, by whatever cause, and frees the name.
    ///
    /// # Errors
    ///
    /// When the name can't be freed.
    pub fn wait(&self) -> Result<()> {
        while !self.wait_within(Duration::MAX)? {}
        Ok(())
    }

    /// As [`wait`](Self::wait), but no longer than `limit`; whether it has ended.
    ///
    /// # Errors
    ///
    /// When the name can't be freed.
    pub fn wait_within(&self, limit: Duration) -> Result<bool> {
        let _waiting = tracing::info_span!("waiting for the end of the container").entered();
        let attempt = || Attempt::on_no_path(format!("cannot wait for the container {}", self.name));
        let ended = self.pid1.ends_within(limit);
        let ended = ended.map_err(|errno| Error::os(Phase::Wait, attempt(), errno))?;
        if ended {
            self.registration().forget()?;
        }
        Ok(ended)
    }
}

/// The record of one container, whatever container its name may mean by now.
#[derive(Debug)]
pub(crate) struct Registration {
    runtime: RuntimeDirectory,
    name: String,
    pid1: Identity,
}

impl Registration {
    pub(super) fn new(runtime: RuntimeDirectory, name: String, pid1: Identity) -> Self {
        Self { runtime, name, pid1 }
    }

    /// Frees the name of a container that has ended, unless another has it by now.
    pub(crate) fn forget(&self) -> Result<()> {
        let failed = |errno| {
            let attempt = Attempt::on(
                self.runtime.path_of(&self.name),
                format!("cannot free the name {}", self.name),
            );
            Error::os(Phase::Stop, attempt, errno)
        };
        let Some(directory) = self.runtime.open()? else {
            return Ok(());
        };
        let mut entry = match Entry::lock(directory.as_fd(), &self.name, Access::Change, PATIENCE) {
            Ok(entry) => entry,
            // Whoever has it locked is about to use the name again.
            Err(Missing::NoSuchName | Missing::Busy | Missing::NoRecord) => return Ok(()),
            Err(Missing::Failed(errno)) => return Err(failed(errno)),
        };
        match entry.read().map_err(failed)? {
            Content::Record(record) if record.pid1 == self.pid1 => entry.remove(directory.as_fd()).map_err(failed),
            _ => Ok(()),
        }
    }
}
