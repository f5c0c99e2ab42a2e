//! What is said on standard error, in the form that was asked for.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::SystemTime;

use clap::ValueEnum;
use clap::builder::styling::Style;
use rustix::stdio::stderr;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tracing::Level;

use crate::output::colour::{self, Paint};
use crate::output::escape::{escaped, escaped_json};
use crate::output::{hex, stderr};

/// How what is said is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    #[default]
    Text,
    /// For programs: one object a line
    Json,
}

static FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// From now on it is this one.
pub(crate) fn choose(format: LogFormat) {
    // Nobody chooses twice.
    let _ = FORMAT.set(format);
}

/// Something that happens.
#[derive(Debug)]
pub(crate) struct Happening<'a> {
    pub(crate) level: Level,
    pub(crate) message: &'a str,
    pub(crate) fields: &'a [(&'static str, Value)],
}

/// Something that went wrong.
#[derive(Debug, Default)]
pub(crate) struct Complaint<'a> {
    pub(crate) message: &'a str,
    pub(crate) cause: Option<String>,
    pub(crate) step: Option<usize>,
    pub(crate) path: Option<&'a Path>,
    pub(crate) errno: Option<i32>,
    pub(crate) remedy: Option<&'a str>,
}

impl Happening<'_> {
    pub(crate) fn say(&self) {
        stderr::say(&match format() {
            LogFormat::Text => self.text(Paint::on(stderr())),
            LogFormat::Json => line(&EventLine {
                time: now(),
                level: name(self.level),
                message: self.message,
                fields: Fields(self.fields),
            }),
        });
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = match self.level {
            Level::ERROR => format!("{} error: ", prefix(paint, colour::BAD)),
            Level::WARN => format!("{} warning: ", prefix(paint, colour::WARNING)),
            _ => "furnace: ".to_owned(),
        };
        text.push_str(&escaped(self.message));
        for (name, value) in self.fields {
            let _ = match value {
                Value::String(value) => write!(text, " {name}={}", escaped(value)),
                value => write!(text, " {name}={value}"),
            };
        }
        text.push('\n');
        text
    }
}

impl Complaint<'_> {
    pub(crate) fn say(&self) {
        stderr::say(&match format() {
            LogFormat::Text => self.text(Paint::on(stderr())),
            LogFormat::Json => line(&ErrorLine {
                time: now(),
                level: name(Level::ERROR),
                message: self.message,
                cause: self.cause.as_deref(),
                step: self.step,
                path: self.path.map(Path::to_string_lossy),
                path_hex: self.path.and_then(hex::hex),
                errno: self.errno,
                remedy: self.remedy,
            }),
        });
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = format!("{} {}", prefix(paint, colour::BAD), self.message);
        if let Some(cause) = &self.cause {
            let _ = write!(text, ": {cause}");
        }
        text.push('\n');
        if let Some(number) = self.step {
            let _ = writeln!(text, "  step: {number} of `furnace explain`");
        }
        if let Some(remedy) = self.remedy {
            let _ = writeln!(text, "  {} {remedy}", paint.paint(colour::GOOD, "help:"));
        }
        text
    }
}

/// Something that is no failure, and that nobody has to do anything about.
pub(crate) fn note(message: &str) {
    match format() {
        LogFormat::Text => stderr::say(&format!("furnace: note: {message}\n")),
        LogFormat::Json => Happening {
            level: Level::INFO,
            message,
            fields: &[],
        }
        .say(),
    }
}

/// Whether it is for programs.
pub(crate) fn is_for_programs() -> bool {
    format() == LogFormat::Json
}

fn format() -> LogFormat {
    FORMAT.get().copied().unwrap_or_default()
}

fn prefix(paint: Paint, style: Style) -> String {
    paint.paint(style, "furnace:").to_string()
}

fn name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// In seconds since 1970, to the microsecond.
fn now() -> f64 {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let micros = since_1970.unwrap_or_default().as_micros();
    // So many microseconds a double has room for until the year 2255.
    #[allow(clippy::cast_precision_loss, reason = "as the comment says")]
    let micros = micros as f64;
    micros / 1e6
}

fn line(object: &impl Serialize) -> String {
    // Nothing in these objects can't be written.
    let json = serde_json::to_string(object).unwrap_or_default();
    escaped_json(&json) + "\n"
}

#[derive(Serialize)]
struct EventLine<'a> {
    time: f64,
    level: &'static str,
    message: &'a str,
    fields: Fields<'a>,
}

/// In their order.
struct Fields<'a>(&'a [(&'static str, Value)]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    time: f64,
    level: &'static str,
    message: &'a str,
    cause: Option<&'a str>,
    step: Option<usize>,
    path: Option<std::borrow::Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    errno: Option<i32>,
    remedy: Option<&'a str>,
}
