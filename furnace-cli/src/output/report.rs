//! What goes wrong, told once and on standard error.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use furnace_core::{ErrorKind, Phase};

use crate::exit::Exit;
use crate::output::escape::escaped;

/// Why `furnace` did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no container, or no command in it.
    Container(furnace_core::Error),
    /// A call of this program's own failed.
    System {
        attempt: Cow<'static, str>,
        error: io::Error,
    },
    /// What was asked for makes no sense, or not all of it could be done.
    Other { why: String, help: Option<&'static str> },
    /// The rights are not those of whoever typed.
    Privileged,
}

impl From<furnace_core::Error> for Failure {
    fn from(error: furnace_core::Error) -> Self {
        Self::Container(error)
    }
}

impl Failure {
    pub(crate) fn system(attempt: impl Into<Cow<'static, str>>) -> impl FnOnce(io::Error) -> Self {
        let attempt = attempt.into();
        move |error| Self::System { attempt, error }
    }

    /// The number of the step that failed, as `furnace explain` counts them.
    fn step(&self) -> Option<usize> {
        match self {
            Self::Container(error) => error.step()?.checked_add(1),
            Self::System { .. } | Self::Other { .. } | Self::Privileged => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Container(error) if error.phase() == Phase::Execute => match error.kind() {
                ErrorKind::NotFound => Exit::NotFound,
                _ => Exit::NotExecutable,
            },
            Self::Container(_) | Self::System { .. } | Self::Other { .. } | Self::Privileged => Exit::Failed,
        }
    }
}

/// Says why, and what probably helps.
pub(crate) fn failure(failure: &Failure) -> Exit {
    let (why, help) = match failure {
        Failure::Container(error) => (chain(error), error.remedy()),
        Failure::System { attempt, error } => (format!("{attempt}: {error}"), None),
        Failure::Other { why, help } => (why.clone(), *help),
        Failure::Privileged => (
            "refuses to run with rights that come from its file".to_owned(),
            Some("remove its set-user-id bit and its capabilities, and run it as root"),
        ),
    };
    let mut text = format!("furnace: {why}\n");
    if let Some(number) = failure.step() {
        let _ = writeln!(text, "  step: {number} of `furnace explain`");
    }
    if let Some(help) = help {
        let _ = writeln!(text, "  help: {help}");
    }
    say(&text);
    failure.exit()
}

/// Says something that is no failure.
pub(crate) fn note(text: &str) {
    say(&format!("furnace: note: {text}\n"));
}

/// Answers a command line that is not to be run: with help, if that was asked for, or with what is wrong with it.
pub(crate) fn unparsed(mut answer: clap::Error) -> Exit {
    if !answer.use_stderr() {
        return match answer.print() {
            // Whoever reads it has seen enough.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                failure(&Failure::system("cannot write to standard output")(error))
            }
            _ => Exit::Success,
        };
    }
    escape_what_was_typed(&mut answer);
    let text = answer.render().to_string();
    match text.strip_prefix("error: ") {
        Some(error) => say(&format!("furnace: {error}")),
        None => say(&text),
    }
    Exit::Failed
}

fn escape_what_was_typed(error: &mut clap::Error) {
    let shown = |styled: &StyledStr| StyledStr::from(escaped(&styled.to_string()));
    let replacements: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| {
            let value = match value {
                ContextValue::String(text) => ContextValue::String(escaped(text)),
                ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(|text| escaped(text)).collect()),
                ContextValue::StyledStrs(tips) => ContextValue::StyledStrs(tips.iter().map(shown).collect()),
                // A usage has lines, and nothing that was typed.
                _ => return None,
            };
            Some((kind, value))
        })
        .collect();
    for (kind, value) in replacements {
        error.insert(kind, value);
    }
}

/// An error and its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(why) = cause {
        let _ = write!(text, ": {why}");
        cause = why.source();
    }
    text
}

fn say(text: &str) {
    // There is nowhere else to complain.
    let _ = io::stderr().write_all(text.as_bytes());
}
