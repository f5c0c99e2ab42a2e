//! `furnace` as a job of a shell outside, in pipelines, and at a terminal that goes away.

use std::process::Command;

use furnace_tests::{Need, Orphans, Outcome, Root, Session, Window, test};
use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};

use super::{at_terminal, is_raw};
use crate::Case;
use crate::shell;

pub(super) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("bash"), Need::Program("setsid")];
    let all: [Case; 12] = [
        ("terminal_in_the_background", background),
        ("terminal_of_a_job_that_ends_in_the_background", ends_in_background),
        ("terminal_of_a_job_that_is_stopped_and_continued", stopped),
        ("terminal_of_a_job_that_is_killed", killed),
        ("terminal_and_a_pipe_behind_it", piped),
        ("terminal_and_a_pipe_that_ends_early", piped_to_head),
        ("no_terminal_ctrl_c_ends_a_pipeline", pipeline_interrupted),
        ("no_terminal_ctrl_backslash_ends_a_pipeline", pipeline_quit),
        ("no_terminal_ctrl_z_stops_a_pipeline", pipeline_stopped),
        ("terminal_for_many_in_a_row", many),
        ("terminal_that_goes_away_ends_its_commands", goes_away),
        (
            "terminal_that_goes_away_ends_shells_and_their_jobs",
            goes_away_from_a_shell,
        ),
    ];
    all.into_iter().map(|(name, body)| test(name, &needs, body)).collect()
}

const PROMPT: &str = "outer> ";

/// A shell outside that has jobs.
fn outer(root: &Root) -> Session {
    let furnace = typed!["run"].into_command().get_program().to_owned();
    let mut shell = Command::new("bash");
    shell
        .args(["--norc", "--noprofile", "--noediting", "-i"])
        .env("PS1", PROMPT)
        .env("FURNACE", furnace)
        .env("ROOT", root.path())
        .env("TERM", "dumb")
        .env_remove("PROMPT_COMMAND");
    let mut session = Window::new().start(&shell, |_| {});
    session.expect(PROMPT);
    session
}

/// It has the terminal as it was, and ends.
fn leave(mut session: Session) -> Outcome {
    session.enter("stty -a | tr ' ' '\\n' | grep -c -x -e icanon -e echo -e isig\n");
    session.expect("\r\n3\r\n");
    session.expect(PROMPT);
    session.enter("exit 8\n");
    let (status, shown, _) = session.end();
    assert_eq!(status.code(), Some(8), "{}", String::from_utf8_lossy(&shown));
    Ok(())
}

/// It has to leave the terminal to the shell, and still to run.
fn background() -> Outcome {
    let root = Root::small();
    let mut session = outer(&root);
    session.enter("$FURNACE run $ROOT sh -c 'echo in''side; head -n 1; echo g''one' &\n");
    session.expect("inside\r");
    assert!(session.window().modes().contains("ICANON"));
    session.enter("fg\n");
    is_raw(&mut session);
    session.enter("typed\r");
    session.expect("typed\r\ntyped\r\ngone\r\n");
    session.expect(PROMPT);
    leave(session)
}

fn ends_in_background() -> Outcome {
    let root = Root::small();
    let mut session = outer(&root);
    session.enter("$FURNACE run $ROOT sh -c 'echo in''side; exit 7' & wait $!; echo it was $?\n");
    session.expect("inside\r");
    session.expect("it was 7\r\n");
    session.expect(PROMPT);
    leave(session)
}

/// By a signal: the key is for the command inside.
fn stopped() -> Outcome {
    let root = Root::small();
    let mut session = outer(&root);
    session.enter("$FURNACE run $ROOT sh -c 'head -n 1; exit 3'\n");
    for _ in 0..3 {
        is_raw(&mut session);
        for pid in session.running("furnace") {
            kill_process(Pid::from_raw(pid.parse()?).unwrap(), Signal::TSTP)?;
        }
        session.expect("Stopped");
        session.expect(PROMPT);
        assert!(session.window().modes().contains("ICANON"));
        session.enter("fg\n");
    }
    is_raw(&mut session);
    session.enter("typed\r");
    session.expect("typed\r\ntyped\r\n");
    session.expect(PROMPT);
    session.enter("echo it was $?\n");
    session.expect("it was 3\r\n");
    session.expect(PROMPT);
    leave(session)
}

fn killed() -> Outcome {
    let root = Root::small();
    let mut session = outer(&root);
    session.enter("$FURNACE run $ROOT sleep 1000 &\n");
    session.until("at sleep", |session| session.has_in_foreground("sleep"));
    session.enter("kill %1; wait %1; echo it was $?\n");
    session.expect("it was 143\r\n");
    session.expect(PROMPT);
    leave(session)
}

