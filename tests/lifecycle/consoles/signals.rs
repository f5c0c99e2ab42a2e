//! Signals as a caller hands them in, and ends that leave the caller's terminal as it was.

use std::fs::File;
use std::io::{PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;

use furnace_core::Phase;
use furnace_core::console::{Console, Event, Signals, restore_terminals};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;
use rustix::termios::{LocalModes, tcgetattr};

use super::{Case, PROMPT, at_terminal, container, ends_well, is_raw, say_end};
use crate::parts::{argument, say};

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("bash"), Need::Program("setsid")];
    let all: [Case; 7] = [
        ("events_of_the_caller_are_answered", answered),
        ("an_event_hangs_a_shell_up", hangs_up),
        ("an_event_ends_a_command", ends_a_command),
        ("a_terminal_is_as_before_when_a_session_panics", || {
            ends_well_after("panic", "it has panicked\r\n")
        }),
        ("a_terminal_is_as_before_when_a_session_fails", || {
            ends_well_after("fail", "it has failed\r\n")
        }),
        ("a_terminal_is_as_before_when_its_container_stops", || {
            ends_well_after("stop", "it has stopped\r\n")
        }),
        ("a_terminal_is_restored_before_an_exit", || {
            ends_well_after("exit", "it exits\r\n")
        }),
    ];
    all.into_iter().map(|(name, body)| test(name, &needs, body)).collect()
}

/// Events as letters in a pipe.
struct Letters(PipeReader);

impl AsFd for Letters {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Signals for Letters {
    fn take(&mut self) -> Option<Event> {
        let has_one = rustix::io::ioctl_fionread(&self.0).unwrap() > 0;
        let mut letter = [0];
        has_one.then(|| self.0.read_exact(&mut letter).unwrap())?;
        match letter {
            [b'r'] => Some(Event::Resized),
            [b'c'] => Some(Event::Resumed),
            [b's'] => Some(Event::Suspend),
            [b'e'] => Some(Event::End(10)),
            [b't'] => Some(Event::PassOn(15)),
            [b'h'] => Some(Event::PassOn(1)),
            _ => panic!("that is no event"),
        }
    }

    fn yielded(&mut self, event: Event) {
        let modes = tcgetattr(std::io::stdin()).unwrap();
        assert!(modes.local_modes.contains(LocalModes::ICANON), "{event:?}");
        say(&format!("yielded to {event:?}")).unwrap();
    }
}

/// A session to which events come: those that its arguments name, at the lines that the command says.
pub(crate) fn signalled() -> Outcome {
    let container = container()?;
    let (reader, mut writer) = std::io::pipe()?;
    let mut letters = Letters(reader);
    let mut session = Console::new().open(&container)?;
    match argument(1).as_str() {
        "shell" => {
            let mut child = container.shell().spawn(&mut session)?;
            writer.write_all(argument(2).as_bytes())?;
            let status = session.relay_with(&mut child, &mut letters)?;
            say_end(status)
        }
        "command" => {
            let mut child = session.spawn(container.command("sleep").arg("1000"))?;
            writer.write_all(argument(2).as_bytes())?;
            say_end(session.relay_with(&mut child, &mut letters)?)
        }
        "fail" => {
            let full = File::options().write(true).open("/dev/full")?;
            let (stdin, stderr) = (std::io::stdin(), std::io::stderr());
            let console = Console::new().streams(stdin.as_fd(), full.as_fd(), stderr.as_fd());
            let mut command = container.command("sh");
            let error = console
                .terminal(true)
                .run(&container, command.args(["-c", "echo lost; sleep 1000"]))
                .unwrap_err();
            assert_eq!((error.phase(), error.raw_os_error()), (Phase::Carry, Some(28)));
            say("it has failed")
        }
        how => {
            let mut child = session.spawn(container.command("sleep").arg("1000"))?;
            std::thread::scope(|scope| {
                let relay = scope.spawn(|| session.relay_with(&mut child, &mut letters));
                // By then the terminal was taken.
                while tcgetattr(std::io::stdin())
                    .unwrap()
                    .local_modes
                    .contains(LocalModes::ICANON)
                {
                    std::thread::yield_now();
                }
                match how {
                    "panic" => {
                        writer.write_all(b"?")?;
                        assert!(relay.join().is_err());
                        say("it has panicked")?;
                    }
                    "stop" => {
                        container.stop()?;
                        let status = relay.join().unwrap()?;
                        assert_eq!(status.signal(), Some(9));
                        say("it has stopped")?;
                    }
                    "exit" => {
                        restore_terminals();
                        say("it exits")?;
                        std::process::exit(0);
                    }
                    other => return Err(format!("no session {other}").into()),
                }
                Ok(())
            })
        }
    }
}

fn ends_well_after(how: &str, said: &str) -> Outcome {
    let mut session = at_terminal("signalled", &[how]);
    session.expect(said);
    ends_well(session)
}

fn answered() -> Outcome {
    let mut session = at_terminal("signalled", &["shell", "rscr"]);
    session.expect("yielded to Suspend\r\n");
    session.expect(PROMPT);
    is_raw(&mut session);
    session.enter("exit 4\n");
    session.expect("it was exit status: 4\r\n");
    ends_well(session)
}

fn hangs_up() -> Outcome {
    for letter in ["t", "h"] {
        let mut session = at_terminal("signalled", &["shell", letter]);
        session.expect("it was signal: 1 (SIGHUP)\r\n");
        ends_well(session)?;
    }
    Ok(())
}

fn ends_a_command() -> Outcome {
    let mut session = at_terminal("signalled", &["command", "et"]);
    session.expect("yielded to End(10)\r\n");
    session.expect("it was signal: 15 (SIGTERM)\r\n");
    ends_well(session)
}
