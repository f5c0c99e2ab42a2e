//! `furnace exec`: one more command in a container that runs.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::{ArgMatches, Args, Command, CommandFactory, value_parser};
use furnace_core::Container;

use crate::args::Cli;
use crate::exit::Exit;
use crate::named::runtime::joining;
use crate::named::{Name, RuntimeArgs};
use crate::options::command::CommandArgs;
use crate::options::terminal::TerminalArgs;
use crate::output::report::Failure;
use crate::session::visit;

const EXAMPLES: &str = "\
Examples:
  Look at what runs in a container that was started with `furnace start --name web`:
      furnace exec web ps -ef

  Feed it:
      furnace exec --user 1000 web sh -c 'cat > /srv/data' < data

  Look around in a container that Furnace has not made:
      furnace exec --pid \"$(pidof -s nginx)\" ls -l /

Exit status:
  that of COMMAND, or
  128+N  signal N ended COMMAND
  125    furnace itself failed, or there is no such container
  126    COMMAND could not be executed
  127    COMMAND was not found";

const USAGE: &str = "furnace exec [OPTIONS] NAME [--] COMMAND [ARG]...
       furnace exec [OPTIONS] --pid PID [--] COMMAND [ARG]...";

#[derive(Args, Debug)]
#[command(override_usage = USAGE, after_long_help = EXAMPLES)]
pub(crate) struct ExecArgs {
    /// The container
    #[arg(value_name = "NAME", required = true)]
    name: Option<Name>,

    /// The command to run in it, and its arguments
    ///
    /// It is looked up inside the container, along PATH. All that follows it belongs to it, options too.
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    command: Vec<OsString>,

    /// Instead of a name: enter the container that this process is in
    ///
    /// It may be of any container, also of one that Furnace has not made. COMMAND gets the namespaces and the root
    /// directory of the process, and in a user namespace begins as its root.
    #[arg(
        long,
        value_name = "PID",
        value_parser = value_parser!(u32).range(1..),
        conflicts_with_all = ["name", "runtime_dir"],
        help_heading = "Names",
    )]
    pid: Option<u32>,

    #[command(flatten)]
    runtime: RuntimeArgs,

    #[command(flatten)]
    command_args: CommandArgs,

    #[command(flatten)]
    terminal: TerminalArgs,
}

pub(crate) fn exec(args: &ExecArgs) -> Result<Exit, Failure> {
    visit(
        || enter(args),
        &args.terminal.console(),
        |container, session| session.spawn(&mut args.command_args.command(container, &args.command)?),
    )
}

/// Whether `words` are of an exec into what some process is in.
pub(crate) fn names_process(words: &[OsString]) -> bool {
    // Few do, and the others are not kept waiting.
    if !words.iter().any(|word| word.as_bytes().starts_with(b"--pid")) {
        return false;
    }
    let matches = by_pid(Cli::command()).ignore_errors(true).try_get_matches_from(words);
    let has_pid = |matches: &ArgMatches| matches.subcommand_matches("exec")?.get_one::<u32>("pid").copied();
    matches.is_ok_and(|matches| has_pid(&matches).is_some())
}

/// The command line as it is then: the first word is the command's, and not a name.
pub(crate) fn by_pid(cli: Command) -> Command {
    let without_name =
        |exec| ExecArgs::augment_args(exec).mut_arg("name", |name| name.required(false).long("name").hide(true));
    cli.mut_subcommand("exec", |exec| exec.defer(without_name))
}

fn enter(args: &ExecArgs) -> Result<Container, Failure> {
    match (&args.name, args.pid) {
        (Some(name), _) => args.runtime.attach(name),
        (None, pid) => Ok(joining().join(pid.unwrap_or_default())?),
    }
}
