//! Puts failures into words: what was tried, and what probably helps.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use furnace_sys::Errno;
use furnace_sys::fork_server::{LaunchFailure, StartFailure};
use furnace_sys::plan::Plan;
use furnace_sys::request::Request;
use furnace_sys::wire::{Slot, Stage, Step, beside_the_plan};

use crate::container::running::SpawnFailure;
use crate::error::escape::{escaped, escaped_bytes};
use crate::error::{Attempt, Error, ErrorKind, Phase};
use crate::host;
use crate::plan::Prepared;
use crate::plan::explain::explain;

/// Why there is nothing to execute.
pub(crate) fn program_error(errno: Errno) -> Error {
    let attempt = Attempt::on_no_path("cannot make furnace-init executable from memory");
    Error::os(Phase::Start, attempt, errno)
        .with_remedy("neither a memfd nor a detached tmpfs may be executed here; see the sysctl vm.memfd_noexec")
}

/// Why there is no container.
pub(crate) fn start_error(prepared: &Prepared, failure: &StartFailure) -> Error {
    let root = escaped(prepared.config.root.path());
    let whole = Attempt::on(
        prepared.config.root.path(),
        format!("cannot start a container in {root}"),
    );
    match *failure {
        StartFailure::Step(index, errno) => match (prepared.explain(index), prepared.step(index)) {
            (Some(sentence), Some(step)) => {
                let words = format!("cannot {sentence}, for the root directory {root}");
                let attempt = match prepared.path(index) {
                    Some(path) => Attempt::on(path, words),
                    None => Attempt::on_no_path(words),
                };
                let error = Error::os(Phase::Start, attempt, errno).with_step(index as usize);
                match (step, prepared.source(step)) {
                    (Step::MapIds { .. }, Some(source)) => of_id_map(error, source, errno),
                    (Step::CreateFs { fs }, _) if is_of_image(prepared, fs) => of_image(error, errno),
                    _ => of_step(error, step, errno),
                }
            }
            _ => beside_the_steps(Phase::Start, &whole, index, errno),
        },
        ref failure => no_fork_server(Phase::Start, &whole, failure),
    }
}

/// Why a container that runs already could not be joined.
pub(crate) fn join_error(plan: &Plan, whole: &Attempt, failure: &StartFailure) -> Error {
    match *failure {
        StartFailure::Step(index, errno) => {
            let number = index as usize;
            match (explain(plan, number), plan.steps.get(number)) {
                (Some(sentence), Some(step)) => {
                    let error = Error::os(Phase::Attach, whole.detailed(format_args!("cannot {sentence}")), errno);
                    of_joining(error, *step, errno)
                }
                _ => beside_the_steps(Phase::Attach, whole, index, errno),
            }
        }
        ref failure => no_fork_server(Phase::Attach, whole, failure),
    }
}

fn of_joining(error: Error, step: Step, errno: Errno) -> Error {
    match (step, errno) {
        (Step::OpenDirectory { .. } | Step::JoinNamespaces { .. }, Errno::NOENT | Errno::SRCH) => {
            error.with_kind(ErrorKind::Ended).with_remedy("it has ended meanwhile")
        }
        (Step::OpenDirectory { .. } | Step::JoinNamespaces { .. }, Errno::PERM | Errno::ACCESS) => error.with_remedy(
            "its namespaces belong to a user namespace in which the caller has no rights, or a security module forbids it",
        ),
        (Step::BecomeUser { .. }, Errno::INVAL) => error.with_remedy("its user namespace has no such user"),
        _ => of_step(error, step, errno),
    }
}

