//! What a file may say: what `furnace run` can be told, under the same names.

use std::any::TypeId;
use std::error::Error as _;
use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Args, Command, ValueHint};

use crate::args::RunArgs;
use crate::config::args;
use crate::options::size::Size;
use crate::options::unknown::nearest;
use crate::options::user::UserName;

/// The id of the directory that becomes the root.
pub(super) const ROOT: &str = "root";

/// The id of the command to run.
pub(super) const COMMAND: &str = "command";

/// The keys of a file.
pub(super) struct Keys(Command);

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Key<'a>(&'a Arg);

/// What is said with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Yes or no.
    Switch,
    /// Yes or no, or a value.
    OptionalValue,
    /// A value.
    Value,
    /// Any number of values.
    List,
}

impl Keys {
    pub(super) fn new() -> Self {
        Self(RunArgs::augment_args(Command::new("run")))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Key<'_>> {
        let arguments = self.0.get_arguments();
        arguments
            .filter(|arg| !args::IDS.contains(&arg.get_id().as_str()))
            .map(Key)
    }

    pub(super) fn find(&self, name: &str) -> Option<Key<'_>> {
        self.iter().find(|key| key.name() == name)
    }

    /// What was probably meant, or all that could have been.
    pub(super) fn near(&self, name: &str) -> String {
        let names: Vec<&str> = self.iter().map(Key::name).collect();
        match nearest(name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", names.join(", ")),
        }
    }

    /// Whether the option reads `word`, and else why not.
    pub(super) fn check(&self, key: Key<'_>, word: &OsStr) -> Result<(), String> {
        let command = lenient(self.0.clone()).no_binary_name(true);
        let root = (key.id() == COMMAND).then_some(OsStr::new("/"));
        let words = key.is_positional().then_some(OsStr::new("--")).into_iter().chain(root);
        let Err(error) = command.try_get_matches_from(words.chain([word])) else {
            return Ok(());
        };
        match error.kind() {
            ErrorKind::ValueValidation => Err(error.source().map(ToString::to_string).unwrap_or_default()),
            ErrorKind::InvalidValue => Err(self.among(key, word)),
            // What it has to do with other options is seen when all are known.
            _ => Ok(()),
        }
    }

    fn among(&self, key: Key<'_>, word: &OsStr) -> String {
        let choices = key.choices();
        let names: Vec<&str> = choices.iter().map(PossibleValue::get_name).collect();
        let typed = word
            .to_str()
            .and_then(|word| word.split_once('='))
            .map(|(_, typed)| typed);
        match nearest(typed.unwrap_or_default(), &names) {
            _ if names.is_empty() => "it is empty".to_owned(),
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", names.join(", ")),
        }
    }

    /// Whether one of them excludes the other.
    pub(super) fn conflict(&self, one: Key<'_>, other: Key<'_>) -> bool {
        conflict(&self.0, one.id(), other.id())
    }
}

/// `command`, content with whatever is left out.
pub(super) fn lenient(command: Command) -> Command {
    command.mut_args(|arg| arg.required(false))
}

/// Whether two options of `command` can't be used together.
pub(super) fn conflict(command: &Command, one: &str, other: &str) -> bool {
    let excludes = |one: &str, other: &str| {
        let mut arguments = command.get_arguments();
        let Some(arg) = arguments.find(|arg| arg.get_id() == one) else {
            return false;
        };
        command
            .get_arg_conflicts_with(arg)
            .iter()
            .any(|arg| arg.get_id() == other)
    };
    excludes(one, other) || excludes(other, one)
}

impl<'a> Key<'a> {
    pub(super) fn id(self) -> &'a str {
        self.0.get_id().as_str()
    }

    pub(super) fn name(self) -> &'a str {
        self.0.get_long().unwrap_or(self.id())
    }

    pub(super) fn is_positional(self) -> bool {
        self.0.is_positional()
    }

    pub(super) fn form(self) -> Form {
        let may_be_empty = self.0.get_num_args().is_some_and(|count| count.min_values() == 0);
        match self.0.get_action() {
            ArgAction::Append => Form::List,
            action if !action.takes_values() => Form::Switch,
            _ if may_be_empty => Form::OptionalValue,
            _ => Form::Value,
        }
    }

    /// Whether a value of it can be a bare number.
    pub(super) fn is_number(self) -> bool {
        let numbers = [TypeId::of::<u32>(), TypeId::of::<UserName>(), TypeId::of::<Size>()];
        let parsed = self.0.get_value_parser().type_id();
        numbers.iter().any(|number| parsed == *number)
    }

    pub(super) fn hint(self) -> ValueHint {
        self.0.get_value_hint()
    }

    pub(super) fn is_path(self) -> bool {
        self.0.get_value_parser().type_id() == TypeId::of::<PathBuf>()
    }

    /// The only values that there are, if they can be told.
    pub(super) fn choices(self) -> Vec<PossibleValue> {
        match self.form() {
            Form::Switch => Vec::new(),
            _ => self.0.get_possible_values(),
        }
    }

    pub(super) fn default(self) -> Option<&'a str> {
        match self.form() {
            Form::Value => self.0.get_default_values().first()?.to_str(),
            _ => None,
        }
    }

    /// How a value is typed, as in `SRC:DST`.
    pub(super) fn value_name(self) -> String {
        let names = self.0.get_value_names().unwrap_or_default();
        names.first().map(ToString::to_string).unwrap_or_default()
    }

    /// What it is for, in a line.
    pub(super) fn summary(self) -> String {
        self.0.get_help().map(ToString::to_string).unwrap_or_default()
    }

    /// What it is for.
    pub(super) fn description(self) -> String {
        let help = self.0.get_long_help().or(self.0.get_help());
        help.map(ToString::to_string).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction, CommandFactory};

    use super::{COMMAND, Form, Keys, ROOT};
    use crate::args::Cli;
    use crate::config::args::IDS;

    /// All that `furnace run` can be told, but for what every command can.
    fn typed() -> Vec<Arg> {
        let mut cli = Cli::command();
        cli.build();
        let run = cli.find_subcommand("run").expect("there is one");
        let of_furnace = |arg: &&Arg| arg.is_global_set() || arg.get_id() == "help";
        run.get_arguments().filter(|arg| !of_furnace(arg)).cloned().collect()
    }

    #[test]
    fn every_option_is_a_key() {
        let keys = Keys::new();
        for arg in typed() {
            let id = arg.get_id().as_str();
            let key = keys.iter().find(|key| key.id() == id);
            assert_eq!(key.is_some(), !IDS.contains(&id), "{id}");
            let Some(key) = key else { continue };
            assert!(
                arg.get_long().is_some() || [ROOT, COMMAND].contains(&id),
                "{id} has no name"
            );
            assert!(!key.summary().is_empty(), "{id} has no help");
            let form = match arg.get_action() {
                ArgAction::SetTrue => Form::Switch,
                ArgAction::Append => Form::List,
                ArgAction::Set if arg.get_num_args().is_some_and(|count| count.min_values() == 0) => {
                    Form::OptionalValue
                }
                ArgAction::Set => Form::Value,
                other => panic!("a file has no way to say {id}, which is {other:?}"),
            };
            assert_eq!(key.form(), form, "{id}");
        }
    }

    #[test]
    fn what_takes_numbers_is_told_by_its_type() {
        let keys = Keys::new();
        let numbers: Vec<&str> = keys
            .iter()
            .filter(|key| key.is_number())
            .map(|key| key.name())
            .collect();
        assert_eq!(numbers, ["ephemeral", "partition", "user"]);
    }
}
