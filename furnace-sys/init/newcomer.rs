//! A command's beginning: cloned by a thread that has let go of everything, then set up, then executed.
//!
//! From the clone on, root inside can open the newcomer's descriptors and memory. So nothing may be in them that the
//! command is not given anyway: the thread that clones has a descriptor table of its own and empties it first, and the
//! newcomer's memory is a copy, not shared, that holds its own request and nothing older.

use core::ffi::c_void;

use super::bond::Bond;
use super::fd;
use super::message::{bytes_of, cloned, reply_on};
use super::request::{Place, Request};
use super::scratch;
use super::syscalls::{self as kernel, CString, CloneArgs, Errno, Fd};
use crate::wire::{ABSENT, Report, RequestHeader, Stage, Word};

type Failure = (Stage, Errno);

/// What has been cloned.
pub(super) enum Newcomer {
    /// The caller knows of it.
    Announced,
    /// The caller has to be told, and to see for itself whether there still is a process of that pid.
    Unannounced {
        /// Its pid as the caller sees it.
        pid: i32,
        /// The end to read from of the pipe in which it says why it could not become its command.
        report: Fd,
    },
}

/// What the thread is given, and what it gives.
struct Job<'a> {
    request: Request<'a>,
    bond: &'a Bond,
    report: [Fd; 2],
    outcome: Result<Newcomer, Failure>,
}

/// Makes a child of the caller in the container.
pub(super) fn spawn(request: Request<'_>, bond: &Bond) -> Result<Newcomer, Failure> {
    // Made here and not by the caller, whose forked copies could hold the end to write to, and with it the end of file.
    let report = kernel::pipe().map_err(|errno| (Stage::Descriptors, errno))?;
    let spawned = match (request.header.process_group, request.header.new_session) {
        (ABSENT, 0) => in_thread(request, bond, report),
        // The leader of a session can't leave its group, which is not the caller's.
        (ABSENT | 0, _) if leads_session() => in_thread(request, bond, report),
        // Root inside can make it act before it has left: so it is not to begin in the caller's group.
        (ABSENT | 0, _) => in_process_group(0, request, bond, report),
        (group, _) => in_process_group(group, request, bond, report),
    };
    let [_, to_write] = report;
    kernel::close(to_write);
    spawned
}

fn leads_session() -> bool {
    kernel::process_id().is_ok_and(|id| kernel::session() == Ok(id))
}

/// A newcomer begins in the group of its cloner, which here is `group`, or one of the fork server's own for 0; inside the
/// container the group's number would mean another.
fn in_process_group(group: u32, request: Request<'_>, bond: &Bond, report: [Fd; 2]) -> Result<Newcomer, Failure> {
    let failed = |errno| (Stage::JoinProcessGroup, errno);
    let group = i32::try_from(group).map_err(|_| failed(Errno::INVAL))?;
    let own = kernel::process_group().map_err(failed)?;
    kernel::set_process_group(group).map_err(failed)?;
    let spawned = in_thread(request, bond, report);
    // If the old group has died out meanwhile, or has no number in this pid namespace, a group of its own does no harm.
    let _ = kernel::set_process_group(own);
    spawned
}

/// Returns when the thread has ended, which nothing inside the container can delay.
fn in_thread(request: Request<'_>, bond: &Bond, report: [Fd; 2]) -> Result<Newcomer, Failure> {
    let mut job = Job {
        request,
        bond,
        report,
        outcome: Err((Stage::Thread, Errno::IO)),
    };
    let arguments = CloneArgs {
        flags: kernel::CLONE_THREAD | kernel::CLONE_VM | kernel::CLONE_SIGHAND | kernel::CLONE_FS | kernel::CLONE_VFORK,
        stack: scratch::stack().expose_provenance() as u64,
        stack_size: scratch::STACK_SIZE as u64,
        ..CloneArgs::default()
    };
    // SAFETY: the stack is used by nobody else, since this waits (CLONE_VFORK) for the thread's end; so does `job` live.
    let started = unsafe { kernel::clone_thread(&arguments, thread, (&raw mut job).cast()) };
    started.map_err(|errno| (Stage::Thread, errno))?;
    job.outcome
}

