//! Commands at a terminal, as a person has one.

mod jobs;
mod keys;
mod killed;
mod programs;
mod signals;
mod streams;
mod which;

use furnace_tests::{Outcome, Session, Window};
use libtest_mimic::Trial;

use crate::transcript::Transcript;

pub(crate) fn trials() -> Vec<Trial> {
    [
        which::trials(),
        streams::trials(),
        keys::trials(),
        signals::trials(),
        jobs::trials(),
        killed::trials(),
        programs::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Starts it at a terminal.
fn at_terminal(transcript: Transcript) -> Session {
    Window::new().start(&transcript.into_command(), |_| {})
}

fn ends(session: Session, code: i32, shown: &str) -> Outcome {
    let (status, bytes, _) = session.end();
    let text = String::from_utf8_lossy(&bytes);
    if status.code() == Some(code) && text == shown {
        return Ok(());
    }
    Err(format!("expected status {code} and {shown:?}: {status}, {text:?}").into())
}

/// Waits until each key is passed on.
fn is_raw(session: &mut Session) {
    session.until("raw", |session| !session.window().modes().contains("ICANON"));
}
