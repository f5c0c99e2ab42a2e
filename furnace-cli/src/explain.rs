//! `furnace explain`: what `furnace run` would do, and nothing of it done.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::exit::Exit;
use crate::options::changes::ChangesArgs;
use crate::options::command::CommandArgs;
use crate::options::container::{ContainerArgs, ROOT_HELP, ROOT_LONG_HELP};
use crate::options::terminal::TerminalArgs;
use crate::output;
use crate::output::report::Failure;

const EXAMPLES: &str = "\
Examples:
  See what would be done:
      furnace explain --bind-ro /src --isolate-network /srv/debian

  Find the step of which an error of furnace run says `step 12 of furnace explain`:
      furnace explain --bind-ro /src /srv/debian | sed -n 12p

JSON:
  With --json each step is one JSON object on a line of its own:
  step  its number, from 1
  text  what it does, in words, which may change from version to version

Exit status:
  0    every step is told
  125  furnace run would fail before its first step, with the same message";

/// What is said to people, who may take a container for more than it is.
const ROOT_IS_ROOT: &str = "root inside is root: with all these steps the container is no boundary against a hostile \
                            root user in it";

#[derive(Args, Debug)]
#[command(override_usage = "furnace explain [OPTIONS] ROOT [[--] COMMAND [ARG]...]", after_long_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// Tell the steps as JSON, one object a line
    #[arg(long)]
    json: bool,

    #[arg(value_name = "ROOT", help = ROOT_HELP, long_help = ROOT_LONG_HELP)]
    root: PathBuf,

    #[command(flatten)]
    container: ContainerArgs,

    #[command(flatten)]
    _changes: ChangesArgs,

    /// What would be run, of which nothing is told
    #[arg(id = "command", value_name = "COMMAND", trailing_var_arg = true)]
    _command: Vec<OsString>,

    #[command(flatten)]
    _of_command: CommandArgs,

    #[command(flatten)]
    _terminal: TerminalArgs,
}

#[derive(Serialize)]
struct Step<'a> {
    step: usize,
    text: &'a str,
}

pub(crate) fn explain(args: &ExplainArgs) -> Result<Exit, Failure> {
    let texts = args.container.builder(&args.root)?.explain()?;
    let mut steps = texts.iter().zip(1..).map(|(text, step)| Step { step, text });
    let width = texts.len().to_string().len();
    output::write(|to| {
        steps.try_for_each(|step| match args.json {
            true => output::write_json(to, &step),
            false => writeln!(to, "{:width$}  {}", step.step, step.text),
        })
    })?;
    if !args.json {
        output::note(ROOT_IS_ROOT);
    }
    Ok(Exit::Success)
}
