//! `furnace shell`, as somebody uses it who sits at a terminal.

use std::process::Command;

use furnace_tests::{Need, Outcome, Root, Session, Window, test};
use libtest_mimic::Trial;
use rustix::process::Signal;

use crate::Case;

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("bash"), Need::Program("setsid")];
    let all: [Case; 14] = [
        ("shell_prompt", prompt),
        ("shell_prompt_without_colours", colourless),
        ("shell_prompt_of_a_host_name_that_is_a_command", hostile_name),
        ("shell_is_sh_where_there_is_no_bash", no_bash),
        ("shell_where_there_is_none", no_shell),
        ("shell_knows_its_terminal", knows_terminal),
        ("shell_has_the_size_of_the_window", size),
        ("shell_ctrl_c_ends_what_runs", ctrl_c),
        ("shell_ctrl_z_and_fg", ctrl_z),
        ("shell_ctrl_backslash_ends_what_runs", ctrl_backslash),
        ("shell_ends_with_its_status", status),
        ("shell_of_another_user", user),
        ("shell_without_the_callers_environment", clear_env),
        ("shell_ends_with_its_window", window_closed),
    ];
    let mut trials: Vec<_> = all.into_iter().map(|(name, body)| test(name, &needs, body)).collect();
    trials.push(test("shell_that_is_typed_from_a_file", &needs, from_a_file));
    trials
}

pub(crate) const PROMPT: &str = "furnace-debug@localhost \u{1b}[32m/\u{1b}[m # ";

fn root() -> Root {
    Root::small().with(&["bash", "stty"])
}

fn command(transcript: crate::transcript::Transcript) -> Command {
    let mut command = transcript.into_command();
    command.env("TERM", "xterm").env_remove("NO_COLOR");
    command
}

/// A shell that waits for what is typed.
pub(crate) fn open(root: &Root) -> Session {
    let mut session = Window::new().start(&command(typed!["shell", root.path()]), |_| {});
    session.expect(PROMPT);
    session
}

fn ends(session: Session, code: i32) -> Outcome {
    let (status, shown, _) = session.end();
    if status.code() == Some(code) {
        return Ok(());
    }
    Err(format!("expected status {code}: {status}, {}", String::from_utf8_lossy(&shown)).into())
}

fn prompt() -> Outcome {
    let root = root();
    let mut session = open(&root);
    session.enter("cd /etc\n");
    session.expect("furnace-debug@localhost \u{1b}[32m/etc\u{1b}[m # ");
    session.enter("exit\n");
    ends(session, 0)?;
    let named = command(typed!["shell", "--hostname", "build-7", root.path()]);
    let mut session = Window::new().start(&named, |_| {});
    session.expect("furnace-debug@build-7 \u{1b}[32m/\u{1b}[m # ");
    session.enter("exit\n");
    ends(session, 0)
}

fn colourless() -> Outcome {
    let root = root();
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let mut plain = command(typed!["shell", root.path()]);
        plain.env(name, value);
        let mut session = Window::new().start(&plain, |_| {});
        session.expect("furnace-debug@localhost / # ");
        session.enter("exit\n");
        ends(session, 0)?;
    }
    Ok(())
}

fn hostile_name() -> Outcome {
    let root = root();
    let named = command(typed!["shell", "--hostname", "$(echo>/x)\\w", root.path()]);
    let mut session = Window::new().start(&named, |_| {});
    session.expect("furnace-debug@??echo??x??w ");
    session.enter("exit\n");
    ends(session, 0)?;
    assert!(!root.join("x").exists());
    Ok(())
}

fn no_bash() -> Outcome {
    let root = Root::small();
    let mut session = Window::new().start(&command(typed!["shell", root.path()]), |_| {});
    session.expect("furnace-debug@localhost / # ");
    session.enter("cd /etc\n");
    session.expect("furnace-debug@localhost /etc # ");
    session.enter("exit 3\n");
    ends(session, 3)
}

fn no_shell() -> Outcome {
    let root = Root::bare();
    typed!["shell", root.path()].complains(127, &["cannot run sh"]).check()
}

fn knows_terminal() -> Outcome {
    let root = root();
    let mut session = open(&root);
    session.enter("tty; readlink /proc/self/fd/0; echo $TERM; echo > /dev/tty && echo ope''ned\n");
    session.expect("/dev/pts/0\r\n/dev/pts/0\r\nxterm\r\n");
    session.expect("opened");
    session.enter("exit\n");
    ends(session, 0)
}

