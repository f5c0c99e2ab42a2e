//! What completions ask for while somebody types: the names of containers.

mod scripts;

pub(crate) use scripts::with_names;

use std::any::TypeId;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Arg, Args, Command, CommandFactory};
use furnace_core::{RuntimeDirectory, Standing};

use crate::args::Cli;
use crate::exit::Exit;
use crate::named::{Name, RuntimeArgs};
use crate::output;
use crate::output::report::Failure;

#[derive(Args, Debug)]
pub(crate) struct CompleteNameArgs {
    /// What has been typed so far, from `furnace` on; the last word may be empty
    #[arg(value_name = "WORD", last = true)]
    words: Vec<OsString>,
}

/// Tells nothing where no name can stand, or where something fails: nobody who types wants to read of it.
pub(crate) fn complete_name(args: &CompleteNameArgs) -> Result<Exit, Failure> {
    let names = match wanted(&args.words) {
        Some(wanted) => wanted.names(),
        None => Vec::new(),
    };
    output::write(|to| names.iter().try_for_each(|name| writeln!(to, "{name}")))?;
    Ok(Exit::Success)
}

/// A name that is being typed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// What stands before it in the same word, as `--in=`.
    before: String,
    /// Only one of a container in which something can be run.
    runs: bool,
    runtime_dir: Option<PathBuf>,
    /// Those that stand there already.
    typed: Vec<OsString>,
}

impl Wanted {
    fn names(self) -> Vec<String> {
        let runtime = RuntimeArgs {
            runtime_dir: self.runtime_dir,
        };
        let listed = runtime
            .directory()
            .ok()
            .and_then(|directory: RuntimeDirectory| directory.list().ok());
        let listed = listed
            .unwrap_or_default()
            .into_iter()
            .filter(|listed| match listed.standing {
                Standing::Running => true,
                Standing::Unknown => false,
                _ => !self.runs,
            });
        listed
            .filter(|listed| !self.typed.iter().any(|typed| **typed == *listed.name))
            .map(|listed| format!("{}{}", self.before, listed.name))
            .collect()
    }
}

/// What the last of the words is, if it is to be a name.
fn wanted(words: &[OsString]) -> Option<Wanted> {
    let (last, words) = words.split_last()?;
    let mut cli = Cli::command();
    cli.build();
    let mut reader = Reader::of(&cli);
    for word in words.iter().skip(1) {
        reader.read(word);
    }
    let Reader { command, wanted, .. } = &mut reader;
    let runs = ["exec", "shell"].contains(&command.get_name());
    let wanted = Wanted {
        runs,
        ..std::mem::take(wanted)
    };
    let text = last.to_str()?;
    match (reader.value_of, text.split_once('=')) {
        (Some(option), _) => is_name(option).then_some(wanted),
        (None, Some((option, _))) if reader.option(option.as_ref()).is_some_and(is_name) => Some(Wanted {
            before: format!("{option}="),
            ..wanted
        }),
        (None, _) if text.starts_with('-') => None,
        (None, _) => reader.positional().is_some_and(is_name).then_some(wanted),
    }
}

/// Reads words as clap would, were they all.
struct Reader<'a> {
    command: &'a Command,
    /// The option whose value comes next.
    value_of: Option<&'a Arg>,
    positionals: usize,
    /// No word is an option any more.
    ended: bool,
    wanted: Wanted,
}

impl<'a> Reader<'a> {
    fn of(command: &'a Command) -> Self {
        Self {
            command,
            value_of: None,
            positionals: 0,
            ended: false,
            wanted: Wanted::default(),
        }
    }

    fn read(&mut self, word: &OsStr) {
        let text = word.to_str().unwrap_or_default();
        // Bash takes `--option=value` for three words.
        if text == "=" && self.value_of.is_some() {
            return;
        }
        if let Some(option) = self.value_of.take() {
            self.note(option, word);
        } else if !self.ended && text == "--" {
            self.ended = true;
        } else if !self.ended && text.starts_with('-') && text.len() > 1 {
            let (name, value) = text.split_once('=').unzip();
            match (self.option(name.unwrap_or(text).as_ref()), value) {
                (Some(option), Some(value)) => self.note(option, value.as_ref()),
                (option, _) => self.value_of = option.filter(|option| takes_next_word(option)),
            }
        } else if let Some(command) = self.command.find_subcommand(word) {
            *self = Self::of(command);
        } else {
            let positional = self.positional();
            self.ended |= positional.is_some_and(Arg::is_trailing_var_arg_set);
            self.wanted.typed.push(word.to_owned());
            self.positionals += 1;
        }
    }

    fn note(&mut self, option: &Arg, value: &OsStr) {
        match option.get_id().as_str() {
            "runtime_dir" => self.wanted.runtime_dir = Some(value.into()),
            // Then the first word is the command's.
            "pid" => self.positionals += 1,
            _ => {}
        }
    }

    /// `--long`, or the last one of `-abc`.
    fn option(&self, word: &OsStr) -> Option<&'a Arg> {
        let text = word.to_str()?;
        let mut options = self.command.get_arguments();
        match text.strip_prefix("--") {
            Some(long) => options.find(|arg| arg.get_long() == Some(long)),
            None => {
                options.find(|arg| arg.get_short() == text.strip_prefix('-').and_then(|short| short.chars().last()))
            }
        }
    }

    /// The one that the next word would be.
    fn positional(&self) -> Option<&'a Arg> {
        let mut positionals = self.command.get_positionals().skip(self.positionals.min(self.last()?));
        let positional = positionals.next()?;
        let is_more = self.positionals > self.last()?;
        let takes_more = positional.get_num_args().is_some_and(|count| count.max_values() > 1);
        (!is_more || takes_more).then_some(positional)
    }

    /// Which of the positional arguments is the last.
    fn last(&self) -> Option<usize> {
        self.command.get_positionals().count().checked_sub(1)
    }
}

fn takes_next_word(option: &Arg) -> bool {
    option.get_action().takes_values() && !option.is_require_equals_set()
}

fn is_name(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<Name>()
}
