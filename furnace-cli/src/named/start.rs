//! `furnace start`: a container that lives on.

use std::path::PathBuf;

use clap::Args;

use crate::exit::Exit;
use crate::named::RuntimeArgs;
use crate::named::listed::{Row, fields};
use crate::options::container::{ContainerArgs, ROOT_HELP, ROOT_LONG_HELP};
use crate::output;
use crate::output::report::Failure;

const EXAMPLES: &str = concat!(
    "\
Examples:
  Have a throw-away copy of the running system, and run commands in it as they come:
      furnace start --name try --ephemeral /
      furnace exec try apt-get install gcc
      furnace shell --in try
      furnace stop try

  Take options from a file:
      furnace start --name build --config build.toml

JSON:
  With --json the container is told as one JSON object:
",
    fields!(),
    "

Exit status:
  0    the container runs
  125  it does not, and nothing is left of it"
);

#[derive(Args, Debug)]
#[command(override_usage = "furnace start [OPTIONS] --name NAME ROOT", after_long_help = EXAMPLES)]
pub(crate) struct StartArgs {
    #[arg(value_name = "ROOT", help = ROOT_HELP, long_help = ROOT_LONG_HELP)]
    root: PathBuf,

    /// Tell the container as JSON
    #[arg(long)]
    json: bool,

    /// Give the container this name
    ///
    /// It begins with a letter or a digit, and holds these, `_`, `-` and `.` only; 200 at most. No other container that
    /// runs can have it.
    #[arg(long, value_name = "NAME", help_heading = "Names")]
    name: String,

    #[command(flatten)]
    runtime: RuntimeArgs,

    #[command(flatten)]
    container: ContainerArgs,
}

pub(crate) fn start(args: &StartArgs) -> Result<Exit, Failure> {
    let builder = args.container.builder(&args.root)?;
    let runtime = args.runtime.directory()?;
    // Before anything is started: of two at once one is told so.
    let reservation = runtime.reserve(&args.name)?;
    builder.start()?.detach_as(reservation)?;
    if args.json {
        let found = runtime.find(&args.name)?;
        let row = Row::from(&found);
        // Who is not told of it would have to find out.
        output::write(|to| output::write_json(to, &row.as_json())).or_else(|unwritten| {
            found.stop()?;
            Err(unwritten)
        })?;
    }
    Ok(Exit::Success)
}
