//! Which program a command runs, with which arguments, and how it ends.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use furnace_core::{Container, ErrorKind};
use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::{Failed, Trial};

use crate::inside::{sh, system};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("exit_codes_are_reported", &[Need::Root], exit_codes),
        test("signals_are_reported", &[Need::Root], signals),
        test("arguments_arrive_as_they_are", &[Need::Root], arguments),
        test("arg0_is_what_the_command_is_told", &[Need::Root], arg0),
        test("a_command_can_be_spawned_again", &[Need::Root], again),
        test("programs_are_those_of_the_container", &[Need::Root], lookup_is_inside),
        test(
            "programs_are_looked_up_along_the_commands_path",
            &[Need::Root],
            lookup_along_the_path,
        ),
        test(
            "programs_are_found_without_a_path",
            &[Need::Root],
            lookup_without_a_path,
        ),
        test(
            "what_cannot_be_executed_is_passed_over",
            &[Need::Root],
            lookup_passes_over,
        ),
        test("scripts_run", &[Need::Root], scripts),
        test(
            "a_program_may_be_relative_to_the_working_directory",
            &[Need::Root],
            relative_program,
        ),
        test("twenty_commands_in_one_container", &[Need::Root], twenty),
        test("signals_have_their_default_actions", &[Need::Root], signal_actions),
        test("signals_are_ignored_by_one_command", &[Need::Root], ignored_signals),
    ]
}

fn exit_codes() -> Outcome {
    let container = system().start()?;
    for code in [0, 1, 42, 127, 255] {
        let status = container.command("sh").args(["-c", &format!("exit {code}")]).status()?;
        assert_eq!((status.code(), status.signal()), (Some(code), None));
    }
    Ok(())
}

fn signals() -> Outcome {
    let container = system().start()?;
    for signal in [1, 2, 9, 15] {
        let status = container
            .command("sh")
            .args(["-c", &format!("kill -{signal} $$")])
            .status()?;
        assert_eq!((status.code(), status.signal()), (None, Some(signal)));
    }
    Ok(())
}

fn arguments() -> Outcome {
    let container = system().start()?;
    let given: [&[u8]; 6] = [b"", b"a b", b"$HOME `id` \"quoted\"", b"\xff\xfe", b"new\nline", b"-n"];
    let mut command = container.command("sh");
    command
        .args(["-c", "printf '%s|' \"$@\"", "sh"])
        .args(given.map(OsStr::from_bytes))
        .arg("last");
    let mut expected = given.join(&b"|"[..]);
    expected.extend(b"|last|");
    assert_eq!(command.output()?.stdout, expected);
    Ok(())
}

fn arg0() -> Outcome {
    let container = system().start()?;
    let mut command = container.command("sh");
    assert_eq!(command.args(["-c", "echo $0"]).output()?.stdout, b"sh\n");
    assert_eq!(command.arg0("another").output()?.stdout, b"another\n");
    Ok(())
}

fn again() -> Outcome {
    let container = system().start()?;
    let mut command = container.command("echo");
    command.arg("one");
    assert_eq!(command.output()?.stdout, b"one\n");
    assert_eq!(command.arg("two").output()?.stdout, b"one two\n");
    Ok(())
}

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn lookup_is_inside() -> Outcome {
    let root = Root::small();
    script(&root.join("bin/only-inside"), "#!/bin/sh\necho inside\n");
    fs::remove_file(root.join("bin/gzip"))?;
    let container = Container::builder(&root).start()?;
    assert_eq!(container.command("only-inside").output()?.stdout, b"inside\n");
    assert_eq!(
        container.command("gzip").output().unwrap_err().kind(),
        ErrorKind::NotFound
    );
    Ok(())
}

fn lookup_along_the_path() -> Outcome {
    let root = Root::small();
    script(&root.join("first/tool"), "#!/bin/sh\necho first\n");
    script(&root.join("second/tool"), "#!/bin/sh\necho second\n");
    let container = Container::builder(&root).start()?;
    let mut command = container.command("tool");
    assert_eq!(command.env("PATH", "/first:/second").output()?.stdout, b"first\n");
    assert_eq!(
        command.env("PATH", "/none:/second:/first").output()?.stdout,
        b"second\n"
    );
    assert_eq!(
        command.env("PATH", "/bin").output().unwrap_err().kind(),
        ErrorKind::NotFound
    );
    Ok(())
}