/// Why there is no fork server, or none that has walked the plan to its end.
fn no_fork_server(phase: Phase, whole: &Attempt, failure: &StartFailure) -> Error {
    let os = |words: &str, errno| Error::os(phase, Attempt::on_no_path(words), errno);
    match *failure {
        StartFailure::Channel(errno) => {
            os("cannot make a channel to furnace-init", errno).with_any_remedy(of_any_call(errno))
        }
        StartFailure::Launch(LaunchFailure::Clone(errno)) => {
            os("cannot make a process for furnace-init (clone3)", errno).with_any_remedy(match errno {
                Errno::NOSYS => {
                    Some("the system call clone3 is missing or filtered; furnace needs Linux 5.14 or newer")
                }
                other => of_any_call(other),
            })
        }
        StartFailure::Launch(LaunchFailure::Descriptors(errno)) => {
            os("cannot arrange the descriptors of furnace-init", errno).with_any_remedy(of_any_call(errno))
        }
        StartFailure::Launch(LaunchFailure::Execute(errno)) => {
            os("cannot execute furnace-init from memory", errno).with_any_remedy(of_any_call(errno))
        }
        StartFailure::Maker(errno) => os("cannot make the process that does a part of the start (clone3)", errno)
            .with_any_remedy(of_any_call(errno)),
        StartFailure::Step(index, errno) => beside_the_steps(phase, whole, index, errno),
        StartFailure::Died => {
            Error::new(phase, ErrorKind::Ended, whole).because("furnace-init ended before it was done")
        }
        StartFailure::TimedOut => Error::new(phase, ErrorKind::TimedOut, whole)
            .because("furnace-init was not done within the time limit")
            .with_remedy("a file system that does not answer (network, FUSE) may be among the root and the binds"),
    }
}

fn beside_the_steps(phase: Phase, whole: &Attempt, index: u32, errno: Errno) -> Error {
    let attempt = whole.detailed(match index {
        beside_the_plan::PID1 => "its PID 1 could not be made",
        beside_the_plan::MAKER => "the process that does a part of the start failed",
        _ => "furnace-init could not prepare itself",
    });
    Error::os(phase, attempt, errno).with_any_remedy(of_any_call(errno))
}

/// Not every file system can show other ids, and some only since a certain kernel.
pub(crate) fn of_id_map(error: Error, source: &Path, errno: Errno) -> Error {
    let kind = host::file_system_of(source).unwrap_or_else(|| "this type".to_owned());
    match errno {
        Errno::INVAL | Errno::OPNOTSUPP | Errno::PERM => error.with_kind(ErrorKind::Unsupported).with_remedy(format!(
            "a file system of type {kind}, or one mounted below it, can't do that here; without id map it can be bound"
        )),
        other => error.with_any_remedy(of_any_call(other)),
    }
}

fn is_of_image(prepared: &Prepared, fs: Slot) -> bool {
    let mut steps = prepared.plan.steps.iter();
    steps.any(|step| matches!(step, Step::SetLoopDevice { fs: of_image, .. } if *of_image == fs))
}

/// The file system of an image, which the kernel has looked at.
fn of_image(error: Error, errno: Errno) -> Error {
    match errno {
        Errno::ROFS => error.with_remedy(
            "the image was not unmounted cleanly, and can't be repaired while it is read-only: check it (fsck), or start \
             it once so that it can be written to",
        ),
        Errno::INVAL | Errno::BADMSG | Errno::UCLEAN | Errno::IO | Errno::OPNOTSUPP => error.with_remedy(
            "the file system in the image is damaged, or has features that this kernel does not know: the kernel's log \
             (dmesg) says more, fsck checks it",
        ),
        other => error.with_any_remedy(of_any_call(other)),
    }
}

