//! A running container.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, TryLockError};
use std::time::{Duration, Instant};

use furnace_sys::fork_server::{Beginning, ForkServer, Newcomer, RequestFailure, Started, read_report};
use furnace_sys::pidfd::{Pidfd, State};
use furnace_sys::request::Request;

use crate::builder::Builder;
use crate::children::{Children, Process, lock};
use crate::command::Command;
use crate::error::{Error, ErrorKind, Phase, Result};
use crate::plan::Prepared;
use crate::remedy;
use crate::tmpfiles;

/// How long a stop waits for what has been killed. Only the kernel can hold that up.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// How long the fork server may take to end by itself once the container is being stopped.
const FORK_SERVER_GRACE: Duration = Duration::from_secs(2);

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

/// What a container and its commands share.
#[derive(Debug)]
pub(crate) struct Running {
    server: ForkServer,
    pid1: Pidfd,
    pid1_id: i32,
    children: Arc<Children>,
    /// One request at a time.
    turn: Mutex<()>,
    /// Whether it has been stopped; held while it is being.
    stopped: Mutex<bool>,
    limit: Duration,
    owner: u32,
}

impl Container {
    /// Says what a container with the root directory `root` is to be. The path is made absolute at once, and resolved
    /// by the first start.
    pub fn builder(root: impl AsRef<Path>) -> Builder {
        Builder::new(root.as_ref())
    }

    pub(crate) fn start(prepared: &Prepared, limit: Duration, run_tmpfiles: bool) -> Result<Self> {
        if tracing::enabled!(tracing::Level::DEBUG) {
            for (number, sentence) in prepared.sentences().enumerate() {
                tracing::debug!(step = number, "{sentence}");
            }
        }
        let begun = Instant::now();
        let started = ForkServer::start(&prepared.program, &prepared.sealed, limit);
        let Started { server, pid1, pid1_id } = started.map_err(|failure| remedy::start_error(prepared, &failure))?;
        tracing::debug!(pid1 = pid1_id, fork_server = server.pid(), took = ?begun.elapsed(), "container started");
        let running = Running {
            server,
            pid1,
            pid1_id,
            children: Arc::default(),
            turn: Mutex::new(()),
            stopped: Mutex::new(false),
            limit,
            owner: std::process::id(),
        };
        let container = Self {
            running: Arc::new(running),
        };
        if let Some(program) = prepared.config.host.tmpfiles.filter(|_| run_tmpfiles) {
            tmpfiles::run(&container, program);
        }
        Ok(container)
    }

    /// A command to run in the container: `program` is looked up there, along the command's `PATH`.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        Command::new(Arc::clone(&self.running), program.as_ref())
    }

    /// The pid of the container's PID 1, in the caller's pid namespace.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.running.pid1_id.unsigned_abs()
    }

    /// Kills all that runs in the container and waits until nothing of it is left. To stop it again is no error; nor is
    /// it that the container has died by itself.
    ///
    /// Commands that nobody waited for are reaped, and their status can still be had from their
    /// [`Child`](crate::Child).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TimedOut`] when something that was killed has not ended within 30 seconds: it sits in the kernel,
    /// or a debugger outside holds it. [`ErrorKind::InvalidInput`] in a forked copy of the process that started it.
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

impl Running {
    pub(crate) fn children(&self) -> &Arc<Children> {
        &self.children
    }

