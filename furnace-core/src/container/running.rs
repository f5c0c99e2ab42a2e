//! What a container and its commands share: the fork server, PID 1, and the commands that nobody has waited for yet.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, TryLockError};
use std::time::{Duration, Instant};

use furnace_sys::Errno;
use furnace_sys::fork_server::{
    Beginning, ForkServer, Newcomer, RequestFailure, StartFailure, Started, Walk, read_report, read_walk,
};
use furnace_sys::pidfd::{Pidfd, State};
use furnace_sys::plan::SealedPlan;
use furnace_sys::program::Program;
use furnace_sys::request::Request;
use furnace_sys::wire::{HANDED_MAX, Stage};

use crate::container::children::{Children, Process, lock};
use crate::container::exiting::is_exiting;
use crate::container::strays;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result, remedy};
use crate::plan::Prepared;

/// How long a stop waits for what has been killed. Only the kernel can hold that up.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// How long the fork server may take to end by itself once the container is being stopped.
const FORK_SERVER_GRACE: Duration = Duration::from_secs(2);

/// What a container and its commands share.
#[derive(Debug)]
pub(crate) struct Running {
    server: ForkServer,
    /// As soon as the container is made.
    init: OnceLock<Init>,
    /// Until it is known whether it is.
    starting: Mutex<Option<Starting>>,
    children: Arc<Children>,
    /// One request at a time.
    turn: Mutex<()>,
    /// Whether it has been stopped; held while it is being.
    stopped: Mutex<bool>,
    limit: Duration,
    owner: u32,
    origin: Origin,
    /// Whether the container outlives this.
    lives_on: AtomicBool,
}

/// The PID 1 of a container.
#[derive(Debug)]
struct Init {
    pidfd: Pidfd,
    /// As the caller sees it.
    pid: i32,
}

/// What is being made.
#[derive(Debug)]
struct Starting {
    prepared: Arc<Prepared>,
    begun: Instant,
}

/// Where a container comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This process has started it.
    Started,
    /// Another one has, and has detached it.
    Attached,
    /// It is not of Furnace, or not known to be.
    Foreign,
}

impl Running {
    /// Starts a container, and waits until it is made.
    pub(crate) fn start(
        program: &Program,
        prepared: &Arc<Prepared>,
        limit: Duration,
    ) -> Result<(Self, [Option<OwnedFd>; HANDED_MAX])> {
        let running = Self::start_ahead(program, prepared, limit)?;
        let handed = running.settle()?;
        Ok((running, handed.unwrap_or_default()))
    }

    /// Starts a container that hands nothing over, and waits for nothing.
    pub(crate) fn start_ahead(program: &Program, prepared: &Arc<Prepared>, limit: Duration) -> Result<Self> {
        let begun = Instant::now();
        let server = ForkServer::begin(program, &prepared.sealed, None, limit)
            .map_err(|failure| remedy::start_error(prepared, &failure))?;
        let starting = Starting {
            prepared: Arc::clone(prepared),
            begun,
        };
        Ok(Self {
            starting: Mutex::new(Some(starting)),
            ..Self::new(server, Origin::Started, limit)
        })
    }

    /// With a plan that joins the container that ends with this process.
    pub(crate) fn join(
        program: &Program,
        plan: &SealedPlan,
        (pidfd, id): (Pidfd, u32),
        origin: Origin,
        limit: Duration,
    ) -> Result<Self, StartFailure> {
        let (server, _) = ForkServer::start(program, plan, Some(&pidfd), limit)?;
        let pid = id.cast_signed();
        Ok(Self {
            init: Init { pidfd, pid }.into(),
            ..Self::new(server, origin, limit)
        })
    }

    fn new(server: ForkServer, origin: Origin, limit: Duration) -> Self {
        Self {
            server,
            init: OnceLock::new(),
            starting: Mutex::new(None),
            children: Arc::default(),
            turn: Mutex::new(()),
            stopped: Mutex::new(false),
            limit,
            owner: std::process::id(),
            origin,
            lives_on: AtomicBool::new(origin != Origin::Started),
        }
    }

    /// Waits until the container is made, if nobody has yet; gives what it hands over to whoever did.
    fn settle(&self) -> Result<Option<[Option<OwnedFd>; HANDED_MAX]>> {
        // The answer is the owner's, whose socket a forked copy shares.
        if !self.is_owned() {
            return Ok(None);
        }
        let mut starting = lock(&self.starting);
        let Some(Starting { prepared, begun }) = starting.take() else {
            return Ok(None);
        };
        let Started { pid1, pid1_id, handed } = self
            .server
            .started()
            .map_err(|failure| remedy::start_error(&prepared, &failure))?;
        tracing::debug!(
            pid1 = pid1_id,
            fork_server = self.server.pid(),
            took = begun.elapsed().as_secs_f64(),
            "container started"
        );
        let init = Init {
            pidfd: pid1,
            pid: pid1_id,
        };
        // Nobody else has set it: who takes what is starting is the only one.
        let _ = self.init.set(init);
        Ok(Some(handed))
    }

