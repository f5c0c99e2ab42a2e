//! Commands on terminals, by the library alone: a program of the test's own is at a terminal, and opens them.

mod shell;
mod signals;
mod streams;

use std::process::ExitStatus;

use furnace_core::{Builder, Container};
use furnace_tests::{Outcome, Session, Window};
use libtest_mimic::{Failed, Trial};

use crate::inside::system;
use crate::parts;

pub(crate) use shell::sheller;
pub(crate) use signals::signalled;
pub(crate) use streams::streamer;

pub(crate) fn trials() -> Vec<Trial> {
    [shell::trials(), streams::trials(), signals::trials()]
        .into_iter()
        .flatten()
        .collect()
}

/// A test's name, and what it does.
type Case = (&'static str, fn() -> Outcome);

const PROMPT: &str = "furnace-debug@localhost \u{1b}[32m/\u{1b}[m # ";

fn builder() -> Builder {
    let mut builder = system();
    builder.own_session(true);
    builder
}

fn container() -> Result<Container, Failed> {
    Ok(builder().start()?)
}

/// The part `name` at a terminal, with these arguments.
fn at_terminal(name: &str, arguments: &[&str]) -> Session {
    let mut command = parts::command(name);
    command.args(arguments).env("TERM", "xterm").env_remove("NO_COLOR");
    Window::new().start(&command, |_| {})
}

/// Tells the test how the command has ended.
fn say_end(status: ExitStatus) -> Outcome {
    parts::say(&format!("it was {status}"))
}

/// Waits for the end of a part that has found nothing wrong; its terminal is as it was before.
fn ends_well(session: Session) -> Outcome {
    let (status, shown, window) = session.end();
    if !status.success() {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&shown)).into());
    }
    assert_eq!(window.modes(), Window::new().modes());
    Ok(())
}

/// Waits until the terminal passes on each key.
fn is_raw(session: &mut Session) {
    session.until("raw", |session| !session.window().modes().contains("ICANON"));
}
