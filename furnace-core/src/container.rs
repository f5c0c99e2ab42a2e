//! A running container.

use std::ffi::OsStr;
use std::sync::Arc;
use std::time::Duration;

use furnace_sys::program::Program;

use crate::command::Command;
use crate::error::Result;
use crate::plan::Prepared;
use crate::remedy;
use crate::running::Running;

/// A running container: namespaces, mounts and a PID 1, in which any number of commands run.
///
/// It ends with [`stop`](Self::stop), when it is dropped, and when the process that started it ends, however that
/// happens. Everything that runs in it is killed then, and all that was mounted in it is gone.
///
/// It can be shared between threads: commands may be spawned from many at once, and `stop` works while a spawn in
/// another thread waits. It belongs to the process that started it: a forked copy of that can't use it, and does not
/// end it by dropping its copy.
#[derive(Debug)]
pub struct Container {
    running: Arc<Running>,
}

impl Container {
    pub(crate) fn start(prepared: &Prepared, limit: Duration) -> Result<Self> {
        if tracing::enabled!(tracing::Level::DEBUG) {
            for (number, sentence) in prepared.sentences().enumerate() {
                tracing::debug!(step = number, "{sentence}");
            }
        }
        let program = Program::new().map_err(remedy::program_error)?;
        let started = Running::start(&program, &prepared.sealed, limit);
        let running = started.map_err(|failure| remedy::start_error(prepared, &failure))?;
        Ok(Self {
            running: Arc::new(running),
        })
    }

    /// A command to run in the container: `program` is looked up there, along the command's `PATH`.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        Command::new(Arc::clone(&self.running), program.as_ref())
    }

    /// The pid of the container's PID 1, in the caller's pid namespace.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// Kills all that runs in the container and waits until nothing of it is left. To stop it again is no error; nor is
    /// it that the container has died by itself.
    ///
    /// Commands that nobody waited for are reaped, and their status can still be had from their
    /// [`Child`](crate::Child).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TimedOut`](crate::ErrorKind::TimedOut) when something that was killed has not ended within 30 seconds: it sits in the kernel,
    /// or a debugger outside holds it. [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) in a forked copy of the process that started it.
    pub fn stop(&self) -> Result<()> {
        self.running.stop()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if self.running.is_owned()
            && let Err(error) = self.running.stop()
        {
            tracing::error!(%error, "a container could not be stopped");
        }
    }
}
