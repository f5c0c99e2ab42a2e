//! Programs that want a terminal, in a copy of this machine.

use std::process::Command;

use furnace_tests::{Need, Outcome, Scratch, Session, Window, test};
use libtest_mimic::Trial;

use super::ends;
use crate::Case;
use crate::transcript::Transcript;

pub(super) fn trials() -> Vec<Trial> {
    let all: [(Case, &'static str); 6] = [
        (("program_tty", tty), "tty"),
        (("program_less", less), "less"),
        (("program_sudo", sudo), "sudo"),
        (("program_screen", screen), "screen"),
        (("program_tmux", tmux), "tmux"),
        (("program_script", script), "script"),
    ];
    all.into_iter()
        .map(|((name, body), program)| {
            let needs = [
                Need::Root,
                Need::Program("bash"),
                Need::Program("setsid"),
                Need::Program(program),
            ];
            test(name, &needs, body)
        })
        .collect()
}

fn command(transcript: Transcript) -> Command {
    let mut command = transcript.into_command();
    command.env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
    for name in ["LESS", "SCREENDIR", "STY", "TMUX", "TMUX_TMPDIR", "SHELL"] {
        command.env_remove(name);
    }
    command
}

const PROMPT: &str = "furnace-debug@localhost / # ";

fn shell() -> Session {
    let mut shell = command(typed!["shell", "--ephemeral", "/"]);
    let mut session = Window::new().start(shell.env("NO_COLOR", "1"), |_| {});
    session.expect(PROMPT);
    session
}

fn tty() -> Outcome {
    let check = "tty; test -c \"$(tty)\" && test -t 0 && ps -o tty= -p $$";
    let session = Window::new().start(&command(typed!["run", "--ephemeral", "/", "sh", "-c", check]), |_| {});
    ends(session, 0, "/dev/pts/0\r\npts/0\r\n")?;
    let session = Window::new().start(&command(typed!["run", "-T", "--ephemeral", "/", "tty"]), |_| {});
    ends(session, 1, "not a tty\r\n")
}

fn less() -> Outcome {
    let scratch = Scratch::new();
    let lines: String = (1..=1000).map(|number| format!("line {number}.\n")).collect();
    std::fs::write(scratch.join("text"), lines)?;
    let mut session = Window::new().start(
        &command(typed!["run", "--ephemeral", "/", "less", scratch.join("text")]),
        |_| {},
    );
    session.expect("line 23.");
    session.enter(" ");
    session.expect("line 46.");
    session.enter("/line 500\n");
    session.expect("522.");
    session.window().resize(10, 80);
    // A size that comes while it is about to read is looked at after the next key.
    session.until("of the new size", |session| {
        session.enter("=");
        session.text().contains("lines 500-508/1000")
    });
    session.enter("G");
    session.expect("line 1000.");
    session.enter("q");
    let (status, ..) = session.end();
    assert_eq!(status.code(), Some(0));
    Ok(())
}

fn sudo() -> Outcome {
    let mut session = shell();
    session.enter("sudo -n sh -c 'test -t 0 && echo it is $(id -u) at a ter''minal'\n");
    session.expect("it is 0 at a terminal\r\n");
    session.expect(PROMPT);
    session.enter("sudo -n -u nobody id -un; sudo -n sleep 1000\n");
    session.expect("nobody\r\n");
    session.until("at sleep", |session| session.has_in_foreground("sleep"));
    session.enter("\u{3}");
    session.expect(PROMPT);
    session.enter("exit\n");
    let (status, ..) = session.end();
    assert_eq!(status.code(), Some(130));
    Ok(())
}

fn screen() -> Outcome {
    let mut session = shell();
    session.enter("screen -c /dev/null sh\n");
    session.enter("PS1='in '; echo $((40 + 2)) at $(tty)\n");
    session.expect("42 at /dev/pts/1");
    session.enter("\u{1}d");
    session.expect("[detached from ");
    session.expect(PROMPT);
    session.enter("screen -r\n");
    session.enter("echo $((40 + 3)) and $(stty size)\n");
    session.expect("43 and 24 80");
    session.window().resize(30, 90);
    session.enter("until test \"$(stty size)\" = '30 90'; do sleep 0.1; done; echo $((40 + 4))\n");
    session.expect("44");
    session.enter("exit\n");
    session.expect("[screen is terminating]");
    session.enter("exit 3\n");
    let (status, ..) = session.end();
    assert_eq!(status.code(), Some(3));
    Ok(())
}

fn tmux() -> Outcome {
    let mut session = shell();
    session.enter("tmux -L furnace -f /dev/null new-session sh\n");
    session.enter("echo $((40 + 2)) at $(tty)\n");
    session.expect("42 at /dev/pts/1");
    session.enter("\u{2}d");
    session.expect("[detached ");
    session.expect(PROMPT);
    session.enter("tmux -L furnace attach\n");
    session.window().resize(30, 90);
    // One line is the status line's.
    session.enter("until test \"$(stty size)\" = '29 90'; do sleep 0.1; done; echo $((40 + 3))\n");
    session.expect("43");
    session.enter("exit\n");
    session.expect("[exited]");
    session.enter("exit 4\n");
    let (status, ..) = session.end();
    assert_eq!(status.code(), Some(4));
    Ok(())
}

/// A terminal within a terminal within a terminal.
fn script() -> Outcome {
    let mut session = shell();
    session.enter("script --quiet /dev/null\n");
    session.enter("echo $((40 + 2)) at $(tty); exit 5\n");
    session.expect("42 at /dev/pts/1\r\n");
    session.expect(PROMPT);
    session.enter("exit\n");
    let (status, ..) = session.end();
    assert_eq!(status.code(), Some(0));
    Ok(())
}
