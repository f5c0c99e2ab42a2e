//! What is made from the definitions of the command line: completions and manual pages.

mod pages;

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory, ValueEnum};
use clap_complete::{generate, shells};

use crate::args::Cli;
use crate::exit::Exit;
use crate::named::completing::with_names;
use crate::output;
use crate::output::report::Failure;

pub(crate) use pages::SOURCE;

/// Those in which names of containers are completed too.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Fish,
    Zsh,
}

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
    let (mut cli, mut script) = (visible(&Cli::command()), Vec::new());
    match args.shell {
        Shell::Bash => generate(shells::Bash, &mut cli, "furnace", &mut script),
        Shell::Fish => generate(shells::Fish, &mut cli, "furnace", &mut script),
        Shell::Zsh => generate(shells::Zsh, &mut cli, "furnace", &mut script),
    }
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
    let mut cli = Cli::command();
    cli.build();
    match &args.dir {
        None => output::write(|to| pages::write(&cli, to))?,
        Some(directory) => {
            let failed = Failure::system_on(directory, "cannot write the manual pages");
            pages::write_all(&cli, directory).map_err(failed)?;
        }
    }
    Ok(Exit::Success)
}
