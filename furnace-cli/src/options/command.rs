//! What a command begins with.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueHint};
use furnace_core::{Command, Container};

use crate::options::user::UserName;
use crate::options::variable::Variable;

#[derive(Args, Debug, Default)]
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

    /// Run as this user and group, each a number or a name of the container's own
    ///
    /// What consists of digits is a number, and never looked up: the group defaults to the number of the user, and there
    /// are no supplementary groups. A name is looked up in the container's /etc/passwd and /etc/group, so the container
    /// decides whose number it is: its group and its supplementary groups are those there, unless GROUP is given, and
    /// HOME, SHELL, USER and LOGNAME are set.
    #[arg(
        long,
        value_name = "USER[:GROUP]",
        allow_hyphen_values = true,
        value_parser = OsStringValueParser::new().try_map(|typed| UserName::parse(&typed)),
    )]
    pub(crate) user: Option<UserName>,
}

impl CommandArgs {
    /// The command that `words` are.
    pub(crate) fn command(&self, container: &Container, words: &[OsString]) -> furnace_core::Result<Command> {
        let mut words = words.iter();
        // There is at least one; were there none, the empty name would be refused.
        let mut command = container.command(words.next().map(OsString::as_os_str).unwrap_or_default());
        command.args(words);
        self.clear(&mut command);
        self.add_to(&mut command, container)?;
        Ok(command)
    }

    /// Clears the environment, if that was asked for.
    pub(crate) fn clear(&self, command: &mut Command) {
        if self.clear_env {
            command.env_clear();
        }
    }

    /// Tells the library all but that. Whose name it is, the container says.
    pub(crate) fn add_to(&self, command: &mut Command, container: &Container) -> furnace_core::Result<()> {
        if let Some(user) = &self.user {
            command.user(&user.find(container)?);
        }
        command.envs(self.env.iter().map(|variable| (&variable.name, &variable.value)));
        if let Some(directory) = &self.workdir {
            command.current_dir(directory);
        }
        Ok(())
    }
}
