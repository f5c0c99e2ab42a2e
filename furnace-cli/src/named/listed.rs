//! A container with a name, as it is told to people and to programs.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use clap::builder::styling::Style;
use furnace_core::{Listed, NamedContainer, Standing};
use serde::Serialize;

use crate::output::colour::{self, Paint};
use crate::output::escape::escaped_path;
use crate::output::hex::hex;
use crate::output::time::utc;

/// What the help of the commands says of it.
macro_rules! fields {
    () => {
        "  name      its name
  pid       the pid of its PID 1, as who started it saw it, or null
  standing  \"running\"; \"changing\" while it is being started or removed; \"ended\"; \"unknown\" where
            nobody can tell, as it was started in another pid namespace, by another version of
            Furnace, or is nothing of Furnace
  since     when it got its name, in UTC as in \"2026-01-31T23:59:59Z\", or null
  root      the root directory, or disk image, that it was started with, or null
  root_hex  where the path is not UTF-8: two hexadecimal digits for each byte of it"
    };
}
pub(super) use fields;

/// One of them.
#[derive(Debug)]
pub(super) struct Row {
    name: String,
    pid: Option<u32>,
    standing: &'static str,
    since: Option<SystemTime>,
    root: Option<PathBuf>,
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    pid: Option<u32>,
    standing: &'static str,
    since: Option<String>,
    root: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_hex: Option<String>,
}

impl From<Listed> for Row {
    fn from(listed: Listed) -> Self {
        Self {
            name: listed.name,
            pid: listed.id,
            standing: match listed.standing {
                Standing::Changing => "changing",
                Standing::Running => "running",
                Standing::Ended => "ended",
                _ => "unknown",
            },
            since: listed.started,
            root: listed.root,
        }
    }
}

impl From<&NamedContainer> for Row {
    fn from(found: &NamedContainer) -> Self {
        Self {
            name: found.name().to_owned(),
            pid: Some(found.id()),
            standing: "running",
            since: Some(found.started()),
            root: Some(found.root()),
        }
    }
}

impl Row {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// As a JSON object, without the end of the line.
    pub(super) fn as_json(&self) -> impl Serialize + '_ {
        Line {
            name: &self.name,
            pid: self.pid,
            standing: self.standing,
            since: self.since.map(utc),
            root: self.root.as_deref().map(|root| root.to_string_lossy()),
            root_hex: self.root.as_deref().and_then(hex),
        }
    }

    fn cells(&self) -> [String; 5] {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        [
            self.name.clone(),
            or_dash(self.pid.map(|pid| pid.to_string())),
            self.standing.to_owned(),
            or_dash(self.since.map(utc)),
            or_dash(self.root.as_deref().map(escaped_path)),
        ]
    }
}

/// Writes a table, for people.
pub(super) fn table(to: &mut dyn Write, paint: Paint, rows: &[Row]) -> io::Result<()> {
    let head = ["NAME", "PID", "STANDING", "SINCE", "ROOT"].map(str::to_owned);
    let lines: Vec<[String; 5]> = rows.iter().map(Row::cells).collect();
    let all = || std::iter::once(&head).chain(&lines);
    let width = |column: usize| all().map(|cells| cells[column].len()).max().unwrap_or(0);
    let [w0, w1, w2, w3]: [usize; 4] = std::array::from_fn(width);
    let [name, pid, standing, since, root] = head.each_ref().map(|title| paint.paint(colour::TITLE, title));
    writeln!(to, "{name:w0$}  {pid:>w1$}  {standing:w2$}  {since:w3$}  {root}")?;
    for [name, pid, standing, since, root] in &lines {
        let standing = paint.paint(style(standing), standing);
        writeln!(to, "{name:w0$}  {pid:>w1$}  {standing:w2$}  {since:w3$}  {root}")?;
    }
    Ok(())
}

fn style(standing: &str) -> Style {
    match standing {
        "running" => colour::GOOD,
        "ended" => colour::BAD,
        _ => colour::WARNING,
    }
}
