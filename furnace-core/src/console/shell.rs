//! A shell to look around with.

use std::ffi::{OsStr, OsString};
use std::process::ExitStatus;

use super::prompt::{Prompt, has_colours};
use super::{Console, Session};
use crate::child::Child;
use crate::command::Command;
use crate::container::Container;
use crate::error::{ErrorKind, Phase, Result};

/// What of the caller's environment would have a say in a shell that is to be plain, or means nothing inside.
const NOT_INHERITED: [&str; 3] = ["PROMPT_COMMAND", "ENV", "SHELL"];

/// An interactive shell in a container: bash without its startup files, or sh where there is no bash, with the prompt
/// `furnace-debug@NAME DIRECTORY # `. Job control, keys and the size of the window work; it is on a terminal of the
/// container's own whatever the caller's streams are.
///
/// ```no_run
/// # fn main() -> furnace_core::Result<()> {
/// use furnace_core::Container;
///
/// let container = Container::builder("/srv/debian").own_session(true).start()?;
/// let status = container.shell().run()?;
///
/// let mut shell = container.shell().hostname("build-7").colours(false);
/// shell.command().uid(1000).gid(1000).env("EDITOR", "vi").current_dir("/src");
/// let status = shell.run()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Shell<'a> {
    container: &'a Container,
    console: Console<'a>,
    command: Command,
    host: OsString,
    colours: Option<bool>,
}

impl<'a> Shell<'a> {
    pub(crate) fn new(container: &'a Container, host: &OsStr) -> Self {
        Self {
            container,
            console: Console::new().terminal(true),
            command: container.command("bash"),
            host: host.to_owned(),
            colours: None,
        }
    }

    /// The host name in the prompt; by default that of the container if this process has started it, else the name that
    /// it was attached by, or `pid-N` for a process N that was joined. What a shell or a terminal might take for more than text is shown as `?`.
    #[must_use]
    pub fn hostname(self, name: impl Into<OsString>) -> Self {
        Self {
            host: name.into(),
            ..self
        }
    }

    /// Whether the prompt is coloured. By default it is, unless the caller's environment has a `NO_COLOR`, or no `TERM` or
    /// a dumb one.
    #[must_use]
    pub fn colours(self, colours: bool) -> Self {
        Self {
            colours: Some(colours),
            ..self
        }
    }

    /// Where it has its streams, with the terminal or without: by default a terminal at the caller's standard streams.
    #[must_use]
    pub fn console(self, console: Console<'a>) -> Self {
        Self { console, ..self }
    }

    /// The command that it will be, for everything that a command begins with: user, environment, working directory and so
    /// on. Of the caller's environment it has no `PROMPT_COMMAND`, `ENV` and `SHELL`, and `TERM` even if the environment is
    /// cleared, unless they are set or removed here. Arguments follow those that make it interactive.
    pub fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Opens a session, and runs the shell in it to its end.
    ///
    /// # Errors
    ///
    /// As [`Console::run`]; [`ErrorKind::NotFound`] in [`Phase::Execute`] when there is no shell.
    pub fn run(self) -> Result<ExitStatus> {
        let mut session = self.console.open(self.container)?;
        let mut child = self.spawn(&mut session)?;
        session.relay(&mut child)
    }

    /// Starts the shell in a session, for who relays it otherwise.
    ///
    /// # Errors
    ///
    /// As [`Session::spawn`]; [`ErrorKind::NotFound`] in [`Phase::Execute`] when there is no shell.
    pub fn spawn(mut self, session: &mut Session<'_>) -> Result<Child> {
        let prompt = Prompt::new(&self.host);
        let colours = self.colours.unwrap_or_else(has_colours);
        let prompts = match self.command.decides_on("PS1") {
            true => [None, None],
            false => [Some(prompt.for_bash(colours)), Some(prompt.for_sh())],
        };
        let [for_bash, for_sh] = prompts;
        let args = self.command.take_args();
        self.prepare_environment();
        match self.start(session, "bash", &["--norc", "--noprofile", "-i"], &args, for_bash) {
            Err(error) if error.phase() == Phase::Execute && error.kind() == ErrorKind::NotFound => {
                self.start(session, "sh", &["-i"], &args, for_sh)
            }
            other => other,
        }
    }

    fn prepare_environment(&mut self) {
        for name in NOT_INHERITED {
            if !self.command.decides_on(name) {
                self.command.env_remove(name);
            }
        }
        if !self.command.decides_on("TERM")
            && let Some(kind) = std::env::var_os("TERM")
        {
            self.command.env("TERM", kind);
        }
    }

    fn start(
        &mut self,
        session: &mut Session<'_>,
        program: &str,
        options: &[&str],
        args: &[OsString],
        prompt: Option<String>,
    ) -> Result<Child> {
        self.command.set_program(program);
        self.command.args(options).args(args);
        if let Some(prompt) = prompt {
            self.command.env("PS1", prompt);
        }
        let child = session.spawn_shell(&mut self.command);
        self.command.take_args();
        child
    }
}