fn lookup_without_a_path() -> Outcome {
    let root = Root::small();
    let container = Container::builder(&root).start()?;
    assert_eq!(
        container.command("echo").env_clear().arg("found").output()?.stdout,
        b"found\n"
    );
    Ok(())
}

fn lookup_passes_over() -> Outcome {
    let root = Root::small();
    fs::create_dir_all(root.join("one/tool"))?;
    fs::create_dir(root.join("two"))?;
    fs::write(root.join("two/tool"), "not executable")?;
    script(&root.join("three/tool"), "#!/bin/sh\necho found\n");
    let container = Container::builder(&root).start()?;
    let mut command = container.command("tool");
    assert_eq!(
        command.env("PATH", "/one:/two:/etc/passwd:/three").output()?.stdout,
        b"found\n"
    );
    // When there is no other, that it was there says more than that it was not found.
    assert_eq!(
        command.env("PATH", "/one:/two:/bin").output().unwrap_err().kind(),
        ErrorKind::PermissionDenied
    );
    Ok(())
}

fn scripts() -> Outcome {
    let root = Root::small();
    script(&root.join("bin/script"), "#!/bin/sh -e\necho \"$0 $1\"\n");
    let container = Container::builder(&root).start()?;
    assert_eq!(
        container.command("/bin/script").arg("x").output()?.stdout,
        b"/bin/script x\n"
    );
    Ok(())
}

fn relative_program() -> Outcome {
    let root = Root::small();
    script(&root.join("opt/tools/tool"), "#!/bin/sh\npwd\n");
    let container = Container::builder(&root).start()?;
    assert_eq!(
        container.command("./tool").current_dir("/opt/tools").output()?.stdout,
        b"/opt/tools\n"
    );
    assert_eq!(container.command("opt/tools/tool").output()?.stdout, b"/\n");
    Ok(())
}

fn twenty() -> Outcome {
    let container = system().start()?;
    for number in 0..20 {
        assert_eq!(
            sh(&container, &format!("echo {number} >> /numbers; wc -l < /numbers"))?,
            (number + 1).to_string()
        );
    }
    Ok(())
}

fn signals_of(status: &str, set: &str) -> Result<u64, Failed> {
    let line = status.lines().find_map(|line| line.strip_prefix(set)).unwrap();
    Ok(u64::from_str_radix(line.trim(), 16)?)
}

fn signal_actions() -> Outcome {
    let container = system().start()?;
    let status = sh(&container, "cat /proc/self/status")?;
    let signals = |set: &str| signals_of(&status, set);
    assert_eq!(
        (signals("SigBlk:")?, signals("SigPnd:")?, signals("ShdPnd:")?),
        (0, 0, 0)
    );
    // SIGPIPE, which this very program ignores, and SIGCHLD.
    assert_eq!(signals("SigIgn:")? & (1 << 12 | 1 << 16), 0);
    Ok(())
}

fn ignored_signals() -> Outcome {
    const OF_BOTH_ENDS: u64 = 1 << (13 - 1) | 1 << (64 - 1);
    let container = system().start()?;
    let begun_with = |signals: &[i32]| -> Result<u64, Failed> {
        let mut command = container.command("cat");
        command.arg("/proc/self/status");
        for signal in signals {
            command.ignore_signal(*signal);
        }
        let status = String::from_utf8(command.output()?.stdout)?;
        signals_of(&status, "SigIgn:")
    };
    let usual = begun_with(&[])?;
    assert_eq!(usual & OF_BOTH_ENDS, 0);
    assert_eq!(begun_with(&[13, 64])?, usual | OF_BOTH_ENDS);
    assert_eq!(begun_with(&[])?, usual);

    let error = container.command("true").ignore_signal(9).spawn().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    Ok(())
}
