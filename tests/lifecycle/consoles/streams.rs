//! Which streams a command has.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::Command;

use furnace_core::Stdio;
use furnace_core::console::Console;
use furnace_tests::{Need, Outcome, Window, test};
use libtest_mimic::Trial;

use super::{Case, at_terminal, container, ends_well, say_end};
use crate::inside::system;
use crate::parts::{self, argument};

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("setsid")];
    let all: [Case; 8] = [
        ("a_console_is_a_terminal_at_a_terminal", at_one),
        ("a_console_without_a_terminal_passes_pipes", pipes),
        ("a_console_on_other_streams", others),
        ("a_console_whose_reader_goes_hangs_up", reader_goes),
        ("a_console_leaves_the_commands_own_streams", own_streams),
        ("a_command_is_the_same_after_a_console", same_after),
        ("two_consoles_in_one_container", two),
        ("two_consoles_on_one_terminal_leave_it_as_it_was", two_on_one),
    ];
    all.into_iter().map(|(name, body)| test(name, &needs, body)).collect()
}

/// Runs something on a console as its arguments say.
pub(crate) fn streamer() -> Outcome {
    let container = container()?;
    let script = "tty; tty <&1; tty <&2; exit 3";
    let mut command = container.command("sh");
    command.args(["-c", script]);
    match argument(1).as_str() {
        "default" => say_end(Console::new().run(&container, &mut command)?),
        "without" => say_end(Console::new().terminal(false).run(&container, &mut command)?),
        "typed" => {
            let console = Console::new().terminal(false).typed(true);
            say_end(console.run(&container, &mut container.command("cat"))?)
        }
        "hosts" => {
            // There is no place for a devpts in there, and nobody insists on one.
            let container = system().dev(furnace_core::Dev::Host).own_session(true).start()?;
            say_end(Console::new().run(&container, container.command("head").args(["-n", "1"]))?)
        }
        "others" => {
            let tty = File::options().read(true).write(true).open("/dev/tty")?;
            let console = Console::new().streams(tty.as_fd(), tty.as_fd(), tty.as_fd());
            assert!(!Console::new().wants_terminal() && console.wants_terminal());
            let status = console.run(&container, &mut command)?;
            assert_eq!(status.code(), Some(3));
            Ok(())
        }
        other => Err(format!("no streams {other}").into()),
    }
}

fn at_one() -> Outcome {
    let mut session = at_terminal("streamer", &["default"]);
    session.expect("/dev/pts/0\r\n/dev/pts/0\r\n/dev/pts/0\r\nit was exit status: 3\r\n");
    ends_well(session)?;
    let mut session = at_terminal("streamer", &["without"]);
    session.expect("not a tty\r\nnot a tty\r\nnot a tty\r\nit was exit status: 3\r\n");
    ends_well(session)?;
    let mut session = at_terminal("streamer", &["typed"]);
    session.enter("a line\n");
    session.expect("a line\r\na line\r\n");
    session.enter("\u{4}");
    session.expect("it was exit status: 0\r\n");
    ends_well(session)?;
    let mut session = at_terminal("streamer", &["hosts"]);
    session.enter("one\n");
    session.expect("one\r\none\r\nit was exit status: 0\r\n");
    ends_well(session)
}

fn pipes() -> Outcome {
    let container = container()?;
    let (input, mut to_input) = std::io::pipe()?;
    let (mut from_output, output) = std::io::pipe()?;
    let (mut from_error, error) = std::io::pipe()?;
    to_input.write_all(b"a line")?;
    drop(to_input);
    let mut text = [String::new(), String::new()];
    for terminal in [None, Some(false)] {
        let mut console = Console::new().streams(input.as_fd(), output.as_fd(), error.as_fd());
        if let Some(terminal) = terminal {
            console = console.terminal(terminal);
        }
        let mut command = container.command("sh");
        let status = console.run(&container, command.args(["-c", "tty; cat; echo error >&2; exit 5"]))?;
        assert_eq!(status.code(), Some(5));
    }
    drop((output, error));
    from_output.read_to_string(&mut text[0])?;
    from_error.read_to_string(&mut text[1])?;
    assert_eq!(text, ["not a tty\na linenot a tty\n", "error\nerror\n"]);
    container.stop()?;
    Ok(())
}

fn others() -> Outcome {
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$@\" </dev/null >/dev/null", "sh"]);
    let mut command = parts::command_by("streamer", &mut shell);
    let mut session = Window::new().start(command.arg("others"), |_| {});
    session.expect("/dev/pts/0\r\n/dev/pts/0\r\n/dev/pts/0\r\n");
    ends_well(session)
}

