//! `furnace` killed with SIGKILL in whatever it does: nothing is left but the modes of the caller's terminal, which nobody
//! could restore.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use furnace_tests::{Need, Orphans, Outcome, Root, Session, test};
use libtest_mimic::Trial;
use rustix::process::Signal;

use super::{at_terminal, is_raw};
use crate::Case;
use crate::shell::{self, PROMPT};

pub(super) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("bash"), Need::Program("setsid")];
    let all: [Case; 10] = [
        ("killed_at_the_prompt", || in_a_shell(|_| {})),
        ("killed_while_the_window_changes", || in_a_shell(resize)),
        ("killed_at_ctrl_c", || in_a_shell(|session| key(session, "\u{3}", "^C"))),
        ("killed_at_ctrl_backslash", || {
            in_a_shell(|session| key(session, "\u{1c}", "^\\"))
        }),
        ("killed_with_a_stopped_job", || in_a_shell(stop_a_job)),
        ("killed_with_the_terminal_inside_raw", || in_a_shell(raw_inside)),
        ("killed_while_much_is_written", much_output),
        ("killed_while_pipes_carry_much", pipes),
        ("killed_without_an_input", no_input),
        ("killed_when_the_reader_has_gone", no_reader),
    ];
    all.into_iter().map(|(name, body)| test(name, &needs, body)).collect()
}

/// Kills it, and looks what is left. It had the fork server and the command as children.
fn kill(session: Session, orphans: &Orphans) -> Outcome {
    session.signal(Signal::KILL);
    let (status, _, window) = session.end();
    assert_eq!(status.signal(), Some(9));
    assert_eq!(orphans.reap_all(), 2);
    // As its help says: `reset` is needed. But nobody reads there any more.
    assert!(!window.modes().contains("ICANON"), "{}", window.modes());
    window.enter("for whoever comes next");
    assert_eq!(window.unread(), b"for whoever comes next");
    Ok(())
}

fn in_a_shell(act: impl FnOnce(&mut Session)) -> Outcome {
    let root = Root::small().with(&["bash", "stty"]);
    let orphans = Orphans::adopt();
    let mut session = shell::open(&root);
    act(&mut session);
    kill(session, &orphans)
}

fn run_sleep(session: &mut Session) {
    session.enter("ulimit -c 0; sleep 1000 & sleep 1000\n");
    session.until("at sleep", |session| session.has_in_foreground("sleep"));
}

fn resize(session: &mut Session) {
    run_sleep(session);
    for round in 0..50 {
        session.window().resize(20 + round, 80);
    }
}

fn key(session: &mut Session, key: &str, shown: &str) {
    run_sleep(session);
    session.enter(key);
    session.expect(shown);
}

fn stop_a_job(session: &mut Session) {
    run_sleep(session);
    session.enter("\u{1a}");
    session.expect("Stopped");
    session.expect(PROMPT);
}

fn raw_inside(session: &mut Session) {
    session.enter("stty raw -echo; echo taken; cat\n");
    session.expect("taken");
}

fn much_output() -> Outcome {
    let root = Root::small();
    let orphans = Orphans::adopt();
    let script = "echo ready; while :; do echo more; done";
    let mut session = at_terminal(typed!["run", root.path(), "sh", "-c", script]);
    is_raw(&mut session);
    session.expect("more");
    kill(session, &orphans)
}

fn pipes() -> Outcome {
    let root = Root::small();
    let orphans = Orphans::adopt();
    let mut command = typed!["run", root.path(), "cat"].into_command();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let writer = std::thread::spawn(move || while stdin.write_all(&[0x5a; 1 << 16]).is_ok() {});
    stdout.read_exact(&mut vec![0; 10 << 20])?;
    child.kill()?;
    assert_eq!(child.wait()?.signal(), Some(9));
    // There is nobody left who has an end of them.
    std::io::copy(&mut stdout, &mut std::io::sink())?;
    writer.join().unwrap();
    assert_eq!(orphans.reap_all(), 2);
    Ok(())
}

fn no_input() -> Outcome {
    let root = Root::small();
    let orphans = Orphans::adopt();
    let script = "exec \"$@\" <&-";
    let sleep = typed!["run", "-t", root.path(), "sh", "-c", "echo ready; sleep 1000"].by_shell(script);
    let mut child = sleep.into_command().stdout(Stdio::piped()).spawn()?;
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 7])?;
    child.kill()?;
    assert_eq!(child.wait()?.signal(), Some(9));
    std::io::copy(&mut stdout, &mut std::io::sink())?;
    assert_eq!(orphans.reap_all(), 2);
    Ok(())
}

/// Whether or not the command has heard of it by then.
fn no_reader() -> Outcome {
    let root = Root::small();
    for option in ["-t", "-T"] {
        let orphans = Orphans::adopt();
        let script = "trap '' HUP PIPE; while :; do echo more 2>&-; done";
        let mut command = typed!["run", option, root.path(), "sh", "-c", script].into_command();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        child.stdout.take().unwrap().read_exact(&mut [0; 4])?;
        child.kill()?;
        assert_eq!(child.wait()?.signal(), Some(9), "{option}");
        assert_eq!(orphans.reap_all(), 2, "{option}");
    }
    Ok(())
}
