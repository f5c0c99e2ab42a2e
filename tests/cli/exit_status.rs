//! The exit status: the command's, or what became of it.

use std::os::unix::fs::PermissionsExt;

use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("the_commands_status_is_passed_on", &[Need::Root], passed_on),
        test(
            "a_signal_that_ends_the_command_is_counted_from_128",
            &[Need::Root],
            signalled,
        ),
        test(
            "a_command_that_kills_its_group_does_not_kill_furnace",
            &[Need::Root],
            own_group,
        ),
        test("a_command_that_is_not_there_is_127", &[Need::Root], not_found),
        test(
            "a_command_that_cannot_be_executed_is_126",
            &[Need::Root],
            not_executable,
        ),
        test(
            "the_status_is_known_where_sigchld_is_ignored",
            &[Need::Root],
            sigchld_ignored,
        ),
        test("what_the_command_leaves_running_is_killed", &[Need::Root], background),
    ]
}

fn passed_on() -> Outcome {
    let root = Root::small();
    typed!["run", root.path(), "true"].check()?;
    typed!["run", root.path(), "false"].status(1).check()?;
    for status in [3, 125, 126, 127, 200, 255] {
        let script = format!("exit {status}");
        typed!["run", root.path(), "sh", "-c", script].status(status).check()?;
    }
    Ok(())
}

fn signalled() -> Outcome {
    let root = Root::small();
    for signal in [1, 2, 3, 6, 9, 13, 15, 64] {
        let script = format!("ulimit -c 0; kill -{signal} $$");
        typed!["run", root.path(), "sh", "-c", script]
            .status(128 + signal)
            .check()?;
    }
    Ok(())
}

fn own_group() -> Outcome {
    let root = Root::small();
    typed!["run", root.path(), "sh", "-c", "kill -9 0"]
        .status(137)
        .check()?;
    let everything = "sleep 1000 & kill -9 -1; exit 4";
    typed!["run", root.path(), "sh", "-c", everything].status(4).check()
}

fn not_found() -> Outcome {
    let root = Root::small();
    typed!["run", root.path(), "no-such-program"]
        .complains(
            127,
            &[
                "cannot run no-such-program: No such file or directory (ENOENT)",
                "help: ",
            ],
        )
        .check()?;
    typed!["run", root.path(), "/bin/no-such-program"]
        .complains(
            127,
            &["cannot run /bin/no-such-program: No such file or directory (ENOENT)"],
        )
        .check()?;
    typed!["run", "--env", "PATH=/usr/nowhere", root.path(), "true"]
        .complains(127, &["cannot run true", "/usr/nowhere"])
        .check()
}

fn not_executable() -> Outcome {
    let root = Root::small();
    std::fs::write(root.join("bin/plain"), "no program\n").unwrap();
    std::fs::write(root.join("bin/marked"), "no program\n").unwrap();
    std::fs::write(root.join("bin/orphan"), "#!/no/such/interpreter\n").unwrap();
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(root.join("bin/marked"), executable.clone()).unwrap();
    std::fs::set_permissions(root.join("bin/orphan"), executable).unwrap();

    let denied = "Permission denied (EACCES)";
    typed!["run", root.path(), "/etc"]
        .complains(126, &["cannot run /etc", denied])
        .check()?;
    typed!["run", root.path(), "/bin/plain"]
        .complains(126, &["cannot run /bin/plain", denied])
        .check()?;
    typed!["run", root.path(), "plain"]
        .complains(126, &["cannot run plain", denied])
        .check()?;
    typed!["run", root.path(), "marked"]
        .complains(126, &["cannot run marked", "(ENOEXEC)"])
        .check()?;
    typed!["run", root.path(), "orphan"]
        .complains(126, &["cannot run orphan", "interpreter"])
        .check()
}

fn sigchld_ignored() -> Outcome {
    let root = Root::small();
    typed!["run", root.path(), "sh", "-c", "exit 3"]
        .by_shell("exec env --ignore-signal=CHLD \"$@\"")
        .status(3)
        .check()
}

fn background() -> Outcome {
    let root = Root::small();
    // The pipe would stay open, and the test hang, were one of them left.
    typed![
        "run",
        root.path(),
        "sh",
        "-c",
        "sleep 1000 & setsid sleep 1000 & exit 5"
    ]
    .status(5)
    .check()
}
