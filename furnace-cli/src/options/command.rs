//! What a command begins with.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueHint};
use furnace_core::{Command, Container};

use crate::options::user::User;
use crate::options::variable::Variable;

#[derive(Args, Debug)]
#[command(next_help_heading = "Command")]
pub(crate) struct CommandArgs {
    /// Set an environment variable; can be repeated
    #[arg(long, value_name = "K=V", value_parser = OsStringValueParser::new().try_map(|typed| Variable::parse(&typed)))]
    env: Vec<Variable>,

    /// Start from an empty environment, not from the caller's
    #[arg(long)]
    pub(crate) clear_env: bool,

    /// Run in this directory of the container [default: /]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::Other)]
    workdir: Option<PathBuf>,

    /// Run as this user and group, by number
    ///
    /// The group defaults to the number of the user. Supplementary groups are dropped.
    #[arg(
        long,
        value_name = "UID[:GID]",
        allow_hyphen_values = true,
        value_parser = OsStringValueParser::new().try_map(|typed| User::parse(&typed)),
    )]
    pub(crate) user: Option<User>,
}

impl CommandArgs {
    /// The command that `words` are.
    pub(crate) fn command(&self, container: &Container, words: &[OsString]) -> Command {
        let mut words = words.iter();
        // There is at least one; were there none, the empty name would be refused.
        let mut command = container.command(words.next().map(OsString::as_os_str).unwrap_or_default());
        command.args(words);
        self.clear(&mut command);
        self.add_to(&mut command);
        command
    }

    /// Clears the environment, if that was asked for.
    pub(crate) fn clear(&self, command: &mut Command) {
        if self.clear_env {
            command.env_clear();
        }
    }

    /// Tells the library all but that.
    pub(crate) fn add_to(&self, command: &mut Command) {
        command.envs(self.env.iter().map(|variable| (&variable.name, &variable.value)));
        if let Some(directory) = &self.workdir {
            command.current_dir(directory);
        }
        if let Some(user) = self.user {
            command.uid(user.uid).gid(user.gid).groups(&[]);
        }
    }
}
