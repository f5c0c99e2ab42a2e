//! What is made from the definitions of the command line: completions and manual pages.

use std::fs::File;
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory};
use clap_complete::{Shell, generate};
use clap_mangen::{Man, generate_to};

use crate::args::Cli;
use crate::config::manual;
use crate::exit::Exit;
use crate::named::completing::with_names;
use crate::output;
use crate::output::report::Failure;

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell to complete in
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Write the page of every command into this directory, instead of the first to standard output
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut visible(&Cli::command()), "furnace", &mut script);
    let script = with_names(args.shell, &String::from_utf8_lossy(&script));
    output::write(|to| to.write_all(script.as_bytes()))?;
    Ok(Exit::Success)
}

/// What somebody may type: generators take what is hidden for something like that, too.
fn visible(cli: &Command) -> Command {
    let subcommands = cli.get_subcommands().filter(|subcommand| !subcommand.is_hide_set());
    Command::new("furnace")
        .version(env!("FURNACE_VERSION"))
        .args(cli.get_arguments().cloned())
        .subcommands(subcommands.cloned())
        .disable_help_subcommand(true)
}

pub(crate) fn man(args: &ManArgs) -> Result<Exit, Failure> {
    match &args.dir {
        None => output::write(|to| Man::new(Cli::command()).render(to))?,
        Some(directory) => {
            let written = generate_to(Cli::command(), directory)
                .and_then(|()| manual::write(&mut File::create(directory.join(manual::FILE))?));
            written.map_err(Failure::system("cannot write the manual pages"))?;
        }
    }
    Ok(Exit::Success)
}
