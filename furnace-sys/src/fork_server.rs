//! One running furnace-init, seen from the caller: how it is started, and the requests it serves.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, shutdown, socketpair,
};

pub use crate::launch::LaunchFailure;
use crate::launch::launch;
use crate::maker;
use crate::pidfd::{Pidfd, readable_within};
use crate::plan::SealedPlan;
use crate::program::Program;
use crate::request::Request;
use crate::vfork::Child;
use crate::wire::{Asked, DESCRIPTORS_MAX, Envelope, HANDED_MAX, Reply, Report, Stage, Word};

/// How many descriptors a command can be given: what one message carries, less the one that Furnace itself may send.
pub const COMMAND_DESCRIPTORS_MAX: usize = DESCRIPTORS_MAX - 1;

/// What the largest answer carries: PID 1, and what the plan hands over.
const DESCRIPTORS_TAKEN: usize = 1 + HANDED_MAX;

/// Why there is no container.
#[derive(Debug)]
pub enum StartFailure {
    /// The socket to furnace-init, or the pidfd of this process, could not be made.
    Channel(Errno),
    /// furnace-init could not be started.
    Launch(LaunchFailure),
    /// The process that does the first part of its work could not be started.
    Maker(Errno),
    /// A step of the plan failed, or what is [beside it](crate::wire::beside_the_plan).
    Step(u32, Errno),
    /// furnace-init ended without a word.
    Died,
    /// furnace-init did not answer in time.
    TimedOut,
}

/// Why there is no command.
#[derive(Debug)]
pub enum RequestFailure {
    /// The request could not be sent.
    Send(Errno),
    /// The fork server refused, or failed at a stage.
    Stage(Stage, Errno),
    /// The container has ended.
    Gone,
    /// The fork server did not answer in time; it is of no use any more.
    TimedOut,
}

/// A running fork server. Dropping it closes the socket to it, whereupon it ends, and with it the container that it has
/// made and not detached; but waits for nothing.
#[derive(Debug)]
pub struct ForkServer {
    control: OwnedFd,
    process: Pidfd,
    pid: i32,
}

/// A container just made.
#[derive(Debug)]
pub struct Started {
    /// Its PID 1.
    pub pid1: Pidfd,
    /// The pid of its PID 1, in the caller's pid namespace; 0 for one that was joined.
    pub pid1_id: i32,
    /// What the plan hands over, in its order.
    pub handed: [Option<OwnedFd>; HANDED_MAX],
}

/// A command just cloned, which may or may not have been executed yet; or a walker, which may or may not be done.
#[derive(Debug)]
pub struct Newcomer {
    /// Its pid in the caller's pid namespace, of which it is a child.
    pub pid: i32,
    /// The pipe in which it says why it could not become its command ([`read_report`]), or what came of the walk
    /// ([`read_walk`]).
    pub report: OwnedFd,
    /// Its pidfd, unless it has ended and been reaped by somebody else before one could be opened.
    pub pidfd: Option<Pidfd>,
}

impl ForkServer {
    /// Starts furnace-init, which makes the container that `plan` describes, or joins the one with this PID 1, and waits
    /// until it has; `limit` is for this and for every request.
    ///
    /// # Errors
    ///
    /// See [`StartFailure`]. Whatever furnace-init had begun ends with it; it has been reaped.
    pub fn start(
        program: &Program,
        plan: &SealedPlan,
        joined: Option<&Pidfd>,
        limit: Duration,
    ) -> Result<(Self, Started), StartFailure> {
        let server = Self::begin(program, plan, joined, limit)?;
        let started = server.started()?;
        Ok((server, started))
    }

