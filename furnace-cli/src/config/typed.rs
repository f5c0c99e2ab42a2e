//! What was typed, while it is not known what a file says.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory};

use crate::args::Cli;
use crate::config::keys::{COMMAND, ROOT, conflict, lenient};

/// A command line that names a file.
pub(super) struct Typed<'a> {
    /// Up to the name of the subcommand.
    pub(super) head: &'a [OsString],
    /// What follows it.
    pub(super) tail: &'a [OsString],
    subcommand: Command,
    matches: ArgMatches,
    end_of_options: Option<EndOfOptions>,
}

/// The `--` after which no word is an option of furnace.
#[derive(Clone, Copy)]
struct EndOfOptions {
    /// A root stands before it.
    follows_root: bool,
    /// Nothing stands after it.
    is_last: bool,
}

impl<'a> Typed<'a> {
    /// Nothing, if `words` name no file, or ask for help.
    pub(super) fn read(words: &'a [OsString]) -> Result<Option<Self>, clap::Error> {
        let mut cli = Cli::command();
        cli.build();
        let Some((subcommand, place)) = subcommand(&cli, words) else {
            return Ok(None);
        };
        let cli = cli.mut_subcommand(subcommand.get_name(), lenient);
        let matches = match matches(&cli, words.iter()) {
            Ok(Some(matches)) if matches.try_contains_id("config").unwrap_or(false) => matches,
            Err(error) if error.use_stderr() => return Err(error),
            Ok(_) | Err(_) => return Ok(None),
        };
        let (head, tail) = words.split_at(place + 1);
        Ok(Some(Self {
            head,
            tail,
            end_of_options: end_of_options(&cli, head, tail),
            subcommand,
            matches,
        }))
    }

    pub(super) fn file(&self) -> Option<&Path> {
        self.matches.get_one::<PathBuf>("config").map(PathBuf::as_path)
    }

    /// The keys that are to be left out.
    pub(super) fn without(&self) -> impl Iterator<Item = &str> {
        let keys = self.matches.get_many::<String>("without");
        keys.into_iter().flatten().map(String::as_str)
    }

    /// The option of the subcommand that has this id.
    pub(super) fn option(&self, id: &str) -> Option<&Arg> {
        self.subcommand.get_arguments().find(|arg| arg.get_id() == id)
    }

    /// Whether an option was typed, or one that excludes it.
    pub(super) fn settles(&self, id: &str) -> bool {
        let mut typed = self.subcommand.get_arguments().map(|arg| arg.get_id().as_str());
        typed.any(|typed| self.is_typed(typed) && (typed == id || conflict(&self.subcommand, typed, id)))
    }

    pub(super) fn has_root(&self) -> bool {
        self.is_typed(ROOT) && !self.begins_with_command()
    }

    pub(super) fn has_command(&self) -> bool {
        match self.end_of_options {
            Some(end) if !end.follows_root => !end.is_last,
            _ => self.option(COMMAND).is_some() && self.is_typed(COMMAND),
        }
    }

    pub(super) fn ends_options(&self) -> bool {
        self.end_of_options.is_some()
    }

    /// What stands after `--` and no root is the command, where there can be one.
    fn begins_with_command(&self) -> bool {
        self.option(COMMAND).is_some() && self.end_of_options.is_some_and(|end| !end.follows_root)
    }

    fn is_typed(&self, id: &str) -> bool {
        self.option(id).is_some() && self.matches.value_source(id) == Some(ValueSource::CommandLine)
    }
}

/// The subcommand, and which of the words names it.
fn subcommand(cli: &Command, words: &[OsString]) -> Option<(Command, usize)> {
    let outer = Command::new("furnace")
        .args(Cli::command().get_arguments())
        .allow_external_subcommands(true);
    let matches = outer.try_get_matches_from(words).ok()?;
    let (name, matches) = matches.subcommand()?;
    let following = matches.get_many::<OsString>("").map_or(0, Iterator::count);
    let place = words.len().checked_sub(following + 1)?;
    Some((cli.find_subcommand(name)?.clone(), place))
}

/// What the subcommand is told.
fn matches<'a>(cli: &Command, words: impl Iterator<Item = &'a OsString>) -> Result<Option<ArgMatches>, clap::Error> {
    let mut matches = cli.clone().try_get_matches_from(words)?;
    Ok(matches.remove_subcommand().map(|(_, matches)| matches))
}

fn end_of_options(cli: &Command, head: &[OsString], tail: &[OsString]) -> Option<EndOfOptions> {
    let dashes = tail.iter().enumerate().filter(|(_, word)| *word == OsStr::new("--"));
    dashes.into_iter().find_map(|(place, _)| {
        // What does not make sense without it is an option of which it is the value.
        let before = matches(cli, head.iter().chain(tail.iter().take(place))).ok()??;
        Some(EndOfOptions {
            follows_root: before.contains_id(ROOT),
            is_last: place + 1 == tail.len(),
        })
    })
}
