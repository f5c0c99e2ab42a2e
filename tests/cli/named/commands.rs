//! `furnace exec`: a command like that of `furnace run`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use furnace_tests::{Need, Orphans, Outcome, Window, test};
use libtest_mimic::Trial;
use rustix::process::Signal;

use super::names::{Names, kill, within_patience};
use crate::Case;
use crate::running::Running;

pub(crate) fn trials() -> Vec<Trial> {
    let all: [Case; 15] = [
        ("named_exec_exit_status", exit_status),
        ("named_exec_options_of_a_command", options),
        ("named_exec_words_after_the_command_are_its_own", words),
        ("named_exec_is_on_a_terminal", terminal),
        ("named_exec_passes_signals_on", signals),
        ("named_exec_has_the_command_as_its_child", is_the_parent),
        ("named_exec_in_two_processes_at_once", two_at_once),
        ("named_exec_ends_when_the_container_is_stopped", stopped),
        ("named_exec_killed_leaves_the_container", killed),
        ("named_exec_killed_hangs_its_terminal_up", killed_at_a_terminal),
        ("named_exec_of_what_furnace_has_not_made", foreign),
        ("named_exec_of_a_container_by_pid", by_pid),
        ("named_exec_without_rights", without_rights),
        ("named_exec_with_no_more_rights_than_it_needs", with_few_rights),
        ("named_exec_of_a_name_or_a_pid", name_or_pid),
    ];
    all.into_iter()
        .map(|(name, body)| {
            test(
                name,
                &[
                    Need::Root,
                    Need::Program("unshare"),
                    Need::Program("setsid"),
                    Need::Program("setpriv"),
                ],
                body,
            )
        })
        .collect()
}

fn exit_status() -> Outcome {
    let names = Names::new();
    names.start("it");
    names.exec("it", "exit 0").check()?;
    names.exec("it", "exit 255").status(255).check()?;
    names.exec("it", "kill -TERM $$").status(128 + 15).check()?;
    names
        .typed("exec", &["it", "no-such-program"])
        .complains(127, &["cannot run no-such-program"])
        .check()?;
    names
        .typed("exec", &["it", "/etc/passwd"])
        .complains(126, &["/etc/passwd"])
        .check()?;
    names.typed("exec", &["it", "/etc"]).complains(126, &["/etc"]).check()?;
    names
        .typed("exec", &["it", "--workdir", "/no/such", "true"])
        .complains(125, &["/no/such"])
        .check()?;
    names.typed("exec", &["it"]).complains(125, &["COMMAND"]).check()?;
    names
        .typed("exec", &["it", ""])
        .complains(125, &["the name of the program is empty"])
        .check()?;
    names.end()
}

fn options() -> Outcome {
    let names = Names::new();
    names.start("it");
    let script = "pwd; id -u; id -g; id -G; echo $A$B; env | wc -l";
    let typed = names.typed(
        "exec",
        &[
            "--env",
            "A=a",
            "--clear-env",
            "--workdir",
            "/tmp",
            "it",
            "--user",
            "1000:5",
            "--env",
            "B=b",
        ],
    );
    let typed = ["--", "/bin/sh", "-c", script]
        .iter()
        .fold(typed, |typed, word| typed.then(word));
    // The shell itself sets PWD.
    typed.stdout("/tmp\n1000\n5\n5\nab\n3\n").check()?;
    names.end()
}

fn words() -> Outcome {
    let names = Names::new();
    names.start("it");
    names
        .typed("exec", &["it", "echo", "-t", "--pid", "3", "--", "--env"])
        .stdout("-t --pid 3 -- --env\n")
        .check()?;
    names
        .typed("exec", &["it", "--", "echo", "--", "-T"])
        .stdout("-- -T\n")
        .check()?;
    names
        .typed("exec", &["-T", "--", "it", "echo", "-T"])
        .stdout("-T\n")
        .check()?;
    names.end()
}

fn terminal() -> Outcome {
    let names = Names::new();
    names.start("it");
    let command = names.exec("it", "tty; tty <&2; echo > /dev/tty; exit 3").into_command();
    let (status, shown, _) = Window::new().start(&command, |_| {}).end();
    assert_eq!(
        (status.code(), &*String::from_utf8_lossy(&shown)),
        (Some(3), "/dev/pts/0\r\n/dev/pts/0\r\n\r\n")
    );
    names
        .typed("exec", &["-t", "it", "tty"])
        .stdout("/dev/pts/0\r\n")
        .check()?;
    let none = names
        .typed("exec", &["-T", "it", "sh", "-c", "tty; echo > /dev/tty"])
        .into_command();
    let (_, shown, _) = Window::new().start(&none, |_| {}).end();
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(shown.contains("not a tty") && shown.contains("/dev/tty"), "{shown}");
    names.end()
}

