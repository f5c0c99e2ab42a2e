//! Parts that this very program plays in a process of its own: callers that are to be killed, or made to fail.

use std::error::Error as _;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use furnace_core::Container;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process_group, set_child_subreaper, wait};

/// The environment variable that names the part.
pub(crate) const PART: &str = "FURNACE_ATTACK_PART";

/// Where an actor's container has its root directory.
const ROOT: &str = "FURNACE_ATTACK_ROOT";

/// What the one-container part ends with.
pub(crate) mod ends {
    pub(crate) const WELL: i32 = 0;
    pub(crate) const NOT_STARTED: i32 = 10;
    pub(crate) const NOT_SPAWNED: i32 = 11;
    pub(crate) const NOT_STOPPED: i32 = 12;
    pub(crate) const KILLED: i32 = 13;
}

pub(crate) fn play(part: &OsStr) -> ExitCode {
    let root = PathBuf::from(std::env::var_os(ROOT).unwrap());
    match part.to_str() {
        Some("one container") => one_container(&root),
        Some("start") => {
            let _container = Container::builder(&root).start();
            ExitCode::SUCCESS
        }
        Some("be drained") => crate::forgery::be_drained(&root),
        Some("start twice") => crate::program_file::start_twice(&root),
        Some("signals") => crate::signals::send_all(&root),
        Some("newborn") => crate::signals::run_newborns(&root),
        _ => ExitCode::FAILURE,
    }
}

/// This program in a part, in a process group of its own.
pub(crate) fn actor(part: &str, root: &std::path::Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    cast(&mut command, part, root);
    command
}

/// Has `command`, which ends up executing this program, play a part.
pub(crate) fn cast(command: &mut Command, part: &str, root: &std::path::Path) {
    command
        .env(PART, part)
        .env(ROOT, root)
        .process_group(0)
        .stdin(Stdio::null());
}

/// Waits for an actor to end, and kills it and all of its process group if it does not.
pub(crate) fn ends_within(actor: &mut Child, limit: Duration) -> Option<std::process::ExitStatus> {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if let Some(status) = actor.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let group = Pid::from_child(actor);
    kill_process_group(group, Signal::KILL).unwrap();
    actor.wait().unwrap();
    None
}

/// Waits for all that killed actors leave to this process, so that none of it stays a zombie.
pub(crate) fn adopting<T>(action: impl FnOnce() -> T) -> T {
    set_child_subreaper(Some(getpid())).unwrap();
    let result = action();
    while wait(WaitOptions::empty()).is_ok() {}
    set_child_subreaper(None).unwrap();
    result
}

/// Starts a container, runs a command that leaves a trace, and stops; says what went wrong. The file `armed` in the
/// root directory is made when it begins.
fn one_container(root: &std::path::Path) -> ExitCode {
    let tell = |what: &str, error: &furnace_core::Error| {
        let mut text = format!("{what}: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        fs::write(root.join("told"), text).unwrap();
    };
    let end = |status: i32| ExitCode::from(u8::try_from(status).unwrap());
    fs::write(root.join("armed"), "").unwrap();
    let mut builder = Container::builder(root);
    builder
        .bind_ro("/etc", "/mnt")
        .resolv_conf(false)
        .time_limit(Duration::from_secs(2));
    let container = match builder.start() {
        Ok(container) => container,
        Err(error) => {
            tell("start", &error);
            return end(ends::NOT_STARTED);
        }
    };
    let mut command = container.command("/bin/touch_ran");
    command
        .uid(1000)
        .gid(1000)
        .groups(&[7])
        .new_session(true)
        .current_dir("/tmp");
    let run = command.status();
    if let Err(error) = &run {
        tell("run", error);
    }
    if let Err(error) = container.stop() {
        tell("stop", &error);
        return end(ends::NOT_STOPPED);
    }
    end(match run {
        Ok(status) if status.success() => ends::WELL,
        Ok(status) => status.code().unwrap_or(ends::KILLED),
        Err(_) => ends::NOT_SPAWNED,
    })
}