pub(crate) fn of_step(error: Error, step: Step, errno: Errno) -> Error {
    match (step, errno) {
        (Step::Unshare { .. }, Errno::INVAL) => {
            let missing = host::missing_namespaces();
            let remedy = if missing.is_empty() {
                "a kernel built without one of these namespaces says so".to_owned()
            } else {
                format!("this kernel was built without {} namespaces", missing.join(" and "))
            };
            error.with_kind(ErrorKind::Unsupported).with_remedy(remedy)
        }
        (Step::Unshare { .. }, Errno::NOSPC) => error.with_kind(ErrorKind::ResourceExhausted).with_remedy(
            "a limit on the number of namespaces is reached: see the sysctls user.max_mnt_namespaces and its like",
        ),
        (Step::Unshare { .. } | Step::SetPropagation { .. } | Step::AttachOverRoot { .. }, Errno::PERM) => error
            .with_remedy("the kernel, a seccomp filter or a security module forbids it here; inside another container this needs a privileged one"),
        (Step::AttachOverRoot { .. } | Step::OpenDirectory { .. }, Errno::INVAL | Errno::NOTDIR) => error
            .with_kind(ErrorKind::NotADirectory)
            .with_remedy("it was a directory when the container was configured; something else is in its place now"),
        (Step::SetPropagation { .. } | Step::PivotRoot {}, Errno::INVAL) => error.with_remedy(
            "the root directory of the caller must be a mount point: inside a plain chroot, or on an initial ramdisk, it is not",
        ),
        (Step::SetPropagation { .. } | Step::SetAttributes { .. }, Errno::NOSYS) => error.with_remedy(
            "the system call mount_setattr is missing or filtered; furnace needs Linux 5.14 or newer",
        ),
        (Step::CloneTree { .. } | Step::OpenFs { .. } | Step::OpenTarget { .. }, Errno::NOSYS) => error
            .with_remedy("a system call of the new mount API is missing or filtered; furnace needs Linux 5.14 or newer"),
        (Step::CloneTree { .. } | Step::OpenDirectory { .. }, Errno::NOENT) => {
            error.with_remedy("it was there when the container was configured, and has gone since")
        }
        (Step::CloneTree { .. }, Errno::INVAL) => {
            error.with_remedy("part of it is mounted unbindable, or locked by an outer container; take a part of it")
        }
        (Step::OpenTarget { .. } | Step::AttachIn { .. }, Errno::ROFS) => error.with_remedy(
            "the root can't be written to there: make the mount target beforehand, or use an ephemeral root",
        ),
        (Step::OpenTarget { .. } | Step::AttachIn { .. }, Errno::NOSPC) => {
            error.with_remedy("the mount target is missing, and there is no space to make it")
        }
        (Step::MakeFile { .. }, Errno::NOSPC | Errno::NOMEM) => {
            error.with_remedy("files from memory take half of the machine's memory at most")
        }
        (Step::MakeUserNamespace { .. }, Errno::NOSPC) => error.with_kind(ErrorKind::ResourceExhausted).with_remedy(
            "an id map needs a user namespace, and their number is limited: see the sysctl user.max_user_namespaces",
        ),
        (Step::MakeUserNamespace { .. }, Errno::INVAL | Errno::PERM) => error.with_kind(ErrorKind::Unsupported).with_remedy(
            "an id map needs a user namespace, which this kernel lacks or its configuration forbids",
        ),
        (Step::OpenTarget { .. }, Errno::NOTDIR) => {
            error.with_remedy("a file is where a directory has to be; remove it, or mount elsewhere")
        }
        (Step::OpenTarget { .. } | Step::AttachIn { .. }, Errno::NOENT | Errno::LOOP) => {
            error.with_remedy("a symlink on the way leads nowhere in the container, or through /proc; such are not followed")
        }
        (Step::Attach { .. } | Step::AttachIn { .. }, Errno::INVAL | Errno::NOTDIR) => error.with_kind(ErrorKind::NotADirectory).with_remedy(
            "a directory can be mounted on a directory only, and anything else on anything else",
        ),
        (Step::OpenMade { .. }, Errno::NOENT) => error.with_kind(ErrorKind::ResourceExhausted).with_remedy(
            "the kernel could not make that, and without it nothing in the root can be changed: the file system of the upper directory is full, or has no inode left",
        ),
        (Step::CreateFs { .. }, Errno::PERM) => error.with_remedy(
            "inside another container the kernel refuses a new proc or sysfs if part of the outer one is covered",
        ),
        (Step::CreateFs { .. } | Step::SetDirectories { .. }, Errno::LOOP) => error
            .with_kind(ErrorKind::InvalidInput)
            .with_remedy("two of its directories are the same, or lie within each other, by way of another mount"),
        (Step::CreateFs { .. } | Step::SetDirectories { .. }, Errno::INVAL) => error.with_remedy(
            "an overlay can't be stacked on this file system: not every one can be a lower layer, and two levels are all",
        ),
        (Step::SetDirectories { .. }, Errno::NOENT) => error.with_remedy("/proc must be mounted outside"),
        (Step::LockFile { .. }, Errno::AGAIN) => error
            .with_kind(ErrorKind::ResourceBusy)
            .with_remedy("another container uses the image, and one of the two would write to it: use an ephemeral root"),
        (Step::OpenFile { .. }, Errno::ROFS | Errno::ACCESS | Errno::PERM) => {
            error.with_remedy("the image can't be written to: use an ephemeral root, or a read-only one")
        }
        (Step::AttachLoop { .. }, Errno::NOENT) => {
            error.with_remedy("/dev/loop-control or the loop device is missing: the module loop may not be loaded")
        }
        (Step::AttachLoop { .. }, Errno::BUSY | Errno::NXIO) => error.with_remedy("all loop devices are taken"),
        (Step::OpenFs { .. }, Errno::NODEV) => {
            error.with_remedy("this kernel lacks that file system, or its module is not loaded")
        }
        _ => error.with_any_remedy(of_any_call(errno)),
    }
}

