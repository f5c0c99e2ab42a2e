//! What makes no sense, or is not there: an exact status, an error that names the thing, and nothing left.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

use furnace_tests::{Need, Outcome, Root, Scratch, furnace, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("bad_root", &[Need::Root], bad_root),
        test("no_command", &[Need::Root], no_command),
        test("bad_bind", &[Need::Root], bad_bind),
        test("bad_bind_text", &[Need::Root], bad_bind_text),
        test("bad_workdir", &[Need::Root], bad_workdir),
        test("bad_hostname", &[Need::Root], bad_hostname),
        test("bad_env", &[Need::Root], bad_env),
        test("bad_option", &[Need::Root], bad_option),
        test("not_root", &[Need::Root], not_root),
    ]
}

fn bad_root() -> Outcome {
    let scratch = Scratch::new();
    let missing = scratch.join("missing");
    typed!["run", missing, "true"]
        .complains(
            125,
            &[
                missing.to_str().unwrap(),
                "No such file or directory (ENOENT)",
                "help: ",
            ],
        )
        .check()?;
    let file = scratch.join("file");
    fs::write(&file, "").unwrap();
    typed!["run", file, "true"]
        .complains(125, &[file.to_str().unwrap(), "Not a directory (ENOTDIR)"])
        .check()?;
    let below = file.join("below");
    typed!["run", below, "true"]
        .complains(125, &[below.to_str().unwrap(), "Not a directory (ENOTDIR)"])
        .check()?;
    let around = scratch.join("around");
    std::os::unix::fs::symlink(&around, &around).unwrap();
    typed!["run", around, "true"]
        .complains(125, &[around.to_str().unwrap(), "(ELOOP)"])
        .check()?;
    typed!["run", "", "true"].complains(125, &["ROOT"]).check()
}

fn no_command() -> Outcome {
    let root = Root::small();
    typed!["run", root.path()]
        .complains(125, &["COMMAND", "Usage: furnace run"])
        .check()?;
    typed!["run", root.path(), "--"].complains(125, &["COMMAND"]).check()?;
    typed!["run"].complains(125, &["ROOT", "COMMAND"]).check()?;
    typed!["run", root.path(), ""]
        .complains(125, &["the name of the program is empty"])
        .check()
}

fn bad_bind() -> Outcome {
    let root = Root::small();
    let bind = |value: &str, option: &str, complaint: &[&str]| {
        typed!["run", option, value, root.path(), "echo", "ran"]
            .complains(125, complaint)
            .check()
    };
    bind(
        "/no/such/source:/m",
        "--bind",
        &["/no/such/source", "(ENOENT)", "help: "],
    )?;
    bind("/no/such/source:/m", "--bind-ro", &["/no/such/source", "(ENOENT)"])?;
    bind("/etc:/m/../../x", "--bind", &["/m/../../x", "`..`"])?;
    bind("/etc:..", "--bind-ro", &["bind /etc to ..", "`..`"])?;
    bind("/etc:/", "--bind", &["bind /etc to /", "the container's root itself"])?;
    bind("/etc:/etc/passwd", "--bind", &["/etc/passwd", "(ENOTDIR)"])?;
    bind("/etc/passwd:/etc", "--bind", &["/etc", "a directory"])?;
    bind("/etc/passwd:/new/", "--bind", &["/new/", "not a directory"])?;
    assert!(!root.join("m").exists() && !root.join("new").exists());
    Ok(())
}

fn bad_bind_text() -> Outcome {
    let root = Root::small();
    for (value, why) in [
        ("/a:/b:/c", "`/c` is no flag of a bind"),
        ("/a:/b:ro:/c", "more than two colons"),
        ("/a:/b:", "a word is missing"),
        ("/a:/b:ro,", "a word is missing"),
        ("/a::ro", "the destination is empty"),
        (":/b", "the source is empty"),
        ("/a:", "the destination is empty"),
        (r"/a\b", "a backslash"),
        (r"/a\", "a backslash"),
        ("", "--bind"),
    ] {
        for option in ["--bind", "--bind-ro"] {
            typed!["run", option, value, root.path(), "echo", "ran"]
                .complains(125, &[why, value])
                .check()?;
        }
    }
    Ok(())
}

fn bad_workdir() -> Outcome {
    let root = Root::small();
    typed!["run", "--workdir", "/no/such", root.path(), "true"]
        .complains(125, &["/no/such", "(ENOENT)"])
        .check()?;
    typed!["run", "--workdir", "/etc/passwd", root.path(), "true"]
        .complains(125, &["/etc/passwd", "(ENOTDIR)"])
        .check()?;
    // A descriptor of whoever starts it is no way out.
    typed!["run", "--workdir", "/proc/self/fd/0", root.path(), "pwd"]
        .by_shell("exec \"$@\" </")
        .complains(125, &["/proc/self/fd/0", "(ELOOP)"])
        .check()?;
    fs::create_dir(root.join("closed")).unwrap();
    fs::set_permissions(root.join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    typed!["run", "--user", "1000", "--workdir", "/closed", root.path(), "true"]
        .complains(125, &["/closed", "(EACCES)"])
        .check()
}

fn bad_hostname() -> Outcome {
    let root = Root::small();
    let long = "n".repeat(65);
    typed!["run", "--hostname", long, root.path(), "true"]
        .complains(125, &[&long, "65 bytes"])
        .check()?;
    typed!["run", "--hostname", "", root.path(), "true"]
        .complains(125, &["host"])
        .check()
}

fn bad_env() -> Outcome {
    let root = Root::small();
    typed!["run", "--env", "NAME", root.path(), "true"]
        .complains(125, &["'NAME'", "--env"])
        .check()?;
    typed!["run", "--env", "=value", root.path(), "true"]
        .complains(125, &["'=value'", "--env"])
        .check()?;
    typed!["run", "--env", "", root.path(), "true"]
        .complains(125, &["--env"])
        .check()
}

fn bad_option() -> Outcome {
    let root = Root::small();
    typed!["run", "--ephmeral", root.path(), "true"]
        .complains(125, &["'--ephmeral'", "--ephemeral"])
        .check()?;
    // What looks like an option is not taken for the command.
    typed!["run", root.path(), "--ephmeral", "true"]
        .complains(125, &["'--ephmeral'"])
        .check()?;
    typed!["run", "--hostname"].complains(125, &["--hostname"]).check()?;
    typed!["rum", root.path(), "true"].complains(125, &["'rum'"]).check()?;
    let output = typed![].output();
    assert_eq!(output.status.code(), Some(125));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Usage: furnace"));
    assert_eq!(output.stdout, b"");
    Ok(())
}

fn not_root() -> Outcome {
    const NOBODY: u32 = 65534;
    let root = Root::small();
    let scratch = Scratch::new();
    // Where it was built nobody else may be let in.
    let program = scratch.join("furnace");
    fs::copy(furnace(), &program).unwrap();
    let unprivileged = |command: &mut std::process::Command| {
        let mut other = std::process::Command::new(&program);
        other.args(command.get_args()).uid(NOBODY).gid(NOBODY).current_dir("/");
        *command = other;
    };
    typed!["run", root.path(), "true"]
        .started(unprivileged)
        .complains(125, &["CAP_SYS_ADMIN", "help: run it as root"])
        .check()?;
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let closed = scratch.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let inside = closed.join("root");
    fs::create_dir(&inside).unwrap();
    typed!["run", inside, "true"]
        .started(unprivileged)
        .complains(125, &[inside.to_str().unwrap(), "Permission denied (EACCES)"])
        .check()
}