fn reader_goes() -> Outcome {
    let container = container()?;
    let null = File::open("/dev/null")?;
    for terminal in [true, false] {
        let (mut from_output, output) = std::io::pipe()?;
        let reader = std::thread::spawn(move || from_output.read_exact(&mut [0; 3]));
        let console = Console::new()
            .streams(null.as_fd(), output.as_fd(), null.as_fd())
            .terminal(terminal);
        let mut command = container.command("sh");
        let status = console.run(&container, command.args(["-c", "while echo y; do :; done"]))?;
        reader.join().unwrap()?;
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        assert_eq!(signal, Some(if terminal { 1 } else { 13 }));
    }
    container.stop()?;
    Ok(())
}

fn own_streams() -> Outcome {
    let container = container()?;
    let window = Window::new();
    let line = || window.line().as_fd();
    let console = Console::new().streams(line(), line(), line());
    for terminal in [true, false] {
        let mut session = console.clone().terminal(terminal).open(&container)?;
        assert_eq!(session.has_terminal(), terminal);
        let mut command = container.command("sh");
        command.args(["-c", "echo out"]).stdout(Stdio::piped());
        let mut child = session.spawn(&mut command)?;
        let mut stdout = child.stdout.take().unwrap();
        assert!(session.relay(&mut child)?.success());
        let mut text = String::new();
        stdout.read_to_string(&mut text)?;
        assert_eq!(text, "out\n");
    }
    container.stop()?;
    Ok(())
}

fn same_after() -> Outcome {
    let container = container()?;
    let window = Window::new();
    let line = || window.line().as_fd();
    let mut command = container.command("sh");
    command.args(["-c", "tty; tty <&1; readlink /proc/self/fd/2"]);
    for terminal in [true, false, true] {
        let console = Console::new().streams(line(), line(), line()).terminal(terminal);
        console.run(&container, &mut command)?;
    }
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("not a tty\nnot a tty\npipe:"), "{text}");
    container.stop()?;
    Ok(())
}

/// At once, each in a thread, with a terminal and a window of its own.
fn two() -> Outcome {
    let container = container()?;
    let script = "until test -e /tmp/go; do sleep 0.01; done; tty; head -c 1000000 /dev/zero; exit 9";
    let ends: Vec<_> = std::thread::scope(|scope| {
        let sessions: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| -> Result<_, std::io::Error> {
                    let (mut from_output, output) = std::io::pipe()?;
                    let null = File::open("/dev/null")?;
                    let console = Console::new().streams(null.as_fd(), output.as_fd(), null.as_fd());
                    let mut session = console.terminal(true).open(&container)?;
                    let mut child = session.spawn(container.command("sh").args(["-c", script]))?;
                    let reader = std::thread::spawn(move || {
                        let mut bytes = Vec::new();
                        from_output.read_to_end(&mut bytes).map(|_| bytes)
                    });
                    let status = session.relay(&mut child)?;
                    drop(output);
                    Ok((status.code(), reader.join().unwrap()?))
                })
            })
            .collect();
        container.command("touch").arg("/tmp/go").status()?;
        let ends: Result<Vec<_>, _> = sessions.into_iter().map(|session| session.join().unwrap()).collect();
        Ok::<_, libtest_mimic::Failed>(ends?)
    })?;
    let mut names = Vec::new();
    for (code, bytes) in ends {
        assert_eq!((code, bytes.len()), (Some(9), "/dev/pts/0\r\n".len() + 1_000_000));
        names.push(String::from_utf8_lossy(&bytes[..10]).into_owned());
    }
    names.sort();
    assert_eq!(names, ["/dev/pts/0", "/dev/pts/1"]);
    container.stop()?;
    Ok(())
}

/// The second finds what the first has made of it.
fn two_on_one() -> Outcome {
    let container = container()?;
    let window = Window::new();
    let before = window.modes();
    let script = "until test -e /tmp/go; do sleep 0.01; done";
    let console = || {
        let line = window.line().as_fd();
        Console::new().streams(line, line, line).terminal(true)
    };
    std::thread::scope(|scope| {
        let first = scope.spawn(|| console().run(&container, container.command("sh").args(["-c", script])));
        while window.modes() == before {
            std::thread::yield_now();
        }
        let mut second = console().open(&container)?;
        let mut child = second.spawn(&mut container.command("true"))?;
        container.command("touch").arg("/tmp/go").status()?;
        first.join().unwrap()?;
        second.relay(&mut child)
    })?;
    assert_eq!(window.modes(), before);
    container.stop()?;
    Ok(())
}
