//! `furnace run` with a terminal and without: which of them, and what becomes of the streams.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use furnace_tests::{Need, Outcome, Root, Scratch, Window, compile_c, test};
use libtest_mimic::Trial;
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::process::Signal;

use super::{at_terminal, ends};
use crate::Case;

pub(super) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("setsid"), Need::Program("unshare")];
    let all: [Case; 14] = [
        ("terminal_by_default_at_a_terminal", by_default),
        ("terminal_by_default_leaves_standard_error", error_apart),
        ("terminal_that_was_asked_for_has_all_streams", asked_for),
        ("no_terminal_where_output_is_none", output_apart),
        ("no_terminal_where_it_is_forbidden", forbidden),
        ("no_terminal_but_input", input_only),
        ("terminal_beside_the_hosts_devices", host_devices),
        ("terminal_options_that_contradict", contradiction),
        ("terminal_with_keys_of_its_own", modes),
        ("terminal_leaves_the_callers_flags", flags),
        ("terminal_hung_up_by_its_command_goes_on", hung_up),
        ("terminal_and_the_list_of_changes", changes),
        ("terminal_of_another_pid_namespace", nested),
        ("terminal_that_nobody_uses_takes_no_time", idle),
    ];
    all.into_iter().map(|(name, body)| test(name, &needs, body)).collect()
}

fn by_default() -> Outcome {
    let root = Root::small();
    let script = "tty; tty <&1; tty <&2; exit 3";
    let session = at_terminal(typed!["run", root.path(), "sh", "-c", script]);
    ends(session, 3, "/dev/pts/0\r\n/dev/pts/0\r\n/dev/pts/0\r\n")
}

fn error_apart() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let command = typed!["run", root.path(), "sh", "-c", "tty; echo err >&2"].into_command();
    let file = std::fs::File::create(scratch.join("err"))?;
    let session = Window::new().start(&command, |command| {
        command.stderr(file);
    });
    ends(session, 0, "/dev/pts/0\r\n")?;
    assert_eq!(std::fs::read_to_string(scratch.join("err"))?, "err\n");
    Ok(())
}

fn asked_for() -> Outcome {
    let root = Root::small();
    typed![
        "run",
        "-t",
        root.path(),
        "sh",
        "-c",
        "tty; tty <&2; echo err >&2; exit 4"
    ]
    .stdout("/dev/pts/0\r\n/dev/pts/0\r\nerr\r\n")
    .status(4)
    .check()?;
    typed!["run", "-it", root.path(), "tty"]
        .stdout("/dev/pts/0\r\n")
        .check()
}

fn output_apart() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let script = "tty; cat; echo err >&2; echo end";
    let command = typed!["run", root.path(), "sh", "-c", script].into_command();
    let file = std::fs::File::create(scratch.join("out"))?;
    let session = Window::new().start(&command, |command| {
        command.stdout(file);
    });
    // What is typed is for whoever reads the output.
    session.enter("for the pager\n");
    let (status, shown, window) = session.end();
    assert_eq!(status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&shown), "for the pager\r\nerr\r\n");
    assert_eq!(std::fs::read_to_string(scratch.join("out"))?, "not a tty\nend\n");
    assert_eq!(window.unread(), b"for the pager\n");
    Ok(())
}

fn forbidden() -> Outcome {
    let root = Root::small();
    let script = "tty; tty <&1; tty <&2; cat; echo err >&2; (: </dev/tty) 2>&- || echo no /dev/tty";
    let session = at_terminal(typed!["run", "-T", root.path(), "sh", "-c", script]);
    let shown = "not a tty\r\nnot a tty\r\nnot a tty\r\nerr\r\nno /dev/tty\r\n";
    ends(session, 0, shown)
}

fn input_only() -> Outcome {
    let root = Root::small();
    let mut session = at_terminal(typed![
        "run",
        "-i",
        root.path(),
        "sh",
        "-c",
        "tty; cat; echo end; exit 2"
    ]);
    session.expect("not a tty\r\n");
    session.enter("typed\n");
    session.expect("typed\r\ntyped\r\n");
    session.enter("\u{4}");
    ends(session, 2, "not a tty\r\ntyped\r\ntyped\r\nend\r\n")?;
    // The end of the command is the end of it.
    let session = at_terminal(typed!["run", "-i", root.path(), "sh", "-c", "echo end"]);
    ends(session, 0, "end\r\n")
}

fn host_devices() -> Outcome {
    let root = Root::small();
    let mut session = at_terminal(typed![
        "run",
        "--dev",
        "host",
        root.path(),
        "sh",
        "-c",
        "head -n 1; echo end"
    ]);
    session.enter("typed\n");
    session.expect("typed\r\nend\r\n");
    let (status, ..) = session.end();
    assert_eq!(status.code(), Some(0));
    Ok(())
}

fn contradiction() -> Outcome {
    typed!["run", "-tT", "/", "true"]
        .complains(125, &["--terminal", "--no-terminal"])
        .check()
}