    /// As [`start`](Self::start), but does not wait until the container is there: [`started`](Self::started) is to be called
    /// before any answer is awaited. A request may be made before.
    ///
    /// # Errors
    ///
    /// See [`StartFailure`].
    pub fn begin(
        program: &Program,
        plan: &SealedPlan,
        joined: Option<&Pidfd>,
        limit: Duration,
    ) -> Result<Self, StartFailure> {
        let flags = SocketFlags::CLOEXEC;
        let (control, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).map_err(StartFailure::Channel)?;
        let limit = Some(limit.max(Duration::from_micros(1)));
        set_socket_timeout(&control, Timeout::Recv, limit).map_err(StartFailure::Channel)?;
        set_socket_timeout(&control, Timeout::Send, limit).map_err(StartFailure::Channel)?;
        let owner = Pidfd::of_this_process().map_err(StartFailure::Channel)?;
        let inherited = [
            theirs.as_fd(),
            plan.as_fd(),
            owner.as_fd(),
            joined.unwrap_or(&owner).as_fd(),
        ];
        let Child { pid, pidfd } = launch(program.as_fd(), inherited).map_err(StartFailure::Launch)?;
        let server = Self {
            control,
            process: pidfd.into(),
            pid,
        };
        if plan.has_maker {
            match maker::make(server.control.as_fd(), plan) {
                Ok(true) => {}
                // Where the fork server has not ended before, and said why, it hears so that nothing will come.
                Ok(false) => server.close(),
                Err(errno) => {
                    server.end_at_once();
                    return Err(StartFailure::Maker(errno));
                }
            }
        }
        Ok(server)
    }

