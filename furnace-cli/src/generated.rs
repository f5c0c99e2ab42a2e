//! What is made from the definitions of the command line: completions and manual pages.

use std::fs::File;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};
use clap_mangen::{Man, generate_to};

use crate::args::Cli;
use crate::config::manual;
use crate::exit::Exit;
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
    generate(args.shell, &mut Cli::command(), "furnace", &mut script);
    output::write(|to| to.write_all(&script))?;
    Ok(Exit::Success)
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