fn signals() -> Outcome {
    let names = Names::new();
    names.start("it");
    for (name, signal) in [
        ("INT", Signal::INT),
        ("TERM", Signal::TERM),
        ("HUP", Signal::HUP),
        ("QUIT", Signal::QUIT),
    ] {
        let script = format!(
            "trap 'echo {name}; exit 9' {name}; sleep 1000 & echo $! > /run/left; echo ready; while :; do wait; done"
        );
        let mut furnace = Running::start(names.exec("it", &script));
        furnace.expect("ready");
        furnace.signal(signal);
        // What the command has left running holds the pipe open.
        furnace.expect(name);
        names.exec("it", "kill -KILL $(cat /run/left); true").output();
        furnace.end().check(9, "")?;
    }
    names.end()
}

/// A command of `exec` that echoes lines until there are no more.
struct Echo {
    child: Child,
    to: Option<std::process::ChildStdin>,
    from: BufReader<std::process::ChildStdout>,
}

impl Echo {
    fn start(names: &Names, name: &str) -> Self {
        let script = "while read line; do echo $PPID $line; done; exit 5";
        let mut command = names.exec(name, script).into_command();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, to, from }
    }

    fn says(&mut self, word: &str) -> String {
        let mut line = String::new();
        writeln!(self.to.as_mut().unwrap(), "{word}").unwrap();
        self.from.read_line(&mut line).unwrap();
        line
    }

    fn ends(mut self) -> Option<i32> {
        drop(self.to.take());
        self.child.wait().unwrap().code()
    }
}

fn two_at_once() -> Outcome {
    let names = Names::new();
    names.start("it");
    let mut both = [Echo::start(&names, "it"), Echo::start(&names, "it")];
    for word in ["a", "b", "c"] {
        for echo in &mut both {
            // Seen from inside, who asked for it has no pid.
            assert_eq!(echo.says(word), format!("0 {word}\n"));
        }
    }
    assert_eq!(both.map(Echo::ends), [Some(5), Some(5)]);
    names.end()
}

fn is_the_parent() -> Outcome {
    let names = Names::new();
    names.start("it");
    let mut echo = Echo::start(&names, "it");
    echo.says("a");
    let furnace = echo.child.id();
    let children = std::fs::read_to_string(format!("/proc/{furnace}/task/{furnace}/children"))?;
    let comm = |id: &str| std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    assert!(children.split_whitespace().any(|id| comm(id) == "sh\n"), "{children}");
    assert_eq!(echo.ends(), Some(5));
    names.end()
}

fn stopped() -> Outcome {
    let names = Names::new();
    names.start("it");
    let mut furnace = Running::start(names.exec("it", "echo ready; exec sleep 1000"));
    furnace.expect("ready");
    names.typed("stop", &["it"]).check()?;
    furnace.end().check(128 + 9, "")?;
    names.is_clean()
}

fn killed() -> Outcome {
    let names = Names::new();
    let orphans = Orphans::adopt();
    names.start("it");
    let mut furnace = Running::start(names.exec("it", "sleep 1000 & echo ready; exec sleep 1000"));
    furnace.expect("ready");
    furnace.signal(Signal::KILL);
    drop(furnace);
    // Both sleep on.
    let sleepers = || {
        let listed = names.exec("it", "ps -e").output().stdout;
        String::from_utf8_lossy(&listed).matches("sleep").count()
    };
    within_patience("asleep", || sleepers() == 2);
    let mut stop = names.typed("stop", &["it"]).into_command().spawn()?;
    // The kernel holds PID 1 until they are.
    within_patience("reaped", || orphans.reap_ended(Some(stop.id())));
    assert!(stop.wait()?.success());
    drop(orphans);
    names.is_clean()
}