pub(crate) fn of_any_call(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::PERM | Errno::ACCESS => {
            Some("run it as root; if it is, a seccomp filter or a security module forbids it")
        }
        Errno::MFILE => Some("the limit of open descriptors is reached: raise it with `ulimit -n`"),
        Errno::NFILE => Some("the system's limit of open descriptors is reached: see the sysctl fs.file-max"),
        Errno::NOMEM => Some("memory is short, or a limit on it is reached"),
        Errno::AGAIN => {
            Some("a limit on the number of processes is reached: see `ulimit -u` and the cgroup's pids.max")
        }
        Errno::NOSPC => Some("a file system is full, or a limit of the kernel is reached (fs.mount-max for mounts)"),
        Errno::NOSYS => Some("furnace needs Linux 5.14 or newer, and no filter in the way"),
        _ => None,
    }
}

/// Why there is no command.
pub(crate) fn spawn_error(program: &OsStr, request: &Request, failure: &SpawnFailure) -> Error {
    let run = Attempt::on(program, format!("cannot run {}", escaped(program)));
    match *failure {
        SpawnFailure::Stage(stage, errno) => of_stage(&run, program, request, stage, errno),
        SpawnFailure::HeldUp(limit) => Error::new(Phase::Spawn, ErrorKind::TimedOut, run)
            .because(format!("it was not executed within {limit:?}, and has been killed"))
            .with_remedy(
                "something in the container stops newcomers, or the file system of the program does not answer",
            ),
        ref failure => no_process_error(Phase::Spawn, &run, failure),
    }
}

/// Why there is no process in the container, whatever it was to be for.
pub(crate) fn no_process_error(phase: Phase, attempt: &Attempt, failure: &SpawnFailure) -> Error {
    let because = |kind, why: &'static str| Error::new(phase, kind, attempt).because(why);
    match *failure {
        SpawnFailure::Stage(_, errno) => Error::os(phase, attempt.detailed("cannot make a process for it"), errno)
            .with_any_remedy(of_any_call(errno)),
        SpawnFailure::Send(errno) => {
            Error::os(phase, attempt.detailed("the request did not reach furnace-init"), errno)
                .with_any_remedy(of_any_call(errno))
        }
        SpawnFailure::Report(errno) => Error::os(phase, attempt.detailed("its beginning can't be watched"), errno),
        SpawnFailure::NotOwner => because(
            ErrorKind::InvalidInput,
            "the container belongs to the process that this one is a forked copy of",
        ),
        SpawnFailure::Unmade(_) => because(ErrorKind::Ended, "the container could not be made"),
        SpawnFailure::Ended => because(ErrorKind::Ended, "the container has ended")
            .with_remedy("it was stopped, or its PID 1 or its fork server was killed; start another"),
        SpawnFailure::Vanished => because(
            ErrorKind::StatusLost,
            "it ended, and its status was taken by another part of this program, before it could be watched",
        ),
        SpawnFailure::HeldUp(limit) => Error::new(phase, ErrorKind::TimedOut, attempt)
            .because(format!("it was not done within {limit:?}, and has been given up")),
        SpawnFailure::Unanswered(limit) => Error::new(phase, ErrorKind::TimedOut, attempt).because(format!(
            "the fork server did not answer within {limit:?}; the container has been ended"
        )),
    }
}

