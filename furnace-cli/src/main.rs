//! The command line tool `furnace`: what was typed, what it means to furnace-core, and what to tell the shell.

#![forbid(unsafe_code)]

mod args;
mod bind;
mod changes;
mod command;
mod container;
mod device;
mod doctor;
mod escape;
mod exit;
mod explain;
mod file;
mod fullness;
mod idmap;
mod json;
mod log;
mod memory;
mod mode;
mod mounts;
mod output;
mod parts;
mod privilege;
mod prompt;
mod propagation;
mod report;
mod root;
mod run;
mod session;
mod shell;
mod signals;
mod size;
mod terminal;
mod tmpfs;
mod unknown;
mod user;
mod variable;

use std::process::ExitCode;

use args::{Cli, Subcommand};
use clap::Parser;
use exit::Exit;
use report::Failure;

fn main() -> ExitCode {
    // Before anything else is looked at, the command line included.
    match privilege::is_lent() {
        Ok(false) => {}
        Ok(true) => return report::failure(&Failure::Privileged).into(),
        Err(error) => return report::failure(&Failure::system("cannot tell whose rights these are")(error)).into(),
    }
    let exit = match Cli::try_parse() {
        Ok(cli) => {
            log::init(cli.verbose);
            dispatch(&cli.subcommand).unwrap_or_else(|failure| report::failure(&failure))
        }
        Err(answer) => report::unparsed(answer),
    };
    exit.into()
}

fn dispatch(subcommand: &Subcommand) -> Result<Exit, Failure> {
    match subcommand {
        Subcommand::Run(args) => run::run(args),
        Subcommand::Shell(args) => shell::shell(args),
        Subcommand::Explain(args) => explain::explain(args),
        Subcommand::Doctor(args) => doctor::doctor(args),
    }
}