    /// Waits until the container is there, once.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn started(&self) -> Result<Started, StartFailure> {
        let failure = match self.receive() {
            Ok((
                Reply {
                    errno: 0, pid: pid1_id, ..
                },
                [Some(pid1), handed @ ..],
            )) => {
                return Ok(Started {
                    pid1: pid1.into(),
                    pid1_id,
                    handed,
                });
            }
            Ok((Reply { errno: 0, .. }, _)) | Err(Received::Nothing) => StartFailure::Died,
            Ok((Reply { step, errno, .. }, _)) => StartFailure::Step(step, errno_from(errno)),
            Err(Received::TooLate) => StartFailure::TimedOut,
            Err(Received::Cut) => StartFailure::Channel(Errno::MFILE),
        };
        self.end_at_once();
        Err(failure)
    }

    fn end_at_once(&self) {
        self.kill();
        // Killed, it ends; if it sits in the kernel beyond that, there is nothing to wait for.
        let _ = self.process.wait_within(Duration::from_secs(10));
    }

    /// Its pid in the caller's pid namespace.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Its process, a child of the caller.
    #[must_use]
    pub fn process(&self) -> &Pidfd {
        &self.process
    }

    /// Kills it; PID 1 follows.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Tells it to end the container, whatever it is waiting for. A request under way in another thread ends.
    pub fn close(&self) {
        // It fails only when the other end is gone.
        let _ = shutdown(&self.control, rustix::net::Shutdown::Write);
    }

    /// Asks for a command. Requests are served one at a time: the caller must not ask again before it has taken the
    /// [answer](Self::newcomer).
    ///
    /// `descriptors` are those for the numbers in `request`.
    ///
    /// # Errors
    ///
    /// See [`RequestFailure`].
    pub fn request(&self, request: &Request, descriptors: &[BorrowedFd<'_>]) -> Result<(), RequestFailure> {
        let encoded = request.encode().map_err(RequestFailure::Send)?;
        let memfd = encoded.memfd.as_ref().map(AsFd::as_fd);
        let all: Vec<_> = memfd.into_iter().chain(descriptors.iter().copied()).collect();
        self.send(Asked::Command, &encoded.message, &all).map_err(not_sent)
    }

    /// Asks for a process that walks `plan` in the container, where nothing can see it; `descriptors` fill the plan's
    /// first slots. As for a command, one request at a time.
    ///
    /// # Errors
    ///
    /// See [`RequestFailure`].
    pub fn walk(&self, plan: &SealedPlan, descriptors: &[BorrowedFd<'_>]) -> Result<(), RequestFailure> {
        let plan = plan.as_fd();
        let all: Vec<_> = std::iter::once(plan).chain(descriptors.iter().copied()).collect();
        self.send(Asked::Walk, &[], &all).map_err(not_sent)
    }

    /// Lets the container live on when this process, or the caller, ends. Then this is no different from a fork server
    /// that has joined it.
    ///
    /// # Errors
    ///
    /// See [`RequestFailure`]. Whether the container would live on is not known then: it is to be killed.
    pub fn detach(&self) -> Result<(), RequestFailure> {
        self.send(Asked::Detach, &[], &[]).map_err(not_sent)?;
        match self.receive() {
            Ok((Reply { errno: 0, .. }, _)) => Ok(()),
            Ok(_) | Err(Received::Nothing | Received::Cut) => Err(RequestFailure::Gone),
            Err(Received::TooLate) => Err(RequestFailure::TimedOut),
        }
    }

    /// Waits for what was asked for.
    ///
    /// # Errors
    ///
    /// See [`RequestFailure`].
    pub fn newcomer(&self) -> Result<Newcomer, RequestFailure> {
        match self.receive() {
            Ok((Reply { errno: 0, pid, .. }, [Some(report), pidfd, ..])) => Ok(Newcomer {
                pid,
                report,
                pidfd: pidfd.map(Pidfd::from),
            }),
            Ok((Reply { step, errno, .. }, _)) => {
                let stage = Stage::from_word(step).unwrap_or(Stage::Request);
                Err(RequestFailure::Stage(stage, errno_from(errno)))
            }
            Err(Received::Nothing) => Err(RequestFailure::Gone),
            Err(Received::TooLate) => Err(RequestFailure::TimedOut),
            Err(Received::Cut) => Err(RequestFailure::Send(Errno::MFILE)),
        }
    }

    /// A newcomer whose request was given up before its answer came; nothing when there is none.
    #[must_use]
    pub fn late_answer(&self) -> Option<Newcomer> {
        while readable_within(self.control.as_fd(), Duration::ZERO) == Ok(true) {
            match self.receive() {
                Ok((Reply { errno: 0, pid, .. }, [Some(report), pidfd, ..])) => {
                    return Some(Newcomer {
                        pid,
                        report,
                        pidfd: pidfd.map(Pidfd::from),
                    });
                }
                Ok(_) => {}
                Err(_) => return None,
            }
        }
        None
    }

    fn send(&self, asked: Asked, message: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<(), Errno> {
        let [word] = Envelope { asked }.encode();
        let envelope = word.to_ne_bytes();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
            return Err(Errno::TOOBIG);
        }
        let parts = [IoSlice::new(&envelope), IoSlice::new(message)];
        rustix::io::retry_on_intr(|| sendmsg(&self.control, &parts, &mut control, SendFlags::NOSIGNAL)).map(drop)
    }

    fn receive(&self) -> Result<(Reply, [Option<OwnedFd>; DESCRIPTORS_TAKEN]), Received> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_TAKEN))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut bytes = [0; Reply::BYTES];
        let got = loop {
            let parts = &mut [IoSliceMut::new(&mut bytes)];
            match recvmsg(&self.control, parts, &mut control, RecvFlags::CMSG_CLOEXEC) {
                // Reset by a fork server that ended with a request unread: what it said before is still to come, once.
                Err(Errno::INTR | Errno::CONNRESET) => {}
                Err(Errno::AGAIN) => return Err(Received::TooLate),
                Err(_) => return Err(Received::Nothing),
                Ok(got) => break got,
            }
        };
        let mut came = [const { None }; DESCRIPTORS_TAKEN];
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                for (place, descriptor) in came.iter_mut().zip(descriptors) {
                    *place = Some(descriptor);
                }
            }
        }
        if got.flags.contains(ReturnFlags::CTRUNC) {
            return Err(Received::Cut);
        }
        match Reply::decode(words(bytes)) {
            Some(reply) if got.bytes == Reply::BYTES && !got.flags.contains(ReturnFlags::TRUNC) => Ok((reply, came)),
            _ => Err(Received::Nothing),
        }
    }
}

