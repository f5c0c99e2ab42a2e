//! furnace-init is a file that containers share: root inside must not change it for the next one.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use furnace_core::{Container, Stdio};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;

use crate::actors::{actor, adopting, ends_within};
use crate::attackers::{Attacker, builder, count, nothing_found, root_with, rounds, watcher};

/// More than a start takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("exe_is_immutable", &[Need::Root], exe_is_immutable),
        test("next_start_cannot_be_held", &[Need::Root], next_start_cannot_be_held),
        test(
            "pid1_shows_nothing_of_the_host",
            &[Need::Root],
            pid1_shows_nothing_of_the_host,
        ),
    ]
}

fn exe_is_immutable() -> Outcome {
    let root = root_with(&[("exe", &watcher(include_str!("programs/exe.c")))]);
    fs::write(root.join("bin/again"), "#!/proc/self/exe\n").unwrap();
    fs::set_permissions(
        root.join("bin/again"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let builder = builder(&root);
    let container = builder.start()?;
    let program = || fs::read(format!("/proc/{}/exe", container.id())).unwrap();
    let before = program();
    let attacker = Attacker::start(&container, "exe", &[]);
    for round in 0..rounds(100) {
        let name = if round % 4 == 3 { "/bin/again" } else { "/bin/true" };
        let mut command = container.command(name);
        // What it is as a command is the command's own affair; it must not hang, or do any harm.
        let _ = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
    let said = attacker.end();
    nothing_found(&said)?;
    assert!(count(&said, "newborn") > 0, "{said}");
    assert!(before == program(), "furnace-init was changed");
    let another = builder.start()?;
    assert!(another.command("/bin/true").status()?.success());
    Ok(())
}

/// With fanotify root inside can hold up whoever executes the file of its PID 1. Nobody else may ever do that: the
/// thread that starts a container sleeps until furnace-init is executed, without a limit.
fn next_start_cannot_be_held() -> Outcome {
    let root = root_with(&[("guard", include_str!("programs/guard.c"))]);
    let status = adopting(|| ends_within(&mut actor("start twice", root.path()).spawn().unwrap(), PATIENCE));
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("the caller ended with {status}").into()),
        None => Err("a container holds up the start of the next".into()),
    }
}

/// The caller's part of it.
pub(crate) fn start_twice(root: &Path) -> ExitCode {
    let mut builder = Container::builder(root);
    builder.resolv_conf(false).time_limit(Duration::from_secs(1));
    let first = builder.start().unwrap();
    let _guard = Attacker::start(&first, "guard", &[]);
    let second = builder.start().unwrap();
    assert!(second.command("/bin/true").status().unwrap().success());
    ExitCode::SUCCESS
}

/// Whatever PID 1 shows of itself belongs to the container.
fn pid1_shows_nothing_of_the_host() -> Outcome {
    let root = root_with(&[("pid1", include_str!("programs/pid1.c"))]);
    let own_program = std::env::current_exe().unwrap();
    let own_name = own_program.file_name().unwrap().to_str().unwrap();
    let own_directory = std::env::current_dir().unwrap();
    let host_name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let container = builder(&root).hostname("somewhere-else").start()?;
    let mut command = container.command("/bin/pid1");
    command.args([
        root.path().to_str().unwrap(),
        own_name,
        own_directory.to_str().unwrap(),
        host_name.trim(),
    ]);
    let output = command.env_clear().output()?;
    let said = String::from_utf8(output.stdout).unwrap();
    nothing_found(&said)?;
    for line in ["cwd /", "root /", "cmdline furnace-init"] {
        assert!(said.lines().any(|said| said == line), "no `{line}` in:\n{said}");
    }
    let mounts: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("mount ")).collect();
    assert_eq!(
        mounts,
        [
            "/",
            "/proc",
            "/dev",
            "/dev/pts",
            "/dev/shm",
            "/dev/mqueue",
            "/sys",
            "/run"
        ]
    );
    Ok(())
}