    /// Waits until the container is made.
    pub(crate) fn made(&self) -> Result<()> {
        self.settle()?;
        match self.init.get() {
            Some(_) => Ok(()),
            // That it is none of its business, is told where it wants something.
            None if !self.is_owned() => Ok(()),
            None => Err(Error::new(
                Phase::Start,
                ErrorKind::Ended,
                Attempt::on_no_path("cannot use the container"),
            )
            .because("it could not be made")),
        }
    }

    /// The pid of PID 1, as the caller sees it.
    pub(crate) fn id(&self) -> u32 {
        // Why there is none, is told where something is asked of the container.
        let _ = self.settle();
        self.init.get().map_or(0, |init| init.pid.unsigned_abs())
    }

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
        let begun = Instant::now();
        let (process, report) = self.clone_newcomer(|server| server.request(request, descriptors))?;
        let beginning = read_report(report.as_fd(), self.limit).map_err(SpawnFailure::Report)?;
        tracing::trace!(
            pid = process.pid,
            executed = matches!(beginning, Beginning::Executed),
            took = begun.elapsed().as_secs_f64(),
            "a process has begun"
        );
        match beginning {
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

    /// Has a process of its own walk a plan in the container, where nothing can see it, and waits until it has. The
    /// descriptors fill the plan's first slots.
    pub(crate) fn walk(&self, plan: &SealedPlan, descriptors: &[BorrowedFd<'_>]) -> Result<(), WalkFailure> {
        if !self.is_owned() {
            return Err(SpawnFailure::NotOwner.into());
        }
        let begun = Instant::now();
        let (walker, report) = self.clone_newcomer(|server| server.walk(plan, descriptors))?;
        let told = read_walk(report.as_fd(), self.limit).map_err(SpawnFailure::Report);
        tracing::trace!(
            pid = walker.pid,
            ?told,
            took = begun.elapsed().as_secs_f64(),
            "a plan was walked"
        );
        self.discard(&walker);
        match told? {
            Walk::Done => Ok(()),
            Walk::Failed(step, errno) => Err(WalkFailure::Step(step, errno)),
            Walk::Died => Err(WalkFailure::Died),
            // It may have been done at the last moment.
            Walk::HeldUp => match read_walk(report.as_fd(), Duration::ZERO) {
                Ok(Walk::Done) => Ok(()),
                Ok(Walk::Failed(step, errno)) => Err(WalkFailure::Step(step, errno)),
                _ => Err(SpawnFailure::HeldUp(self.limit).into()),
            },
        }
    }

    fn clone_newcomer(
        &self,
        ask: impl FnOnce(&ForkServer) -> Result<(), RequestFailure>,
    ) -> Result<(Arc<Process>, OwnedFd), SpawnFailure> {
        let _turn = lock(&self.turn);
        tracing::trace!(
            fork_server = self.server.pid(),
            "the fork server is asked for a process"
        );
        let asked = ask(&self.server);
        self.made().map_err(|error| SpawnFailure::Unmade(Box::new(error)))?;
        let answer = asked.and_then(|()| self.server.newcomer());
        let Newcomer { pid, report, pidfd } = answer.map_err(|failure| match failure {
            RequestFailure::Send(errno) => SpawnFailure::Send(errno),
            RequestFailure::Stage(stage, errno) if self.refuses_newcomers(stage, errno) => SpawnFailure::Ended,
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

    /// Whether there is no newcomer because PID 1 has ended, or is about to: the kernel has no error of its own for that.
    fn refuses_newcomers(&self, stage: Stage, errno: Errno) -> bool {
        match (stage, errno) {
            (Stage::JoinPidNamespace, Errno::SRCH) => true,
            (Stage::Clone, Errno::NOMEM) => self
                .init
                .get()
                .is_some_and(|init| is_exiting(init.pid) || init.pidfd.ends_within(Duration::ZERO) == Ok(true)),
            _ => false,
        }
    }

    /// Ends a newcomer that did not become its command, or a walker.
    fn discard(&self, process: &Arc<Process>) {
        /// Killed, it has ended by then, unless a tracer inside holds it: then it is left for the stop to reap.
        const SOON: Duration = Duration::from_millis(200);
        process.pidfd.kill();
        if let Err(errno) = process.wait_within(SOON) {
            tracing::warn!(pid = process.pid, %errno, "a process that is of no more use could not be reaped");
        }
        self.children.forget_reaped(process);
    }

    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    pub(crate) fn lives_on(&self) -> bool {
        self.lives_on.load(Ordering::Relaxed)
    }

    /// Lets the container outlive this. After a failure it has been ended.
    pub(crate) fn detach(&self) -> Result<(), SpawnFailure> {
        let _turn = lock(&self.turn);
        self.server.detach().map_err(|failure| {
            // Nobody knows whether it has been told.
            self.end();
            match failure {
                RequestFailure::TimedOut => SpawnFailure::Unanswered(self.limit),
                RequestFailure::Send(errno) => SpawnFailure::Send(errno),
                RequestFailure::Gone | RequestFailure::Stage(..) => SpawnFailure::Ended,
            }
        })?;
        self.lives_on.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Ends the fork server of a container that lives on.
    pub(crate) fn leave(&self) {
        self.server.close();
        if !matches!(
            self.server.process().wait_within(FORK_SERVER_GRACE),
            Ok(State::Ended(_) | State::Lost)
        ) {
            self.server.kill();
            // Killed, it ends.
            let _ = self.server.process().wait_within(FORK_SERVER_GRACE);
        }
    }

    pub(crate) fn is_owned(&self) -> bool {
        std::process::id() == self.owner
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *lock(&self.stopped)
    }

    /// Has the kernel kill everything inside.
    fn end(&self) {
        if let Some(init) = self.init.get() {
            init.pidfd.kill();
        }
        self.server.close();
    }

    pub(crate) fn stop(&self) -> Result<()> {
        if !self.is_owned() {
            return Err(Error::new(
                Phase::Stop,
                ErrorKind::InvalidInput,
                Attempt::on_no_path("cannot stop the container"),
            )
            .because("it belongs to the process that this one is a forked copy of"));
        }
        if self.origin == Origin::Foreign {
            return Err(Error::new(
                Phase::Stop,
                ErrorKind::Unsupported,
                Attempt::on_no_path("cannot stop what was joined"),
            )
            .because("who made it has to stop it"));
        }
        let mut stopped = lock(&self.stopped);
        if *stopped {
            return Ok(());
        }
        // One that could not be made has left nothing.
        let Some(init) = self.settle().ok().and_then(|_| self.init.get()) else {
            *stopped = true;
            return Ok(());
        };
        let begun = Instant::now();
        let _stopping = tracing::info_span!("stopping the container").entered();
        tracing::trace!(pid1 = init.pid, "PID 1 is killed");
        self.end();
        loop {
            self.children.reap_all(STOP_LIMIT);
            self.reap_late_newcomers();
            match self.server.process().wait_within(Duration::from_millis(20)) {
                Ok(State::Running) => {}
                Ok(State::Ended(_) | State::Lost) => break,
                Err(errno) => {
                    return Err(Error::os(
                        Phase::Stop,
                        Attempt::on_no_path("cannot wait for the container's end"),
                        errno,
                    ));
                }
            }
            if begun.elapsed() > FORK_SERVER_GRACE {
                self.server.kill();
            }
            if begun.elapsed() > STOP_LIMIT {
                return Err(Error::new(
                    Phase::Stop,
                    ErrorKind::TimedOut,
                    Attempt::on_no_path("cannot stop the container"),
                )
                .because(format!(
                    "what was killed has not ended within {} seconds",
                    STOP_LIMIT.as_secs()
                )));
            }
        }
        tracing::trace!(fork_server = self.server.pid(), "the fork server has ended");
        self.await_pid1(init, begun)?;
        *stopped = true;
        tracing::debug!(
            pid1 = init.pid,
            took = begun.elapsed().as_secs_f64(),
            "container stopped"
        );
        Ok(())
    }

    /// It has ended already, unless the fork server was killed: then it is on its way, and may need the last of its
    /// processes to be reaped.
    fn await_pid1(&self, init: &Init, begun: Instant) -> Result<()> {
        loop {
            self.children.reap_all(STOP_LIMIT);
            let gone = init.pidfd.ends_within(Duration::from_millis(20));
            if gone.map_err(|errno| {
                Error::os(
                    Phase::Stop,
                    Attempt::on_no_path("cannot wait for the end of PID 1"),
                    errno,
                )
            })? {
                return Ok(());
            }
            if begun.elapsed() > STOP_LIMIT {
                return Err(not_ended());
            }
            for pid in strays::in_pid_namespace_of(init.pid) {
                self.children.adopt(pid);
            }
        }
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
    Error::new(
        Phase::Stop,
        ErrorKind::TimedOut,
        Attempt::on_no_path("cannot stop the container"),
    )
    .because(format!(
        "what was killed has not ended within {} seconds",
        STOP_LIMIT.as_secs()
    ))
    .with_remedy(
        "it sits in the kernel, a debugger outside holds it, or another process has not waited for its command in it",
    )
}

/// Why there is no command; the command itself puts it into words.
#[derive(Debug)]
pub(crate) enum SpawnFailure {
    NotOwner,
    /// There is no container: it could not be made.
    Unmade(Box<Error>),
    Send(Errno),
    Stage(Stage, Errno),
    Report(Errno),
    /// The container has ended.
    Ended,
    /// It ended and was reaped before it could be watched.
    Vanished,
    HeldUp(Duration),
    Unanswered(Duration),
}

/// Why a plan was not walked, or not to its end.
#[derive(Debug)]
pub(crate) enum WalkFailure {
    /// There was nobody to walk it, or nobody who would have been done in time.
    NoWalker(SpawnFailure),
    /// A step failed, or what is beside the plan.
    Step(u32, Errno),
    /// The walker was killed.
    Died,
}

impl From<SpawnFailure> for WalkFailure {
    fn from(failure: SpawnFailure) -> Self {
        Self::NoWalker(failure)
    }
}
