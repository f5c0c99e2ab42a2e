//! Every system call that making a container takes fails in turn. Either it works nevertheless, or there is an error
//! that says what failed, in time, with nothing left behind and no command run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use furnace_tests::{Leftovers, Need, Outcome, Root, Scratch, compile_c, test};
use libtest_mimic::Trial;

use crate::actors::{cast, ends, ends_within};
use crate::attackers::root_with;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test(
            "every_step_fails_closed_and_in_time",
            &[Need::Root],
            every_step_fails_closed_and_in_time,
        ),
        test(
            "a_maker_that_is_killed_is_told",
            &[Need::Root],
            a_maker_that_is_killed_is_told,
        ),
    ]
}

/// Each start in here has a limit of two seconds.
const PATIENCE: Duration = Duration::from_secs(30);

const EPERM: i32 = 1;
const EINTR: i32 = 4;
const ENOMEM: i32 = 12;
const ENOSYS: i32 = 38;

/// Instead of an errno: who makes the call is killed.
const KILLED: i32 = -1;

/// Without these there is no container, or none that is what was asked for: to go on would be to ignore it.
const NEEDED: &[&str] = &[
    "unshare",
    "mount_setattr",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "move_mount",
    "mount",
    "pivot_root",
    "umount2",
    "openat2",
    "mknodat",
    "symlinkat",
    "mkdirat",
    "sethostname",
    "clone3",
    "execveat",
    "execve",
    "memfd_create",
    "pidfd_open",
    "setns",
    "close_range",
    "socketpair",
    "prctl",
    "sendmsg",
    "recvmsg",
    "fchdir",
    "dup3",
    "pipe2",
    "setgroups",
    "setgid",
    "setuid",
    "setsid",
];

/// Whatever comes of it, it must end well or with an error.
const OTHERS: &[&str] = &[
    "pidfd_send_signal",
    "ppoll",
    "poll",
    "waitid",
    "wait4",
    "fcntl",
    "setsockopt",
    "prlimit64",
    "rt_sigaction",
    "rt_sigprocmask",
    "lseek",
    "read",
    "shutdown",
    "capget",
    "fstatfs",
    "statx",
    "munmap",
    "madvise",
    "umask",
];

/// What one failure of a call that is needed otherwise does not take away.
const SPARED: &[(&str, u32)] = &[
    // Whether the tree has a program to run.
    ("openat2", 1),
    ("openat2", 2),
    // There is another way to execute furnace-init.
    ("memfd_create", 2),
    // After the command: the container ends if it is asked for another.
    ("close_range", 8),
    ("recvmsg", 6),
    ("recvmsg", 7),
];

/// The program that has calls fail, and a root with a command that leaves a trace.
fn stage(scratch: &Scratch) -> (PathBuf, Root) {
    let failcall = compile_c(scratch.path(), "failcall", include_str!("programs/failcall.c"));
    let touch = "#include <fcntl.h>\nint main(void) { return open(\"/tmp/ran\", O_CREAT | O_WRONLY, 0600) < 0; }";
    let root = root_with(&[("touch_ran", touch)]);
    fs::create_dir(root.join("mnt")).unwrap();
    fs::set_permissions(root.join("tmp"), std::os::unix::fs::PermissionsExt::from_mode(0o1777)).unwrap();
    (failcall, root)
}

/// Nobody else makes devices, and nobody but the maker can say that there will be none.
fn a_maker_that_is_killed_is_told() -> Outcome {
    let scratch = Scratch::new();
    let (failcall, root) = stage(&scratch);
    for which in [1, 5] {
        assert!(fail(&failcall, &root, "mknodat", KILLED, which, true)?);
        let told = fs::read_to_string(root.join("told"))?;
        assert!(
            told.contains("the process that does a part of the start failed"),
            "{told}"
        );
    }
    Ok(())
}

fn every_step_fails_closed_and_in_time() -> Outcome {
    let scratch = Scratch::new();
    let (failcall, root) = stage(&scratch);
    let mut wrong = Vec::new();
    for (calls, needed) in [(NEEDED, true), (OTHERS, false)] {
        for call in calls {
            let mut fail = |errno, which| {
                let needed = needed && errno != EINTR && !SPARED.contains(&(call, which));
                match fail(&failcall, &root, call, errno, which, needed) {
                    Ok(happened) => happened,
                    Err(why) => {
                        wrong.push(format!("{call} fails with {errno} ({which}): {why}"));
                        true
                    }
                }
            };
            for (errno, which) in [(EPERM, 0), (ENOSYS, 0), (ENOMEM, 0), (EINTR, 1), (EINTR, 2)] {
                fail(errno, which);
            }
            let mut one_by_one = 1..=8;
            while one_by_one.next().is_some_and(|which| needed && fail(EPERM, which)) {}
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n").into())
    }
}

/// Has the call fail, the `which`th time or every time if that is 0; whether it was made at all.
fn fail(failcall: &Path, root: &Root, call: &str, errno: i32, which: u32, needed: bool) -> Result<bool, String> {
    for trace in ["armed", "told", "tmp/ran"] {
        let _ = fs::remove_file(root.join(trace));
    }
    let before = Leftovers::now();
    let mut command = Command::new(failcall);
    command
        .args([call, &errno.to_string(), &which.to_string()])
        .arg(root.join("armed"));
    command
        .arg(std::env::current_exe().unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    cast(&mut command, "one container", root.path());
    let mut actor = command.spawn().unwrap();
    let status = ends_within(&mut actor, PATIENCE).ok_or("it does not end")?;
    before.compare()?;
    let failed = fs::read_to_string(root.join("armed")).unwrap_or_default();
    let happened = failed != "0";
    let may_work = !needed || !happened;
    let ran = root.join("tmp/ran").exists();
    let told = fs::read_to_string(root.join("told")).unwrap_or_default();
    match status.code() {
        Some(ends::WELL) if !ran => Err("it believes that its command ran".to_owned()),
        Some(ends::WELL) if may_work => Ok(happened),
        Some(ends::WELL) => Err("it went on regardless".to_owned()),
        // The container was ended under it.
        Some(ends::KILLED) if may_work => Ok(happened),
        Some(ends::NOT_STARTED) if ran => Err("it ran a command without a container".to_owned()),
        Some(ends::NOT_STARTED | ends::NOT_SPAWNED | ends::NOT_STOPPED) if told.contains(": ") => Ok(happened),
        other => Err(format!("it ended with {other:?} and {told:?}")),
    }
}
