//! The command line tool `furnace`: what was typed, what it means to furnace-core, and what to tell the shell.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), no_main)]

mod args;
mod config;
mod doctor;
mod exit;
mod explain;
mod generated;
mod named;
mod options;
mod output;
mod reading;
mod run;
mod session;
mod shell;

use std::ffi::OsString;

use args::Subcommand;
use config::{Refusal, schema};
use exit::Exit;
use named::{completing, exec, gc, ps, start, stop, wait};
use output::report::Failure;
use output::{log, report};

#[cfg(not(test))]
furnace_sys::program_begins_with!(furnace);

#[cfg_attr(test, expect(dead_code, reason = "tests have a beginning of their own"))]
fn furnace(typed: &[OsString]) -> u8 {
    // Before anything else is looked at, the command line included.
    if furnace_core::rights_are_lent() {
        return report::failure(&Failure::Privileged).code();
    }
    let exit = match config::parse(typed) {
        Ok(cli) => {
            log::init(cli.log);
            dispatch(&cli.subcommand).unwrap_or_else(|failure| report::failure(&failure))
        }
        Err(refusal) => {
            log::init_for(typed);
            match refusal {
                Refusal::Typed(answer) => report::unparsed(answer),
                Refusal::File(failure) => report::failure(&failure),
            }
        }
    };
    exit.code()
}

fn dispatch(subcommand: &Subcommand) -> Result<Exit, Failure> {
    match subcommand {
        Subcommand::Run(args) => run::run(args),
        Subcommand::Shell(args) => shell::shell(args),
        Subcommand::Start(args) => start::start(args),
        Subcommand::Exec(args) => exec::exec(args),
        Subcommand::Ps(args) => ps::ps(args),
        Subcommand::Stop(args) => stop::stop(args),
        Subcommand::Wait(args) => wait::wait(args),
        Subcommand::Gc(args) => gc::gc(args),
        Subcommand::CompleteName(args) => completing::complete_name(args),
        Subcommand::Explain(args) => explain::explain(args),
        Subcommand::Doctor(args) => doctor::doctor(args),
        Subcommand::Completions(args) => generated::completions(args),
        Subcommand::ConfigSchema => schema::config_schema(),
        Subcommand::Man(args) => generated::man(args),
    }
}
