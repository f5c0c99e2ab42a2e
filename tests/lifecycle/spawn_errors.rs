//! Commands that can't be run: each is told for what it is, and leaves nothing.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use furnace_core::{Command, Container, Error, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;
use rustix::mount::MountFlags;

use crate::inside::{sh, system, whole};
use crate::mounted::scratch_tmpfs;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("programs_that_cannot_be_executed", &[Need::Root], not_executable),
        test(
            "a_program_that_is_nowhere_on_the_path",
            &[Need::Root],
            nowhere_on_the_path,
        ),
        test("a_program_on_a_mount_without_exec", &[Need::Root], noexec_mount),
        test(
            "a_program_that_the_user_may_not_execute",
            &[Need::Root],
            not_for_the_user,
        ),
        test("commands_that_make_no_sense", &[Need::Root], nonsense),
        test("many_failed_commands_leave_nothing", &[Need::Root], many),
    ]
}

fn failure(command: &mut Command) -> Error {
    command.spawn().map(drop).expect_err("it can't be run")
}

fn write(root: &Root, name: &str, content: &[u8], mode: u32) {
    fs::write(root.join(name), content).unwrap();
    fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).unwrap();
}

fn not_executable() -> Outcome {
    let root = Root::small();
    write(&root, "bin/no-mode", b"#!/bin/sh\n", 0o644);
    write(&root, "bin/no-interpreter", b"#!/not/there\n", 0o755);
    write(&root, "bin/no-format", b"plain text", 0o755);
    write(&root, "bin/no-content", b"", 0o755);
    write(
        &root,
        "bin/no-elf",
        b"\x7fELF\x02\x01\x01\0 and then nothing of it",
        0o755,
    );
    symlink("/not/there", root.join("bin/dangling"))?;
    symlink("loop", root.join("bin/loop"))?;
    let container = Container::builder(&root).start()?;
    let cases = [
        ("/not/there", ErrorKind::NotFound),
        ("/bin/dangling", ErrorKind::NotFound),
        ("/bin", ErrorKind::PermissionDenied),
        ("/bin/no-mode", ErrorKind::PermissionDenied),
        ("/bin/no-interpreter", ErrorKind::NotExecutable),
        ("/bin/no-mode/x", ErrorKind::NotADirectory),
        ("/bin/no-format", ErrorKind::NotExecutable),
        ("/bin/no-content", ErrorKind::NotExecutable),
        ("/bin/no-elf", ErrorKind::NotExecutable),
    ];
    for (program, kind) in cases {
        let error = failure(&mut container.command(program));
        assert_eq!(
            (error.kind(), error.phase()),
            (kind, Phase::Execute),
            "{}",
            whole(&error)
        );
        assert_eq!(error.to_string(), format!("cannot run {program}"));
        assert!(
            error.remedy().is_some() && error.raw_os_error().is_some(),
            "{}",
            whole(&error)
        );
    }
    for program in ["/bin/loop", "/etc/passwd/below"] {
        let error = failure(&mut container.command(program));
        assert_eq!(error.phase(), Phase::Execute, "{}", whole(&error));
        assert_eq!(error.to_string(), format!("cannot run {program}"));
    }
    Ok(())
}

fn nowhere_on_the_path() -> Outcome {
    let container = system().start()?;
    let error = failure(container.command("no-such-program").env("PATH", "/bin:/opt/none"));
    assert_eq!((error.kind(), error.phase()), (ErrorKind::NotFound, Phase::Execute));
    assert!(error.to_string().contains("no-such-program"));
    assert!(error.remedy().unwrap().contains("/bin:/opt/none"), "{}", whole(&error));
    Ok(())
}

fn noexec_mount() -> Outcome {
    let (_scratch, mounted) = scratch_tmpfs(MountFlags::NOEXEC);
    fs::copy("/bin/true", mounted.join("true"))?;
    let container = system().bind(mounted.path(), "/mnt").start()?;
    let error = failure(&mut container.command("/mnt/true"));
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::PermissionDenied, Phase::Execute)
    );
    assert!(error.remedy().unwrap().contains("noexec"));
    Ok(())
}

fn not_for_the_user() -> Outcome {
    let root = Root::small();
    write(&root, "bin/private", b"#!/bin/sh\n", 0o700);
    let container = Container::builder(&root).start()?;
    assert!(container.command("private").status()?.success());
    let error = failure(container.command("private").uid(1000));
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::PermissionDenied, Phase::Execute)
    );
    Ok(())
}

fn nonsense() -> Outcome {
    let container = system().start()?;
    let nul = OsStr::from_bytes(b"a\0b");
    let changed = |change: fn(&mut Command, &OsStr)| {
        let mut command = container.command("true");
        change(&mut command, nul);
        command
    };
    let cases = [
        (container.command(""), "empty"),
        (container.command(nul), "NUL"),
        (changed(|command, nul| _ = command.arg("fine").arg(nul)), "argument 2"),
        (changed(|command, nul| _ = command.arg0(nul)), "argument 0"),
        (changed(|command, nul| _ = command.env("FURNACE", nul)), "FURNACE"),
        (changed(|command, nul| _ = command.env(nul, "value")), "NUL"),
        (changed(|command, _| _ = command.env("", "value")), "name"),
        (changed(|command, _| _ = command.env("A=B", "value")), "A=B"),
        (
            changed(|command, nul| _ = command.current_dir(nul)),
            "working directory",
        ),
        (changed(|command, _| _ = command.current_dir("")), "working directory"),
    ];
    for (mut command, word) in cases {
        let error = failure(&mut command);
        assert_eq!(
            (error.kind(), error.phase()),
            (ErrorKind::InvalidInput, Phase::Configure),
            "{}",
            whole(&error)
        );
        assert!(error.to_string().starts_with("cannot run "), "{error}");
        assert!(whole(&error).contains(word), "{} lacks {word}", whole(&error));
        assert!(!whole(&error).contains('\0'));
    }
    Ok(())
}

fn many() -> Outcome {
    let container = system().start()?;
    for _ in 0..200 {
        failure(&mut container.command("/not/there"));
        failure(container.command("true").current_dir("/not/there"));
    }
    // PID 1, and the shell itself, which makes no other process for it.
    assert_eq!(sh(&container, "set -- /proc/[0-9]*; echo $#")?, "2");
    Ok(())
}