extern "C" fn thread(job: *mut c_void) -> ! {
    // SAFETY: `in_thread` passes its job and does not touch it before this thread has ended.
    let job = unsafe { &mut *job.cast::<Job<'_>>() };
    let mut pidfd: Fd = -1;
    job.outcome = match clone_newcomer(job, &mut pidfd) {
        Ok(0) => become_command(job),
        Ok(pid) => Ok(announce(job, pid, pidfd)),
        Err(failure) => Err(failure),
    };
    kernel::exit_thread()
}

fn clone_newcomer(job: &Job<'_>, pidfd: &mut Fd) -> Result<i32, Failure> {
    let [to_read, _] = job.report;
    match job.bond {
        // After this the process could make no more threads, were it not for the thread alone.
        Bond::Life(_) | Bond::Guest => kernel::join_namespaces(fd::PID1, kernel::CLONE_NEWPID),
        Bond::Neighbour => Ok(()),
    }
    .map_err(|errno| (Stage::JoinPidNamespace, errno))?;
    let before_the_first = Some(job.request.first.wrapping_sub(1));
    kernel::close_range(0, before_the_first).map_err(|errno| (Stage::Descriptors, errno))?;
    kernel::close(to_read);
    let arguments = CloneArgs {
        flags: kernel::CLONE_PARENT | kernel::CLONE_PIDFD,
        pidfd: (&raw mut *pidfd).expose_provenance() as u64,
        ..CloneArgs::default()
    };
    kernel::clone_process(&arguments).map_err(|errno| (Stage::Clone, errno))
}

/// Tells the caller of the newcomer. Only this thread has the pidfd that came with the clone, and no later one is as
/// good: where the caller ignores SIGCHLD, a short command is reaped before anybody could open another. What this
/// thread let go of before the clone it gets back from the main thread.
fn announce(job: &Job<'_>, pid: i32, pidfd: Fd) -> Newcomer {
    let [to_read, _] = job.report;
    let announced = kernel::process_id().and_then(|id| {
        let main_thread = kernel::pidfd_open(id)?;
        let control = kernel::copy_from(main_thread, fd::CONTROL)?;
        let report = kernel::copy_from(main_thread, to_read)?;
        reply_on(control, cloned(pid), &[report, pidfd])
    });
    match announced {
        Ok(()) => Newcomer::Announced,
        Err(_) => Newcomer::Unannounced { pid, report: to_read },
    }
}

fn become_command(job: &mut Job<'_>) -> ! {
    let [_, mut report] = job.report;
    let (stage, errno) = match set_up(&mut job.request, &mut report) {
        Err(failure) => failure,
        Ok(()) => execute(&job.request),
    };
    let words = Report {
        stage: stage.to_word(),
        errno: errno.to_word(),
    }
    .encode();
    // If nobody listens any more, nobody needs to know.
    let _ = kernel::write(report, bytes_of(&words));
    kernel::exit_group(127)
}

fn set_up(request: &mut Request<'_>, report: &mut Fd) -> Result<(), Failure> {
    let header = &request.header;
    let at = |stage| move |errno| (stage, errno);
    if header.new_session != 0 {
        kernel::new_session().map_err(at(Stage::NewSession))?;
    }
    if header.process_group == 0 {
        kernel::set_process_group(0).map_err(at(Stage::NewProcessGroup))?;
    }
    place_descriptors(report, request.first, request.places).map_err(at(Stage::Descriptors))?;
    if header.controlling_terminal != ABSENT {
        let terminal = Fd::try_from(header.controlling_terminal).unwrap_or(-1);
        kernel::take_terminal(terminal).map_err(at(Stage::ControllingTerminal))?;
    }
    if let Some(groups) = request.groups {
        kernel::set_groups(groups).map_err(at(Stage::Groups))?;
    }
    if header.gid != ABSENT {
        kernel::set_gid(header.gid).map_err(at(Stage::Gid))?;
    }
    if header.uid != ABSENT {
        kernel::set_uid(header.uid).map_err(at(Stage::Uid))?;
    }
    if header.umask != ABSENT {
        kernel::set_umask(header.umask);
    }
    if let Some(path) = request.directory {
        enter(path).map_err(at(Stage::WorkingDirectory))?;
    }
    dispose_of_signals(header);
    kernel::unblock_all_signals();
    Ok(())
}

/// The numbers that a set can hold are those of signals, and that is all that can be wrong with them.
fn dispose_of_signals(header: &RequestHeader) {
    let whole = |low: u32, high: u32| u64::from(high) << 32 | u64::from(low);
    let mut ignored = whole(header.ignored_signals, header.ignored_signals_high);
    let mut default = whole(header.default_signals, header.default_signals_high);
    let mut signal = 1;
    while (ignored | default) != 0 {
        if default & 1 == 1 {
            let _ = kernel::reset_signal(signal);
        }
        if ignored & 1 == 1 {
            let _ = kernel::ignore_signal(signal);
        }
        ignored >>= 1;
        default >>= 1;
        signal = signal.wrapping_add(1);
    }
}

/// A magic link would lead to whatever a descriptor refers to, outside the container too.
fn enter(path: CString) -> kernel::Result<()> {
    let directory = kernel::open_directory_without_magic(path)?;
    let entered = kernel::enter_directory(directory);
    kernel::close(directory);
    entered
}

/// Puts the descriptors from `first` on at their numbers; none is overwritten before it has been moved.
fn place_descriptors(report: &mut Fd, first: Fd, places: &mut [Place]) -> kernel::Result<()> {
    if is_taken(*report, places) {
        *report = duplicate_aside(*report, places)?;
    }
    for (index, came_as) in (0..places.len()).zip(first..) {
        let its_own = places.get(index).is_some_and(|place| place.number == came_as);
        let from = if is_taken(came_as, places) && !its_own {
            duplicate_aside(came_as, places)?
        } else {
            came_as
        };
        if let Some(place) = places.get_mut(index) {
            place.from = from;
        }
    }
    for Place { number, from } in &*places {
        if from == number {
            kernel::keep_for_exec(*number)?;
        } else {
            kernel::duplicate_onto_for_exec(*from, *number)?;
        }
    }
    Ok(())
}

fn is_taken(number: Fd, places: &[Place]) -> bool {
    places.iter().any(|place| place.number == number)
}

/// A copy of `fd` at a number that none is to be placed at.
fn duplicate_aside(fd: Fd, places: &[Place]) -> kernel::Result<Fd> {
    let mut minimum = fd::FIRST_FREE;
    loop {
        let copy = kernel::duplicate_above(fd, minimum)?;
        if !is_taken(copy, places) {
            return Ok(copy);
        }
        kernel::close(copy);
        minimum = copy.wrapping_add(1);
    }
}

/// Tries one program after the other as execvp(3) does: what is not there is passed over, and of the errors the one
/// that says most is told.
fn execute(request: &Request<'_>) -> Failure {
    let mut told = (Stage::Execute, Errno::NOENT);
    let mut at = request.programs;
    loop {
        // SAFETY: `Request::read` saw that the list ends with a null pointer, and the loop stops there.
        let program = unsafe { at.read() };
        if program == 0 {
            return told;
        }
        let address = core::ptr::with_exposed_provenance(usize::try_from(program).unwrap_or(0));
        // SAFETY: a pointer to a string of the request's body, which ends with a NUL.
        let program = unsafe { CString::new(address) };
        // SAFETY: `Request::read` saw that each list is within the pointers, and that those end with a null pointer.
        match unsafe { kernel::execute(program, request.arguments, request.environment) } {
            Errno::NOENT if kernel::exists(program) => return (Stage::Interpreter, Errno::NOENT),
            // A path is tried alone, and is told about; along a PATH it is as if nothing were there.
            Errno::NOTDIR if at == request.programs => told = (Stage::Execute, Errno::NOTDIR),
            Errno::NOENT | Errno::NOTDIR if told.1 == Errno::NOTDIR => told = (Stage::Execute, Errno::NOENT),
            Errno::NOENT | Errno::NOTDIR => {}
            Errno::ACCES => told = (Stage::Execute, Errno::ACCES),
            other => return (Stage::Execute, other),
        }
        at = at.wrapping_add(1);
    }
}