fn size() -> Outcome {
    let root = root();
    let mut session = open(&root);
    session.enter("stty size\n");
    session.expect("24 80\r\n");
    session.enter("until [ \"$(stty size)\" = '33 99' ]; do sleep 0.05; done; echo as wide as\"\" the window\n");
    session.window().resize(33, 99);
    session.expect("as wide as the window");
    session.enter("exit\n");
    ends(session, 0)
}

fn ctrl_c() -> Outcome {
    let root = root();
    let mut session = open(&root);
    session.enter("echo run''s; sleep 1000\n");
    session.expect("runs\r\n");
    session.until("a command in the foreground", |session| {
        session.has_in_foreground("sleep")
    });
    session.enter("\u{3}");
    session.expect(PROMPT);
    session.enter("echo it was $?\n");
    session.expect("it was 130\r\n");
    session.enter("exit\n");
    ends(session, 0)
}

fn ctrl_backslash() -> Outcome {
    let root = root();
    let mut session = open(&root);
    session.enter("ulimit -c 0; echo run''s; sleep 1000\n");
    session.expect("runs\r\n");
    session.until("a command in the foreground", |session| {
        session.has_in_foreground("sleep")
    });
    session.enter("\u{1c}");
    session.expect(PROMPT);
    session.enter("echo it was $?\n");
    session.expect("it was 131\r\n");
    session.enter("exit\n");
    ends(session, 0)
}

fn ctrl_z() -> Outcome {
    let root = root();
    let mut session = open(&root);
    session.enter("echo run''s; sleep 1000\n");
    session.expect("runs\r\n");
    session.until("a command in the foreground", |session| {
        session.has_in_foreground("sleep")
    });
    session.enter("\u{1a}");
    session.expect("Stopped");
    session.expect(PROMPT);
    // Furnace itself goes on.
    assert_ne!(session.state(), 'T');
    session.enter("fg; echo it was $?\n");
    // The shell says what it is about to do, and does it then.
    session.expect("sleep 1000\r\n");
    session.until("a command in the foreground", |session| {
        session.has_in_foreground("sleep")
    });
    session.enter("\u{3}");
    session.expect(PROMPT);
    session.enter("exit 4\n");
    ends(session, 4)
}

fn status() -> Outcome {
    let root = root();
    let before = Window::new().modes();
    let session = open(&root);
    assert_ne!(session.window().modes(), before, "each key is passed on");
    // The terminal inside is left as a program leaves it that was killed.
    session.enter("stty raw -echo; exit 5\n");
    let (status, _, window) = session.end();
    assert_eq!(status.code(), Some(5));
    assert_eq!(window.modes(), before);
    Ok(())
}

fn user() -> Outcome {
    let root = root();
    let command = command(typed!["shell", "--user", "1000:1001", "--workdir", "/tmp", root.path()]);
    let mut session = Window::new().start(&command, |_| {});
    session.expect("\u{1b}[32m/tmp\u{1b}[m # ");
    session.enter("id -u; echo by its name > $(tty)\n");
    session.expect("1000\r\n");
    session.expect("by its name\r\n");
    session.enter("exit\n");
    ends(session, 0)
}

fn clear_env() -> Outcome {
    let root = root();
    let mut command = command(typed!["shell", "--clear-env", "--env", "A=b", root.path()]);
    command.env("CALLERS", "1").env("PROMPT_COMMAND", "echo callers");
    let mut session = Window::new().start(&command, |_| {});
    session.expect(PROMPT);
    session.enter("echo \"<$A$CALLERS$TERM>\"\n");
    session.expect("<bxterm>\r\n");
    session.enter("exit\n");
    ends(session, 0)
}

fn window_closed() -> Outcome {
    let root = root();
    let mut session = open(&root);
    session.enter("sleep 1000\n");
    session.until("a command in the foreground", |session| {
        session.has_in_foreground("sleep")
    });
    let _ = session.close();
    // A shell ends, too, that is only told by a signal.
    let session = open(&root);
    session.signal(Signal::TERM);
    ends(session, 128 + 1)
}

fn from_a_file() -> Outcome {
    let root = root();
    // The end of the file is typed in time, whatever read what before it.
    let output = typed!["shell", root.path()]
        .stdin("sleep 1\ntty\n")
        .started(|command| {
            command.env("TERM", "dumb");
        })
        .output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("/dev/pts/0"));
    Ok(())
}