/// Then nobody carries what it says any more.
fn killed_at_a_terminal() -> Outcome {
    let names = Names::new();
    let orphans = Orphans::adopt();
    names.start("it");
    let script = "trap 'echo hung up > /run/said; exit' HUP; echo ready; while :; do sleep 0.01; done";
    let mut session = Window::new().start(&names.exec("it", script).into_command(), |_| {});
    session.expect("ready");
    session.signal(Signal::KILL);
    session.end();
    within_patience("hung up", || {
        names.exec("it", "cat /run/said").output().stdout == b"hung up\n"
    });
    // The kernel would hold PID 1 until it is reaped.
    within_patience("ended", || names.processes().len() == 1);
    orphans.reap_ended(None);
    names.end()?;
    within_patience("reaped", || orphans.reap_ended(None));
    Ok(())
}

fn without_rights() -> Outcome {
    use std::os::unix::process::CommandExt;
    let pid = std::process::id().to_string();
    let of = [
        &*format!("cannot join process {pid}"),
        "the capability CAP_SYS_ADMIN is missing",
        "help: run it as root",
    ];
    let typed = typed!["exec", "--pid", pid, "true"].started(|command| {
        command.uid(1234).gid(1234);
    });
    typed.complains(125, &of).check()
}

/// Who joins makes no device.
fn with_few_rights() -> Outcome {
    let names = Names::new();
    names.start("it");
    let with = |rights: &str| {
        let script = format!("exec setpriv --bounding-set={rights} \"$@\"");
        names.exec("it", "echo in").by_shell(&script)
    };
    with("-all,+sys_admin,+sys_chroot,+sys_ptrace").stdout("in\n").check()?;
    with("-sys_chroot,-mknod")
        .complains(125, &["the capability CAP_SYS_CHROOT is missing", "help: "])
        .check()?;
    // Who may not look at a process does not take it for ended.
    let blind = "-all,+sys_admin,+sys_chroot";
    with(blind).complains(125, &["(EACCES)"]).check()?;
    names
        .typed("gc", &[])
        .by_shell(&format!("exec setpriv --bounding-set={blind} \"$@\""))
        .complains(125, &["(EACCES)"])
        .check()?;
    assert_eq!(names.standings(), [("it".to_owned(), "running".to_owned())]);
    names.end()
}

/// A process of a container of somebody else's.
fn unshared(words: &[&str]) -> (Child, u32) {
    let mut child = Command::new("unshare")
        .args(words)
        .args(["sh", "-c", "hostname joined; echo ready; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    let id = child.id();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    let pid = children
        .split_whitespace()
        .next()
        .map_or(id, |pid| pid.parse().unwrap());
    (child, pid)
}

fn foreign() -> Outcome {
    let (mut child, pid) = unshared(&["--uts", "--mount", "--pid", "--fork", "--mount-proc"]);
    let pid = pid.to_string();
    for words in [
        &["--pid", &pid, "hostname"][..],
        &["--pid", &pid, "--", "hostname"],
        &[&format!("--pid={pid}"), "hostname"],
    ] {
        let typed = words.iter().fold(typed!["exec"], |typed, word| typed.then(word));
        typed.stdout("joined\n").check()?;
    }
    typed![
        "exec",
        "--pid",
        pid,
        "--env",
        "A=b",
        "sh",
        "-c",
        "echo $A $(cat /proc/1/comm); exit 7"
    ]
    .stdout("b cat\n")
    .status(7)
    .check()?;
    typed!["exec", "--pid", pid, "echo", "--env", "-n"]
        .stdout("--env -n\n")
        .check()?;
    drop(child.stdin.take());
    child.wait()?;
    typed!["exec", "--pid", pid, "true"]
        .complains(125, &[&format!("cannot join process {pid}")])
        .check()
}

fn by_pid() -> Outcome {
    let names = Names::new();
    let pid = names.start("it");
    typed![
        "exec",
        "--pid",
        pid.as_raw_nonzero().to_string(),
        "ls",
        "-d",
        "/etc/passwd"
    ]
    .stdout("/etc/passwd\n")
    .check()?;
    kill(pid);
    names.until(&[("it", "ended")]);
    names.end()
}

fn name_or_pid() -> Outcome {
    let names = Names::new();
    typed!["exec", "it", "--pid", "1", "true"]
        .complains(125, &["--pid", "NAME"])
        .check()?;
    typed!["exec", "--pid", "1"].complains(125, &["COMMAND"]).check()?;
    names
        .typed("exec", &["--pid", "1", "true"])
        .complains(125, &["--pid", "--runtime-dir"])
        .check()?;
    for pid in ["0", "-1", "x", "4294967296"] {
        typed!["exec", "--pid", pid, "true"]
            .complains(125, &["--pid"])
            .check()?;
    }
    typed!["exec"].complains(125, &["NAME", "COMMAND"]).check()
}
