//! A running container.

pub(crate) mod children;
mod detaching;
mod devpts;
mod exiting;
mod joining;
mod layer;
mod mounting;
pub(crate) mod running;
mod strays;
pub(crate) mod terminal;
mod terminals;
pub(crate) mod tmpfiles;
mod users;

pub use joining::JoinOptions;
pub use layer::LayerUsage;
pub use terminal::Terminal;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use furnace_sys::Errno;
use furnace_sys::flags::Propagation;
use furnace_sys::program::Program;
use rustix::io::fcntl_dupfd_cloexec;

use children::lock;
use layer::HeldLayer;
use running::{Origin, Running};
use terminals::Terminals;

use crate::changes::Changes;
use crate::command::Command;
use crate::console::Shell;
use crate::error::remedy;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};
use crate::named::Registration;
use crate::plan::{InHand, Prepared, tell_steps};
use crate::root::Upper;

/// A running container: namespaces, mounts and a PID 1, in which any number of commands run.
///
/// It ends with [`stop`](Self::stop), when it is dropped, and when the process that started it ends, however that
/// happens. Everything that runs in it is killed then, and all that was mounted in it is gone. Only when it has been
/// [detached](Self::detach) it lives on, until it is stopped by its name.
///
/// It can be shared between threads: commands may be spawned from many at once, and `stop` works while a spawn in
/// another thread waits. It belongs to the process that started it: a forked copy of that can't use it, and does not
/// end it by dropping its copy.
#[derive(Debug)]
pub struct Container {
    running: Arc<Running>,
    /// What a mount made later has, unless it is to have its own.
    propagation: Propagation,
    terminals: Terminals,
    /// Until it is stopped.
    layer: Mutex<Option<HeldLayer>>,
    /// The root directory, or disk image.
    root: PathBuf,
    /// What people are told that they are in.
    host: OsString,
    /// Of its name, if it has one.
    registration: Mutex<Option<Registration>>,
}

/// When a start is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Now,
    /// When the container is first used.
    Later,
}

impl Container {
    /// Starts one; whether it can be made is known when it first has to be, if the `wait` is not for now.
    pub(crate) fn start(prepared: &Arc<Prepared>, limit: Duration, wait: Wait) -> Result<Self> {
        let _starting = tracing::info_span!("starting the container").entered();
        tell_steps(&prepared.plan);
        prepared.config.root.check_again()?;
        let upper = match &prepared.config.root.layer {
            Some(layer) => Upper::take(layer)?,
            None => None,
        };
        let program = Program::new().map_err(remedy::program_error)?;
        let (running, handed) = match wait {
            // What is handed over comes with the answer.
            Wait::Later if prepared.plan.handed.is_empty() => {
                let running = Running::start_ahead(&program, prepared, limit)?;
                (running, Default::default())
            }
            Wait::Now | Wait::Later => Running::start(&program, prepared, limit)?,
        };
        let InHand { terminals, layer } = InHand::sort(&prepared.config, handed);
        let config = &prepared.config;
        let terminals = Terminals::of_started(config.terminals, terminals);
        let root = config.root.path().to_owned();
        let mut container = Self::new(running, root, config.propagation, terminals);
        container.host = OsStr::from_bytes(config.hostname.as_bytes()).to_owned();
        container.layer = Mutex::new(layer.map(|layer| HeldLayer::new(layer, upper)));
        Ok(container)
    }

    fn new(running: Running, root: PathBuf, propagation: Propagation, terminals: Terminals) -> Self {
        Self {
            running: Arc::new(running),
            propagation,
            terminals,
            layer: Mutex::default(),
            root,
            host: OsString::new(),
            registration: Mutex::default(),
        }
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
        self.running.stop()?;
        drop(lock(&self.layer).take());
        match lock(&self.registration).take() {
            Some(registration) => registration.forget(),
            None => Ok(()),
        }
    }

    /// Makes a new terminal in the container, for a command to be [on](crate::Command::terminal).
    ///
    /// # Errors
    ///
    /// When no more terminals can be had (`ENOSPC`: see the sysctl `kernel.pty.max`), or the container has no
    /// `/dev/pts` of its own, or was started [without terminals](crate::Builder::terminals).
    pub fn terminal(&self) -> Result<Terminal> {
        self.terminals.open(self.id())
    }

    /// A shell in the container for whoever sits at the caller's terminal; see [`Shell`].
    ///
    /// ```no_run
    /// # fn main() -> furnace_core::Result<()> {
    /// let container = furnace_core::Container::builder("/srv/debian").own_session(true).start()?;
    /// let status = container.shell().run()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn shell(&self) -> Shell<'_> {
        Shell::new(self, &self.host)
    }

    /// How full the file system is that keeps the changes of the root; nothing where there is no overlay that keeps any.
    /// A command inside that finds it full fails with "no space left on device", which says nothing of this.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ended`](crate::ErrorKind::Ended) after [`stop`](Self::stop).
    pub fn layer_usage(&self) -> Result<Option<LayerUsage>> {
        let attempt = Attempt::on_no_path("cannot tell how full the layer is");
        self.with_layer(&attempt, HeldLayer::usage)
    }

    /// How the root differs from the tree below its layer: an iterator that looks as it goes, at any time while the
    /// container runs, and also after [`stop`](Self::stop) if it was asked for before. Mount targets that were made are
    /// differences too; what is in mounts is not looked at. Nothing where the root has no layer: with
    /// [`overlay`](crate::Builder::overlay) and [`ephemeral`](crate::Builder::ephemeral) it has.
    ///
    /// Until the iterator is dropped, it keeps an ephemeral layer in memory, and the loop device of an image.
    ///
    /// ```no_run
    /// # fn main() -> furnace_core::Result<()> {
    /// let container = furnace_core::Container::builder("/srv/debian").ephemeral(true).start()?;
    /// container.command("apt-get").args(["install", "-y", "gcc"]).status()?;
    /// let changes = container.changes()?;
    /// container.stop()?;
    /// for change in changes.into_iter().flatten() {
    ///     println!("{:?}", change?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ended`](crate::ErrorKind::Ended) after [`stop`](Self::stop); those of [`Changes::between`].
    pub fn changes(&self) -> Result<Option<Changes>> {
        let attempt = Attempt::on_no_path("cannot tell what has changed in the root");
        let copies = self.with_layer(&attempt, |layer| {
            Ok((
                fcntl_dupfd_cloexec(&layer.upper, 0)?,
                fcntl_dupfd_cloexec(&layer.lower, 0)?,
            ))
        })?;
        copies.map(|(upper, lower)| Changes::between(upper, lower)).transpose()
    }

    fn with_layer<T>(&self, attempt: &Attempt, look: impl FnOnce(&HeldLayer) -> Result<T, Errno>) -> Result<Option<T>> {
        match lock(&self.layer).as_ref() {
            Some(layer) => look(layer)
                .map(Some)
                .map_err(|errno| Error::os(Phase::Wait, attempt, errno)),
            None if self.running.origin() != Origin::Started => {
                Err(Error::new(Phase::Wait, ErrorKind::Unsupported, attempt)
                    .because("only who started the container holds its layer"))
            }
            None if self.running.is_stopped() => {
                Err(Error::new(Phase::Wait, ErrorKind::Ended, attempt).because("the container has been stopped"))
            }
            None => Ok(None),
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if !self.running.is_owned() {
            return;
        }
        if self.running.lives_on() {
            self.running.leave();
        } else if let Err(error) = self.stop() {
            tracing::error!(%error, "a container could not be stopped");
        }
    }
}
