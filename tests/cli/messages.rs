//! What is told on standard error.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use furnace_core::Container;
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("an_error_has_its_cause_and_what_helps", &[Need::Root], form),
        test("what_was_typed_is_escaped", &[Need::Root], escaped),
        test("verbose_tells_each_step", &[Need::Root], verbose),
        test("what_is_told_of_a_step_is_escaped", &[Need::Root], verbose_escaped),
        test("a_warning_needs_no_asking", &[Need::Root], warning),
    ]
}

fn form() -> Outcome {
    typed!["run", "/no/such/root", "true"]
        .status(125)
        .stderr(
            "furnace: cannot use /no/such/root as the root directory: No such file or directory (ENOENT)\n  \
             help: the root directory must exist; it holds the system that is to run\n",
        )
        .check()?;
    let root = Root::small();
    typed!["run", "--user", "1x", root.path(), "true"]
        .status(125)
        .stderr(
            "furnace: invalid value '1x' for '--user <USER[:GROUP]>': `1x` is neither the number of a user nor a name: a \
             name begins with a letter or `_`, and has only these, digits, `-` and `.` in it\n\nFor more information, \
             try '--help'.\n",
        )
        .check()
}

/// Colours, the clipboard, a carriage return, a line of its own, the direction of writing, and no UTF-8.
const HOSTILE: &[u8] = b"x\x1b[31m\x1b]52;c;eA\x07\r\nforged\xe2\x80\xae\xff";

/// What is always left of it in words.
const SHOWN: &str = r"\r\nforged\u{202e}";

fn escaped() -> Outcome {
    let root = Root::small();
    let hostile = OsStr::from_bytes(HOSTILE);
    let after = |prefix: &str| {
        let mut word = OsStr::new(prefix).to_owned();
        word.push(hostile);
        word
    };
    let whole = r"x\u{1b}[31m\u{1b}]52;c;eA\u{7}\r\nforged\u{202e}\xff";
    typed!["run", after("/"), "true"].complains(125, &[whole]).check()?;
    typed!["run", root.path(), hostile].complains(127, &[whole]).check()?;
    typed!["run", "--workdir", hostile, root.path(), "true"]
        .complains(125, &[whole])
        .check()?;
    typed!["run", "--bind", after("/no/"), root.path(), "true"]
        .complains(125, &[whole])
        .check()?;
    let mut long = after("--hostname=");
    long.push("n".repeat(64));
    typed!["run", long, root.path(), "true"]
        .complains(125, &[whole])
        .check()?;

    typed!["run", after("--user="), root.path(), "true"]
        .complains(125, &[SHOWN])
        .check()?;
    typed!["run", after("--env="), root.path(), "true"]
        .complains(125, &[SHOWN])
        .check()?;
    typed!["run", after("--bind=:"), root.path(), "true"]
        .complains(125, &[SHOWN])
        .check()?;
    typed!["run", after("--"), root.path(), "true"]
        .complains(125, &[SHOWN])
        .check()?;
    typed!["run", after("--ephemeral="), root.path(), "true"]
        .complains(125, &[SHOWN])
        .check()?;
    typed!["run", after("-"), root.path(), "true"]
        .complains(125, &["unexpected argument"])
        .check()?;
    typed![hostile].complains(125, &[SHOWN]).check()
}

fn verbose() -> Outcome {
    let root = Root::small();
    let steps = Container::builder(root.path()).plan()?.steps.len();
    let output = typed!["run", "-v", root.path(), "echo", "hello"].output();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"hello\n");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.lines().all(|line| line.starts_with("furnace: ")), "{told}");
    for number in 1..=steps {
        let end = format!(" step={number}");
        assert_eq!(
            told.lines().filter(|line| line.ends_with(&end)).count(),
            1,
            "step {number} of\n{told}"
        );
    }
    let after: Vec<&str> = told.lines().skip(steps).collect();
    for event in ["container started", "command started", "container stopped"] {
        assert_eq!(
            after.iter().filter(|line| line.contains(event)).count(),
            1,
            "{event} in\n{told}"
        );
    }

    // It can be typed before the subcommand as well.
    let output = typed!["--verbose", "run", root.path(), "true"].output();
    assert!(String::from_utf8_lossy(&output.stderr).contains("container started"));
    Ok(())
}

fn verbose_escaped() -> Outcome {
    let root = Root::small();
    let outside = Scratch::new();
    let source = outside.join(OsStr::from_bytes(HOSTILE));
    std::fs::create_dir(&source).unwrap();
    let output = typed!["run", "-v", "--bind", &source, root.path(), "ls", &source].output();
    assert_eq!(output.status.code(), Some(0));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.lines().all(|line| line.starts_with("furnace: ")), "{told}");
    assert!(
        !told.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'),
        "{told}"
    );
    assert!(told.contains(SHOWN), "{told}");
    Ok(())
}

fn warning() -> Outcome {
    let root = Root::small();
    let program = root.join("bin/systemd-tmpfiles");
    std::fs::write(&program, "#!/bin/sh\nexit 7\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    typed!["run", root.path(), "echo", "hello"]
        .stdout("hello\n")
        .stderr("furnace: warning: systemd-tmpfiles in the container failed status=exit status: 7\n")
        .check()
}