fn not_sent(errno: Errno) -> RequestFailure {
    match errno {
        Errno::PIPE | Errno::CONNRESET => RequestFailure::Gone,
        other => RequestFailure::Send(other),
    }
}

enum Received {
    Nothing,
    TooLate,
    /// This process had no room for the descriptors that came with it.
    Cut,
}

/// What became of a newcomer, from its report pipe.
#[derive(Debug, PartialEq, Eq)]
pub enum Beginning {
    /// It has been executed, or killed before it could.
    Executed,
    /// It could not become its command.
    Failed(Stage, Errno),
    /// It has neither been executed nor failed within the limit.
    HeldUp,
}

/// Reads the report of a newcomer, which ends when the command has been executed. Something inside may hold the
/// newcomer up, or write to its pipe, or read from it: the wait has a limit, the pipe never blocks, and what it says is
/// believed only if it is well formed.
///
/// # Errors
///
/// What poll(2) or read(2) fail with.
pub fn read_report(report: BorrowedFd<'_>, limit: Duration) -> Result<Beginning, Errno> {
    let mut bytes = [0; Report::BYTES];
    let Some(got) = read_within(report, &mut bytes, limit)? else {
        return Ok(Beginning::HeldUp);
    };
    if got == 0 {
        return Ok(Beginning::Executed);
    }
    let report = Report::decode(words(bytes)).filter(|_| got == Report::BYTES);
    let failed = report.and_then(|report| Some((Stage::from_word(report.stage)?, errno_from(report.errno))));
    let (stage, errno) = failed.unwrap_or((Stage::Execute, Errno::IO));
    Ok(Beginning::Failed(stage, errno))
}

/// What came of a walk, from the walker's pipe.
#[derive(Debug, PartialEq, Eq)]
pub enum Walk {
    /// Every step was taken.
    Done,
    /// A step failed, or what is [beside the plan](crate::wire::beside_the_plan).
    Failed(u32, Errno),
    /// The walker has ended without a word: it was killed.
    Died,
    /// It was not done within the limit.
    HeldUp,
}

/// Reads what a walker has to say.
///
/// # Errors
///
/// What poll(2) or read(2) fail with.
pub fn read_walk(report: BorrowedFd<'_>, limit: Duration) -> Result<Walk, Errno> {
    let mut bytes = [0; Reply::BYTES];
    let Some(got) = read_within(report, &mut bytes, limit)? else {
        return Ok(Walk::HeldUp);
    };
    Ok(match Reply::decode(words(bytes)).filter(|_| got == Reply::BYTES) {
        Some(Reply { errno: 0, .. }) => Walk::Done,
        Some(Reply { step, errno, .. }) => Walk::Failed(step, errno_from(errno)),
        None => Walk::Died,
    })
}

/// read(2) of a pipe that never blocks, as soon as there is something or its end; nothing after `limit`.
fn read_within(report: BorrowedFd<'_>, bytes: &mut [u8], limit: Duration) -> Result<Option<usize>, Errno> {
    let begun = Instant::now();
    loop {
        if !readable_within(report, limit.saturating_sub(begun.elapsed()))? {
            return Ok(None);
        }
        match rustix::io::read(report, &mut *bytes) {
            Err(Errno::INTR | Errno::AGAIN) => {}
            other => return other.map(Some),
        }
    }
}

fn words<const BYTES: usize, const WORDS: usize>(bytes: [u8; BYTES]) -> [u32; WORDS] {
    let mut words = [0; WORDS];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    words
}

/// An errno that came over a wire: what is none becomes `EIO`.
fn errno_from(word: u32) -> Errno {
    match i32::try_from(word) {
        Ok(number @ 1..=4095) => Errno::from_raw_os_error(number),
        _ => Errno::IO,
    }
}
