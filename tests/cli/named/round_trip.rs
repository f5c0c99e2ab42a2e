//! From a start to a stop.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use furnace_tests::{Need, Outcome, Root, Scratch, Session, Window, test};
use libtest_mimic::Trial;

use super::names::{Names, lines, within_patience};
use crate::Case;

pub(crate) fn trials() -> Vec<Trial> {
    let all: [Case; 11] = [
        ("named_round_trip", round_trip),
        ("named_start_that_fails_leaves_nothing", failing_start),
        ("named_start_that_cannot_be_told_leaves_nothing", not_told),
        ("named_start_takes_a_file", from_a_file),
        ("named_start_keeps_no_stream_open", streams),
        ("named_names_that_are_none", bad_names),
        ("named_shell", shell),
        ("named_shell_in_or_of", shell_in_or_of),
        ("named_stop_of_several", several),
        ("named_wait_ends_with_the_container", wait),
        ("named_wait_has_a_limit", wait_limit),
    ];
    all.into_iter()
        .map(|(name, body)| test(name, &[Need::Root, Need::Program("setsid")], body))
        .collect()
}

fn round_trip() -> Outcome {
    let names = Names::new();
    let output = names.starting("it").then("--json").output();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let told = lines(&output.stdout);
    assert_eq!(told, names.list(), "start tells what ps does");
    assert_eq!(
        (&told[0]["name"], &told[0]["standing"]),
        (&"it".into(), &"running".into())
    );
    assert_eq!(told[0]["root"], names.root().path().to_str().unwrap());
    // Each sees what the one before has left, in the container's own /run.
    names
        .exec(
            "it",
            "echo word > /run/file; sleep 1000 >/dev/null 2>&1 & echo $(hostname)",
        )
        .stdout("localhost\n")
        .check()?;
    names
        .exec("it", "cat /run/file; read line; echo $line; exit 3")
        .stdin("typed\n")
        .stdout("word\ntyped\n")
        .status(3)
        .check()?;
    let again = names.starting("it").complains(
        125,
        &["cannot name a container it", "a container of that name runs", "help: "],
    );
    again.check()?;
    names.typed("stop", &["it"]).check()?;
    assert!(names.list().is_empty());
    for (command, words) in [
        ("stop", &["it"][..]),
        ("wait", &["it"]),
        ("exec", &["it", "true"]),
        ("shell", &["--in", "it"]),
    ] {
        let complaint = [
            "cannot find the container it",
            "nothing of that name",
            "help: ",
            names.path().to_str().unwrap(),
        ]
        .map(str::to_owned);
        let complaint: Vec<&str> = complaint.iter().map(String::as_str).collect();
        names.typed(command, words).complains(125, &complaint).check()?;
    }
    names.is_clean()
}

fn failing_start() -> Outcome {
    let names = Names::new();
    names
        .typed("start", &["--name", "it", "/no/such/root"])
        .complains(125, &["/no/such/root"])
        .check()?;
    let bind = names
        .typed("start", &["--bind", "/no/such/source:/m", "--name", "it"])
        .then(names.root().path());
    bind.complains(125, &["/no/such/source"]).check()?;
    names
        .starting("it")
        .then("--changes=x")
        .complains(125, &["--changes"])
        .check()?;
    names
        .typed("start", &[])
        .then(names.root().path())
        .complains(125, &["--name"])
        .check()?;
    names.is_clean()?;
    names.start("it");
    names.end()
}

fn not_told() -> Outcome {
    let names = Names::new();
    let full = names.starting("it").then("--json").by_shell("exec \"$@\" >/dev/full");
    full.complains(125, &["cannot write to standard output"]).check()?;
    names.is_clean()
}

fn from_a_file() -> Outcome {
    let (names, scratch) = (Names::new(), Scratch::new());
    let file = scratch.join("it.toml");
    let root = names.root().path().to_str().unwrap().to_owned();
    fs::write(
        &file,
        format!("root = \"{root}\"\nhostname = \"there\"\nephemeral = true\ncommand = [\"false\"]\n"),
    )?;
    names
        .typed("start", &["--name", "it", "--config"])
        .then(&file)
        .check()?;
    names.exec("it", "hostname; echo > /new").stdout("there\n").check()?;
    assert!(!names.root().join("new").exists());
    names.end()
}

fn streams() -> Outcome {
    let names = Names::new();
    // The transcript reads to the end of both, which would not come.
    names
        .starting("it")
        .by_shell("out=$(\"$@\" 2>&1) && echo \"[$out]\"")
        .stdout("[]\n")
        .check()?;
    names.end()
}