fn of_stage(run: &Attempt, program: &OsStr, request: &Request, stage: Stage, errno: Errno) -> Error {
    let failed_to = |run: &Attempt, what: &str| {
        Error::os(Phase::Spawn, run.detailed(format_args!("cannot {what}")), errno).with_any_remedy(of_any_call(errno))
    };
    let spawn = |what| failed_to(run, what);
    match stage {
        Stage::Execute => of_execution(run, program, request, errno),
        Stage::Interpreter => Error::os(Phase::Execute, run, errno)
            .with_kind(ErrorKind::NotExecutable)
            .with_remedy("the program is there, but the interpreter in its #! line, or its dynamic loader, is not in the container"),
        Stage::WorkingDirectory => {
            let directory = request.directory.as_ref().map(|path| path.as_bytes()).unwrap_or_default();
            let what = format!("enter the working directory {}", escaped_bytes(directory));
            failed_to(&run.at(OsStr::from_bytes(directory)), &what).with_any_remedy(match errno {
                Errno::NOENT | Errno::NOTDIR => Some("it is looked up inside the container, and must be a directory there"),
                Errno::LOOP => Some("links of /proc to open descriptors are not followed"),
                Errno::ACCESS => Some("the command's user may not enter it"),
                _ => None,
            })
        }
        Stage::Request => spawn("make sense of the request"),
        Stage::JoinProcessGroup => spawn("join the process group").with_any_remedy(
            (errno == Errno::PERM || errno == Errno::SRCH)
                .then_some("it must exist, in the session in which the container was started"),
        ),
        Stage::Thread | Stage::Clone => spawn("make a process for it"),
        Stage::JoinPidNamespace => spawn("enter the pid namespace"),
        Stage::NewSession => spawn("make a session for it"),
        Stage::ControllingTerminal => spawn("give it its terminal"),
        Stage::NewProcessGroup => spawn("make a process group for it"),
        Stage::Descriptors => spawn("put its descriptors in place").with_any_remedy(match errno {
            Errno::BADF | Errno::INVAL => Some("a number is beyond the limit of open descriptors"),
            other => of_any_call(other),
        }),
        Stage::Groups => spawn("set its supplementary groups"),
        Stage::Gid => spawn("set its group id"),
        Stage::Uid => spawn("set its user id"),
    }
}

fn of_execution(run: &Attempt, program: &OsStr, request: &Request, errno: Errno) -> Error {
    let error = Error::os(Phase::Execute, run, errno);
    match errno {
        Errno::NOENT if program.as_bytes().contains(&b'/') => {
            error.with_remedy("programs are looked up inside the container; there is none of that name")
        }
        Errno::NOENT => {
            let directories: Vec<OsString> = request
                .programs
                .iter()
                .filter_map(|path| Path::new(OsStr::from_bytes(path.as_bytes())).parent())
                .map(|directory| directory.as_os_str().to_owned())
                .collect();
            let path = directories.join(OsStr::new(":"));
            error.with_remedy(format!("it is in none of {}, inside the container", escaped(&path)))
        }
        Errno::ACCESS => {
            error.with_remedy("it is a directory, is not marked executable, or is on a file system mounted noexec")
        }
        Errno::NOTDIR => {
            error.with_remedy("programs are looked up inside the container; there, a part of the path is no directory")
        }
        Errno::NOEXEC => error.with_remedy("it is no program of this machine's architecture, and has no #! line"),
        Errno::TOOBIG => error.with_remedy(sizes(request)),
        Errno::TXTBSY => error.with_remedy("it is open for writing"),
        other => error.with_any_remedy(of_any_call(other)),
    }
}

/// The figures behind an `E2BIG` (execve(2), "Limits on size of arguments and environment").
fn sizes(request: &Request) -> String {
    let all = || request.arguments.iter().chain(&request.environment);
    let longest = all().map(|string| string.as_bytes_with_nul().len()).max().unwrap_or(0);
    let pointers = (all().count() + 2) * size_of::<usize>();
    let total = all()
        .map(|string: &CString| string.as_bytes_with_nul().len())
        .sum::<usize>()
        + pointers;
    format!(
        "arguments and environment take {total} bytes, the longest of them {longest}; the kernel takes a quarter of \
         the stack limit (`ulimit -s`, at most 6 MiB) in all, and 32 pages (128 KiB) for each"
    )
}
