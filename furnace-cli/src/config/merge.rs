//! What was typed and what a file says, as one command line.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::args::Cli;
use crate::config::document::Document;
use crate::config::entry::{Entry, entries};
use crate::config::keys::{COMMAND, Form, Keys, ROOT};
use crate::config::typed::Typed;
use crate::output::escape::escaped;
use crate::output::report::Failure;

/// Why there is nothing to do.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// What was typed makes no sense, or asks for help.
    Typed(clap::Error),
    /// What the file says does not.
    File(Failure),
}

impl From<clap::Error> for Refusal {
    fn from(error: clap::Error) -> Self {
        Self::Typed(error)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::File(failure)
    }
}

/// Reads the words of a command line, and the file that they may name.
pub(crate) fn parse(words: &[OsString]) -> Result<Cli, Refusal> {
    // Few name one, and the others are not kept waiting.
    let may_name_file = words.iter().any(|word| word.as_bytes().starts_with(b"--config"));
    let typed = if may_name_file { Typed::read(words)? } else { None };
    Ok(match typed {
        Some(typed) => Cli::read(&merged(&typed)?)?,
        None => Cli::read(words)?,
    })
}

/// What would have been typed without the file.
fn merged(typed: &Typed<'_>) -> Result<Vec<OsString>, Failure> {
    let keys = Keys::new();
    let without = without(typed, &keys)?;
    let document = match typed.file() {
        Some(path) => Document::read(path)?,
        None => return Ok(typed.head.iter().chain(typed.tail).cloned().collect()),
    };
    let mut entries = entries(&document, &keys)?;
    entries.retain(|entry| !without.contains(&entry.key.name()));
    refuse_conflicts(&document, &keys, &entries)?;

    let said = |id: &str| {
        entries
            .iter()
            .find(|entry| entry.key.id() == id)
            .map(|entry| &entry.words)
    };
    let mut words = typed.head.to_vec();
    for entry in entries.iter().filter(|entry| counts(typed, entry)) {
        words.extend_from_slice(&entry.words);
    }
    match said(ROOT) {
        _ if typed.has_root() => {}
        Some(root) => words.extend_from_slice(root),
        None if typed.option(ROOT).is_some_and(clap::Arg::is_required_set) => return Err(rootless()),
        None => {}
    }
    words.extend_from_slice(typed.tail);
    if let (Some(command), true, false) = (said(COMMAND), typed.option(COMMAND).is_some(), typed.has_command()) {
        if !typed.ends_options() {
            words.push("--".into());
        }
        words.extend_from_slice(command);
    }
    Ok(words)
}

/// Whether what the file says with an option is said beside what was typed.
fn counts(typed: &Typed<'_>, entry: &Entry<'_>) -> bool {
    let id = entry.key.id();
    let adds = entry.key.form() == Form::List;
    !entry.key.is_positional() && typed.option(id).is_some() && (adds || !typed.settles(id))
}

/// The names of the keys that are to be left out.
fn without<'a>(typed: &'a Typed<'_>, keys: &Keys) -> Result<Vec<&'a str>, Failure> {
    let names = typed.without().map(|name| match keys.find(name) {
        Some(_) => Ok(name),
        None => Err(Failure::Other {
            why: format!("unknown key `{}` for --without; {}", escaped(name), keys.near(name)),
            help: None,
        }),
    });
    names.collect()
}

fn refuse_conflicts(document: &Document, keys: &Keys, entries: &[Entry<'_>]) -> Result<(), Failure> {
    let asked: Vec<&Entry<'_>> = entries.iter().filter(|entry| !entry.words.is_empty()).collect();
    for (count, entry) in asked.iter().enumerate() {
        let earlier = asked.iter().take(count);
        if let Some(other) = earlier.into_iter().find(|other| keys.conflict(other.key, entry.key)) {
            let why = format!("`{}` can't be used with `{}`", entry.key.name(), other.key.name());
            return Err(document.failure(entry.at, &why));
        }
    }
    Ok(())
}

fn rootless() -> Failure {
    Failure::Other {
        why: "there is no ROOT: it is not typed, and the file has no `root`".to_owned(),
        help: Some("type it before `--`, or write root = \"DIR\" into the file"),
    }
}