fn bad_names() -> Outcome {
    let names = Names::new();
    for name in ["", "..", "a/b", ".a", "a b", "a\u{1b}[2J"] {
        names
            .typed("start", &["--name", name])
            .then(names.root().path())
            .complains(125, &["cannot name a container"])
            .check()?;
        names
            .typed("stop", &[name])
            .complains(125, &["cannot name a container"])
            .check()?;
        names
            .typed("exec", &[name, "true"])
            .complains(125, &["cannot name a container"])
            .check()?;
    }
    assert!(!names.path().exists());
    names
        .typed("stop", &["--runtime-dir", "", "it"])
        .complains(125, &["--runtime-dir"])
        .check()?;
    typed!["ps", "--runtime-dir", ""]
        .complains(125, &["--runtime-dir"])
        .check()
}

fn at_terminal(names: &Names, words: &[&str]) -> Session {
    let mut command = names.typed("shell", words).into_command();
    command.env("TERM", "xterm").env_remove("NO_COLOR");
    Window::new().start(&command, |_| {})
}

fn shell() -> Outcome {
    let names = Names::with(Root::small().with(&["bash", "stty"]));
    names.start("it");
    const PROMPT: &str = "furnace-debug@it \u{1b}[32m/\u{1b}[m # ";
    let mut session = at_terminal(&names, &["--in", "it"]);
    session.expect(PROMPT);
    session
        .enter("tty; echo word > /run/file; until [ \"$(stty size)\" = '33 99' ]; do sleep 0.05; done; echo as wide\n");
    session.expect("/dev/pts/0\r\n");
    session.window().resize(33, 99);
    session.expect("as wide\r\n");
    session.expect(PROMPT);
    session.enter("exit 4\n");
    let (status, shown, _) = session.end();
    assert_eq!(status.code(), Some(4), "{}", String::from_utf8_lossy(&shown));
    // It goes on, and so does what the shell has left.
    names.exec("it", "cat /run/file").stdout("word\n").check()?;
    let mut session = at_terminal(
        &names,
        &["--in", "it", "--user", "1000", "--workdir", "/tmp", "--env", "X=y"],
    );
    session.expect("furnace-debug@it \u{1b}[32m/tmp\u{1b}[m # ");
    session.enter("echo $X$(id -u)\n");
    session.expect("y1000\r\n");
    session.enter("exit\n");
    assert!(session.end().0.success());
    names.end()
}

fn shell_in_or_of() -> Outcome {
    let names = Names::new();
    names.start("it");
    for option in [
        &["/"][..],
        &["--ephemeral"],
        &["--bind", "/etc"],
        &["--hostname", "x"],
        &["--config", "x"],
        &["--propagation", "slave"],
    ] {
        let typed = option
            .iter()
            .fold(names.typed("shell", &["--in", "it"]), |typed, word| typed.then(word));
        typed.complains(125, &["cannot be used with"]).check()?;
    }
    typed!["shell"].complains(125, &["ROOT"]).check()?;
    names
        .typed("shell", &["/"])
        .complains(125, &["ROOT", "cannot be used with", "--runtime-dir"])
        .check()?;
    names.end()
}

fn several() -> Outcome {
    let names = Names::new();
    for name in ["a", "b", "c"] {
        names.start(name);
    }
    names
        .typed("stop", &["a", "no-such", "b"])
        .complains(125, &["cannot find the container no-such"])
        .check()?;
    assert_eq!(names.standings(), [("c".to_owned(), "running".to_owned())]);
    names
        .typed("stop", &["c", "c"])
        .complains(125, &["cannot find the container c"])
        .check()?;
    names.typed("stop", &[]).complains(125, &["NAME"]).check()?;
    names.is_clean()
}

fn wait() -> Outcome {
    let names = Names::new();
    let pid = names.start("it");
    let mut waiting = names.typed("wait", &["it"]).into_command();
    let mut waiting: Vec<_> = (0..3).map(|_| waiting.spawn().unwrap()).collect();
    for child in &waiting {
        within_patience("found", || holds_pidfd(child.id()));
    }
    super::names::kill(pid);
    for child in &mut waiting {
        assert!(child.wait()?.success());
    }
    names.is_clean()
}

/// By it a container is held that has been found.
fn holds_pidfd(id: u32) -> bool {
    let all = fs::read_dir(format!("/proc/{id}/fd")).unwrap().flatten();
    let mut targets = all.filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.any(|target| target == Path::new("anon_inode:[pidfd]") || target.to_string_lossy().starts_with("pidfd:"))
}

fn wait_limit() -> Outcome {
    let names = Names::new();
    names.start("it");
    names.typed("wait", &["--timeout", "0", "it"]).status(1).check()?;
    let begun = Instant::now();
    names.typed("wait", &["--timeout", "0.3", "it"]).status(1).check()?;
    assert!(begun.elapsed() >= Duration::from_millis(300));
    for typed in ["-1", "x", "1e9", ""] {
        names
            .typed("wait", &["--timeout", typed, "it"])
            .complains(125, &["--timeout"])
            .check()?;
    }
    names.end()
}
