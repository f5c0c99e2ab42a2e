//! What goes wrong, told once and on standard error.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use clap::builder::{StyledStr, Styles};
use clap::error::{ContextKind, ContextValue};
use furnace_core::{ErrorKind, OsError, Phase};
use rustix::stdio::{stderr, stdout};

use crate::exit::Exit;
use crate::output;
use crate::output::colour::{self, Paint};
use crate::output::escape::escaped;
use crate::output::stderr::say;
use crate::output::voice::{self, Complaint};

/// Why `furnace` did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no container, or no command in it.
    Container(furnace_core::Error),
    /// A call of this program's own failed.
    System {
        attempt: Cow<'static, str>,
        error: io::Error,
        /// What it was about, if that has a path.
        path: Option<PathBuf>,
    },
    /// What a file says makes no sense.
    InFile { path: PathBuf, why: String },
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
        move |error| Self::System {
            attempt,
            error,
            path: None,
        }
    }

    /// As [`Self::system`], where it was about a file.
    pub(crate) fn system_on(path: &Path, attempt: impl Into<Cow<'static, str>>) -> impl FnOnce(io::Error) -> Self {
        let (attempt, path) = (attempt.into(), Some(path.to_owned()));
        move |error| Self::System { attempt, error, path }
    }

    /// The number of the step that failed, as `furnace explain` counts them.
    fn step(&self) -> Option<usize> {
        match self {
            Self::Container(error) => error.step()?.checked_add(1),
            Self::System { .. } | Self::InFile { .. } | Self::Other { .. } | Self::Privileged => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Container(error) if error.phase() == Phase::Execute => match error.kind() {
                ErrorKind::NotFound => Exit::NotFound,
                _ => Exit::NotExecutable,
            },
            Self::Container(_) | Self::System { .. } | Self::InFile { .. } | Self::Other { .. } | Self::Privileged => {
                Exit::Failed
            }
        }
    }
}

/// Says why, and what probably helps.
pub(crate) fn failure(failure: &Failure) -> Exit {
    let step = failure.step();
    match failure {
        Failure::Container(error) => Complaint {
            message: &error.to_string(),
            cause: causes(error),
            step,
            path: error.path(),
            errno: error.raw_os_error(),
            remedy: error.remedy(),
        }
        .say(),
        Failure::System { attempt, error, path } => Complaint {
            message: attempt,
            cause: Some(OsError::of(error).map_or_else(|| error.to_string(), |said| said.to_string())),
            path: path.as_deref(),
            errno: error.raw_os_error(),
            remedy: path.as_ref().and_then(|_| remedy_of_a_file(error)),
            ..Complaint::default()
        }
        .say(),
        Failure::InFile { path, why } => Complaint {
            message: why,
            path: Some(path),
            ..Complaint::default()
        }
        .say(),
        Failure::Other { why, help } => Complaint {
            message: why,
            remedy: *help,
            ..Complaint::default()
        }
        .say(),
        Failure::Privileged => Complaint {
            message: "refuses to run with rights that come from its file",
            remedy: Some("remove its set-user-id bit and its capabilities, and run it as root"),
            ..Complaint::default()
        }
        .say(),
    }
    failure.exit()
}

/// Answers a command line that is not to be run: with help, if that was asked for, or with what is wrong with it.
pub(crate) fn unparsed(mut answer: clap::Error) -> Exit {
    if !answer.use_stderr() {
        let told = output::write(|to| {
            let text = answer.render();
            match Paint::on(stdout()).has_colours() {
                true => write!(to, "{}", text.ansi()),
                false => write!(to, "{text}"),
            }
        });
        return match told {
            Ok(()) => Exit::Success,
            Err(unwritten) => failure(&unwritten),
        };
    }
    escape_what_was_typed(&mut answer);
    let text = answer.render();
    if voice::is_for_programs() {
        complain_to_programs(&text.to_string());
    } else if Paint::on(stderr()).has_colours() {
        let error = Styles::styled();
        let error = error.get_error();
        let text = text.ansi().to_string();
        match text.strip_prefix(&format!("{error}error:{error:#} ")) {
            Some(error) => say(&format!("{}furnace:{:#} {error}", colour::BAD, colour::BAD)),
            None => say(&text),
        }
    } else {
        let text = text.to_string();
        match text.strip_prefix("error: ") {
            Some(error) => say(&format!("furnace: {error}")),
            None => say(&text),
        }
    }
    Exit::Failed
}

/// What is wrong, and apart from that what may help.
fn complain_to_programs(text: &str) {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let mut paragraphs = text
        .split("\n\n")
        .map(|lines| lines.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|paragraph| !paragraph.is_empty());
    let message = paragraphs.next().unwrap_or_default();
    let remedy = paragraphs.collect::<Vec<_>>().join("; ");
    Complaint {
        message: &message,
        remedy: Some(remedy.as_str()).filter(|remedy| !remedy.is_empty()),
        ..Complaint::default()
    }
    .say();
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

/// For what was typed as a path of the host.
fn remedy_of_a_file(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::NotFound => Some("a relative path begins at the working directory; directories are not made"),
        io::ErrorKind::PermissionDenied => Some("whoever runs furnace has to have the right to"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some("make room, or take a file on another disk"),
        _ => None,
    }
}

/// Why, and why that.
fn causes(error: &dyn Error) -> Option<String> {
    let mut cause = error.source()?;
    let mut text = cause.to_string();
    while let Some(why) = cause.source() {
        let _ = write!(text, ": {why}");
        cause = why;
    }
    Some(text)
}