fn piped() -> Outcome {
    let root = Root::small().with(&["bash"]);
    let mut session = outer(&root);
    session.enter("$FURNACE shell $ROOT | cat; echo it was ${PIPESTATUS[@]}\n");
    session.expect("furnace-debug@localhost / # ");
    session.enter("tty; echo $((40 + 2)); cat\n");
    session.expect("/dev/pts/0\r\n42\r\n");
    // The key is for what runs inside, not for what runs beside.
    session.until("at cat", |session| {
        session.has_in_foreground("cat") && session.running("cat").len() == 2
    });
    session.enter("\u{3}");
    session.expect("furnace-debug@localhost / # ");
    session.enter("exit 5\n");
    session.expect("it was 5 0\r\n");
    session.expect(PROMPT);
    leave(session)
}

/// Whoever has seen enough ends the shell.
fn piped_to_head() -> Outcome {
    let root = Root::small().with(&["bash"]);
    let mut session = outer(&root);
    session.enter("$FURNACE shell $ROOT | head -n 2; echo it was ${PIPESTATUS[@]}\n");
    is_raw(&mut session);
    session.enter("while :; do echo more; done\n");
    session.expect("it was 129 0\r\n");
    session.expect(PROMPT);
    leave(session)
}

/// A shell inside that waits for its own command, and a pipe behind it.
fn pipeline(root: &Root) -> Session {
    let mut session = outer(root);
    session.enter("$FURNACE run $ROOT bash -c 'ulimit -c 0; echo re''ady; sleep 1000; echo not that' | cat\n");
    session.expect("ready\r\n");
    session.until("at sleep", |session| !session.running("sleep").is_empty());
    session
}

fn pipeline_ends(mut session: Session, key: &str, code: i32) -> Outcome {
    session.enter(key);
    session.expect(PROMPT);
    session.enter("echo it was $?\n");
    session.expect(&format!("it was {code}\r\n"));
    session.expect(PROMPT);
    leave(session)
}

fn pipeline_interrupted() -> Outcome {
    let root = Root::small().with(&["bash"]);
    pipeline_ends(pipeline(&root), "\u{3}", 128 + 2)
}

fn pipeline_quit() -> Outcome {
    let root = Root::small().with(&["bash"]);
    pipeline_ends(pipeline(&root), "\u{1c}", 128 + 3)
}

fn pipeline_stopped() -> Outcome {
    let root = Root::small().with(&["bash"]);
    let mut session = pipeline(&root);
    let sleep = session.running("sleep").remove(0);
    let is_stopped = || {
        let stat = std::fs::read_to_string(format!("/proc/{sleep}/stat")).unwrap();
        stat.contains(") T ")
    };
    for _ in 0..3 {
        session.enter("\u{1a}");
        session.expect("Stopped");
        session.expect(PROMPT);
        session.until("stopped", |_| is_stopped());
        session.enter("fg\n");
        session.until("continued", |_| !is_stopped());
    }
    pipeline_ends(session, "\u{3}", 128 + 2)
}

fn many() -> Outcome {
    let root = Root::small();
    let mut session = outer(&root);
    session.enter(
        "for i in $(seq 100); do $FURNACE run -t $ROOT sh -c \"echo $i; exit $i\" || echo was $?; done; echo all\n",
    );
    for number in 1..=100 {
        session.expect(&format!("{number}\r\nwas {number}\r\n"));
    }
    session.expect("all\r\n");
    session.expect(PROMPT);
    leave(session)
}

/// As when a connection breaks.
fn goes_away() -> Outcome {
    let root = Root::small();
    let scripts = [
        "echo ready; sleep 1000 & sleep 1000",
        "echo ready; while :; do echo more; done",
        "echo ready; cat; sleep 1000",
    ];
    for option in ["-t", "-i", "-T"] {
        for script in scripts {
            let orphans = Orphans::adopt();
            let mut session = at_terminal(typed!["run", option, root.path(), "sh", "-c", script]);
            session.expect("ready");
            let status = session.close();
            assert_eq!(status.code(), Some(128 + 1), "{option} {script}");
            assert_eq!(orphans.reap_all(), 0, "{option} {script}");
        }
    }
    Ok(())
}

fn goes_away_from_a_shell() -> Outcome {
    let root = Root::small().with(&["bash", "stty"]);
    let states = [
        ("", ""),
        ("sleep 1000\n", ""),
        ("sleep 1000 & sleep 1000\n", "\u{1a}"),
        ("(trap '' HUP; sleep 1000)\n", ""),
        ("stty raw -echo; sleep 1000\n", ""),
    ];
    for (line, key) in states {
        let orphans = Orphans::adopt();
        let mut session = shell::open(&root);
        session.enter(line);
        session.until("at sleep", |session| {
            line.is_empty() || session.has_in_foreground("sleep")
        });
        session.enter(key);
        let _ = session.close();
        assert_eq!(orphans.reap_all(), 0, "{line}");
    }
    Ok(())
}