    /// Makes a process for a command, and waits until it has become the command.
    pub(crate) fn spawn(
        &self,
        request: &Request,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<Arc<Process>, SpawnFailure> {
        if !self.is_owned() {
            return Err(SpawnFailure::NotOwner);
        }
        let (process, report) = self.clone_newcomer(request, descriptors)?;
        match read_report(report.as_fd(), self.limit).map_err(SpawnFailure::Report)? {
            Beginning::Executed => Ok(process),
            Beginning::Failed(stage, errno) => {
                self.discard(&process);
                Err(SpawnFailure::Stage(stage, errno))
            }
            Beginning::HeldUp => {
                self.discard(&process);
                Err(SpawnFailure::HeldUp(self.limit))
            }
        }
    }

    fn clone_newcomer(
        &self,
        request: &Request,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(Arc<Process>, OwnedFd), SpawnFailure> {
        let _turn = lock(&self.turn);
        let answer = self.server.request(request, descriptors);
        let Newcomer { pid, report, pidfd } = answer.map_err(|failure| match failure {
            RequestFailure::Send(errno) => SpawnFailure::Send(errno),
            RequestFailure::Stage(stage, errno) => SpawnFailure::Stage(stage, errno),
            RequestFailure::Gone => SpawnFailure::Ended,
            RequestFailure::TimedOut => {
                // Its answer may come yet, to nobody: it can't be asked again.
                self.end();
                SpawnFailure::Unanswered(self.limit)
            }
        })?;
        // A stop has to see it from now on: PID 1 can't end before it is reaped.
        let pidfd = pidfd.ok_or(SpawnFailure::Vanished)?;
        let process = Arc::new(Process::new(pid, pidfd));
        self.children.add(Arc::clone(&process));
        Ok((process, report))
    }

    /// Ends a newcomer that did not become its command.
    fn discard(&self, process: &Arc<Process>) {
        process.pidfd.kill();
        if let Err(errno) = process.wait_within(STOP_LIMIT) {
            tracing::warn!(pid = process.pid, %errno, "a process that did not become its command could not be reaped");
        }
        self.children.forget_reaped(process);
    }

    fn is_owned(&self) -> bool {
        std::process::id() == self.owner
    }

    /// Has the kernel kill everything inside.
    fn end(&self) {
        self.pid1.kill();
        self.server.close();
    }

    fn stop(&self) -> Result<()> {
        if !self.is_owned() {
            return Err(
                Error::new(Phase::Stop, ErrorKind::InvalidInput, "cannot stop the container")
                    .because("it belongs to the process that this one is a forked copy of"),
            );
        }
        let mut stopped = lock(&self.stopped);
        if *stopped {
            return Ok(());
        }
        let begun = Instant::now();
        self.end();
        loop {
            self.children.reap_all(STOP_LIMIT);
            self.reap_late_newcomers();
            match self.server.process().wait_within(Duration::from_millis(20)) {
                Ok(State::Running) => {}
                Ok(State::Ended(_) | State::Lost) => break,
                Err(errno) => return Err(Error::os(Phase::Stop, "cannot wait for the container's end", errno)),
            }
            if begun.elapsed() > FORK_SERVER_GRACE {
                self.server.kill();
            }
            if begun.elapsed() > STOP_LIMIT {
                return Err(
                    Error::new(Phase::Stop, ErrorKind::TimedOut, "cannot stop the container").because(format!(
                        "what was killed has not ended within {} seconds",
                        STOP_LIMIT.as_secs()
                    )),
                );
            }
        }
        self.children.reap_all(STOP_LIMIT);
        // Already so, unless the fork server was killed and PID 1 is still on its way.
        let gone = self.pid1.ends_within(STOP_LIMIT);
        if !gone.map_err(|errno| Error::os(Phase::Stop, "cannot wait for the end of PID 1", errno))? {
            return Err(not_ended());
        }
        *stopped = true;
        tracing::debug!(pid1 = self.pid1_id, took = ?begun.elapsed(), "container stopped");
        Ok(())
    }

    /// Those whose spawn was given up before the fork server answered.
    fn reap_late_newcomers(&self) {
        let _turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            // A spawn is under way, and adds its newcomer itself.
            Err(TryLockError::WouldBlock) => return,
        };
        while let Some(newcomer) = self.server.late_answer() {
            if let Some(pidfd) = newcomer.pidfd {
                pidfd.kill();
                self.children.add(Arc::new(Process::new(newcomer.pid, pidfd)));
            }
        }
    }
}

fn not_ended() -> Error {
    Error::new(Phase::Stop, ErrorKind::TimedOut, "cannot stop the container")
        .because(format!("what was killed has not ended within {} seconds", STOP_LIMIT.as_secs()))
        .with_remedy("it sits in the kernel, or a debugger outside the container holds it")
}

/// Why there is no command; the command itself puts it into words.
#[derive(Debug)]
pub(crate) enum SpawnFailure {
    NotOwner,
    Send(furnace_sys::Errno),
    Stage(furnace_sys::wire::Stage, furnace_sys::Errno),
    Report(furnace_sys::Errno),
    /// The container has ended.
    Ended,
    /// It ended and was reaped before it could be watched.
    Vanished,
    HeldUp(Duration),
    Unanswered(Duration),
}
