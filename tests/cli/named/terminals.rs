//! Terminals in a container that lives on: what ends with them, and what does not.

use furnace_tests::{Need, Orphans, Outcome, Root, Session, Window, test};
use libtest_mimic::Trial;
use rustix::process::Signal;

use super::names::{Names, within_patience};
use crate::Case;

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("bash"), Need::Program("setsid")];
    let all: [Case; 7] = [
        ("named_shell_has_the_keys_of_a_terminal", keys),
        ("named_shell_gives_the_terminal_back", gives_back),
        ("named_shells_at_once", at_once),
        ("named_exec_passes_on_what_is_typed", typed),
        ("named_exec_leaves_the_terminal_where_it_is_forbidden", forbidden),
        ("named_terminal_that_goes_away_leaves_the_container", goes_away),
        ("named_shell_killed_leaves_the_container_alone", killed),
    ];
    all.into_iter().map(|(name, body)| test(name, &needs, body)).collect()
}

const PROMPT: &str = "furnace-debug@it / # ";

fn started() -> Names {
    let names = Names::with(Root::small().with(&["bash", "stty"]));
    names.start("it");
    names
}

fn shell(names: &Names) -> Session {
    let mut command = names.typed("shell", &["--in", "it"]).into_command();
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let mut session = Window::new().start(&command, |_| {});
    session.expect(PROMPT);
    session
}

fn exec(names: &Names, option: &str, script: &str) -> Session {
    let command = names.typed("exec", &[option, "it", "sh", "-c", script]).into_command();
    Window::new().start(&command, |_| {})
}

/// Nothing runs in it any more but its PID 1.
fn is_alone(names: &Names, orphans: &Orphans) {
    // The kernel has them for processes until they are reaped; what the container itself is made of is left alone.
    within_patience("alone", || {
        orphans.reap_ended(None);
        // One that has ended since is left to nobody: the container could not be stopped.
        names.processes().len() == 1 && orphans.reap_ended(None)
    });
}

fn ends(session: Session, code: i32) -> Outcome {
    let (status, shown, window) = session.end();
    assert_eq!(status.code(), Some(code), "{}", String::from_utf8_lossy(&shown));
    assert_eq!(window.modes(), Window::new().modes());
    Ok(())
}

fn keys() -> Outcome {
    let names = started();
    let mut session = shell(&names);
    session.enter("ulimit -c 0; sleep 1000\n");
    session.until("at sleep", |session| session.has_in_foreground("sleep"));
    session.enter("\u{3}");
    session.expect(PROMPT);
    session.enter("echo it was $?; sleep 1001\n");
    session.expect("it was 130\r\n");
    session.until("at sleep", |session| session.has_in_foreground("sleep"));
    session.enter("\u{1c}");
    session.expect(PROMPT);
    session.enter("echo it was $?; sleep 1002\n");
    session.expect("it was 131\r\n");
    session.until("at sleep", |session| session.has_in_foreground("sleep"));
    session.enter("\u{1a}");
    session.expect("Stopped");
    session.expect(PROMPT);
    session.enter("fg\n");
    session.expect("sleep 1002\r\n");
    session.until("at sleep", |session| session.has_in_foreground("sleep"));
    session.enter("\u{3}");
    session.expect(PROMPT);
    session.enter("exit 5\n");
    ends(session, 5)?;
    names.end()
}

fn gives_back() -> Outcome {
    let names = started();
    let session = shell(&names);
    session.enter("stty raw -echo; exit 6\n");
    ends(session, 6)?;
    // Also when somebody stops the container meanwhile.
    let mut session = shell(&names);
    session.enter("sleep 1000\n");
    session.until("at sleep", |session| session.has_in_foreground("sleep"));
    names.typed("stop", &["it"]).check()?;
    ends(session, 128 + 9)?;
    names.is_clean()
}

/// Each with a terminal and a window of its own; and the one goes on when the other is killed.
fn at_once() -> Outcome {
    let names = started();
    let orphans = Orphans::adopt();
    let (mut one, mut other) = (shell(&names), shell(&names));
    one.window().resize(30, 100);
    one.enter("until test \"$(stty size)\" = '30 100'; do sleep 0.05; done; tty; echo a word > /dev/pts/1\n");
    one.expect("/dev/pts/0\r\n");
    other.expect("a word");
    other.enter("\nstty size; tty; sleep 1000\n");
    other.expect("24 80\r\n/dev/pts/1\r\n");
    other.until("at sleep", |session| session.has_in_foreground("sleep"));
    one.signal(Signal::KILL);
    let _ = one.end();
    other.enter("\u{3}");
    other.expect(PROMPT);
    other.enter("exit 7\n");
    ends(other, 7)?;
    is_alone(&names, &orphans);
    drop(orphans);
    names.end()
}

fn typed() -> Outcome {
    let names = started();
    let mut session = exec(&names, "-i", "tty; cat; exit 3");
    session.expect("not a tty\r\n");
    session.enter("typed\n");
    session.expect("typed\r\ntyped\r\n");
    session.enter("\u{4}");
    ends(session, 3)?;
    names.end()
}

fn forbidden() -> Outcome {
    let names = started();
    let mut session = exec(&names, "-T", "tty; cat; echo end");
    session.expect("not a tty\r\nend\r\n");
    ends(session, 0)?;
    names.end()
}

/// As when a connection breaks.
fn goes_away() -> Outcome {
    let names = started();
    let orphans = Orphans::adopt();
    for option in ["-t", "-i", "-T"] {
        for script in ["echo ready; sleep 1000", "echo ready; while :; do echo more; done"] {
            let mut session = exec(&names, option, script);
            session.expect("ready");
            let code = session.close().code();
            // Who writes into a pipe may hear that nobody reads before the hang-up is passed on.
            let by_pipe = option != "-t" && code == Some(128 + 13);
            assert!(code == Some(128 + 1) || by_pipe, "{option} {script}: {code:?}");
        }
    }
    for line in ["", "sleep 1000\n", "(trap '' HUP; sleep 1)\n"] {
        let mut session = shell(&names);
        session.enter(line);
        session.until("at sleep", |session| {
            line.is_empty() || session.has_in_foreground("sleep")
        });
        let _ = session.close();
    }
    is_alone(&names, &orphans);
    drop(orphans);
    names.end()
}

/// In whatever it does: the terminal inside is hung up, which ends the shell and its jobs.
fn killed() -> Outcome {
    let names = started();
    let orphans = Orphans::adopt();
    for (line, then) in [
        ("", ""),
        ("sleep 1000\n", ""),
        ("sleep 1000\n", "\u{3}"),
        ("sleep 1000 & sleep 1000\n", "\u{1a}"),
        ("stty raw -echo; sleep 1000\n", ""),
        ("while :; do echo more; sleep 0; done\n", ""),
    ] {
        let mut session = shell(&names);
        session.enter(line);
        session.until("at sleep", |session| {
            line.is_empty() || !session.running("sleep").is_empty()
        });
        session.enter(then);
        session.signal(Signal::KILL);
        let (_, _, window) = session.end();
        // As its help says.
        assert!(!window.modes().contains("ICANON"));
        is_alone(&names, &orphans);
    }
    drop(orphans);
    names.end()
}