fn modes() -> Outcome {
    let root = Root::small().with(&["stty"]);
    // What erases outside erases inside.
    let script = "stty erase ^x; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    let furnace = typed![
        "run",
        root.path(),
        "sh",
        "-c",
        "stty -a | tr ';' '\\n'; echo ready; head -n 1"
    ]
    .into_command();
    command
        .args(["-c", script])
        .arg(furnace.get_program())
        .args(furnace.get_args());
    let mut session = Window::new().start(&command, |_| {});
    session.expect("erase = ^X\r\n");
    session.expect("ready\r\n");
    session.enter("wrong\u{18}\u{18}\u{18}\u{18}\u{18}right\n");
    session.expect("right\r\nright\r\n");
    let (status, _, _) = session.end();
    assert_eq!(status.code(), Some(0));
    Ok(())
}

fn flags() -> Outcome {
    let root = Root::small();
    for option in ["-t", "-i"] {
        let mut session = at_terminal(typed!["run", option, root.path(), "sh", "-c", "echo ready; cat"]);
        session.expect("ready");
        // It is the same open file.
        let flags = fcntl_getfl(session.window().line())?;
        assert!(!flags.contains(OFlags::NONBLOCK), "{option}: {flags:?}");
        session.enter("\u{4}");
        let (status, ..) = session.end();
        assert_eq!(status.code(), Some(0));
    }
    Ok(())
}

const VHANGUP: &str = r#"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int vhangup(void);
int main(void)
{
    char name[64], line[64] = "";
    strcpy(name, ttyname(0));
    signal(SIGHUP, SIG_IGN);
    for (int time = 0; time < 3; time++) {
        for (int fd = 0; fd < 3; fd++)
            close(fd);
        int fd = open(name, O_RDWR);
        dup(fd), dup(fd);
        if (vhangup())
            return 1;
        for (int fd = 0; fd < 3; fd++)
            close(fd);
        usleep(100000);
        fd = open(name, O_RDWR);
        dup(fd), dup(fd);
    }
    puts("again");
    fflush(stdout);
    fgets(line, sizeof line, stdin);
    return strcmp(line, "answer\n") ? 2 : 6;
}
"#;

/// As login(1) does it.
fn hung_up() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    root.install(&compile_c(scratch.path(), "vhangup", VHANGUP));
    let mut session = at_terminal(typed!["run", root.path(), "vhangup"]);
    session.expect("again\r\n");
    session.enter("answer\n");
    let (status, shown, _) = session.end();
    assert_eq!(status.code(), Some(6), "{}", String::from_utf8_lossy(&shown));
    Ok(())
}

fn changes() -> Outcome {
    let root = Root::small();
    let script = "echo from inside; echo > /new";
    let typed = typed!["run", "--ephemeral", "--changes", "-", root.path(), "sh", "-c", script];
    let (status, shown, _) = at_terminal(typed).end();
    let text = String::from_utf8(shown).unwrap();
    assert_eq!(status.code(), Some(0), "{text}");
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "from inside");
    assert!(lines.iter().any(|line| line.contains(r#""path":"new""#)), "{text}");
    // Each line is one of the caller's terminal again.
    assert!(!text.replace("\r\n", "").contains('\n'), "{text:?}");
    Ok(())
}

/// The group in the foreground has no number in there.
fn nested() -> Outcome {
    let root = Root::small();
    let furnace = typed!["run", root.path(), "sh", "-c", "tty; head -n 1; exit 3"].into_command();
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc", "--"]);
    command.arg(furnace.get_program()).args(furnace.get_args());
    let mut session = Window::new().start(&command, |_| {});
    session.expect("/dev/pts/0\r\n");
    session.until("raw", |session| !session.window().modes().contains("ICANON"));
    session.enter("typed\r");
    ends(session, 3, "/dev/pts/0\r\ntyped\r\ntyped\r\n")
}

/// Whatever has ended meanwhile.
fn idle() -> Outcome {
    let root = Root::small();
    let scripts = [
        "echo ready; exec sleep 1000",
        "echo ready; exec >&- 2>&- <&-; exec sleep 1000",
    ];
    for option in ["-t", "-i"] {
        for script in scripts {
            let mut session = at_terminal(typed!["run", option, root.path(), "sh", "-c", script]);
            session.expect("ready");
            session.enter("x\r\u{4}");
            takes_no_time(&session.pid().as_raw_nonzero().to_string());
            session.signal(Signal::TERM);
            let (status, ..) = session.end();
            assert_eq!(status.code(), Some(128 + 15));
        }
    }
    let mut command = typed!["run", "-t", root.path(), "sh", "-c", scripts[0]].into_command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line)?;
    takes_no_time(&child.id().to_string());
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// What it takes is counted in hundredths of a second, see proc_pid_stat(5).
fn takes_no_time(pid: &str) {
    let taken = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let ticks = |field: &str| field.parse::<u32>().unwrap();
        fields.split(' ').skip(11).take(2).map(ticks).sum::<u32>()
    };
    let before = taken();
    std::thread::sleep(Duration::from_secs(2));
    let taken = taken() - before;
    assert!(taken < 10, "{taken} hundredths of 2 seconds");
}
