//! `furnace stop`: the end of a container with a name.

use clap::Args;
use furnace_core::{ErrorKind, RuntimeDirectory};

use crate::exit::Exit;
use crate::named::{Name, RuntimeArgs};
use crate::output::report::{self, Failure};

const EXAMPLES: &str = "\
Examples:
  furnace stop web
  furnace stop web db cache

Exit status:
  0    nothing is left of any of them, and their names are free
  125  one of them could not be stopped, or there is none of that name; the others are stopped";

#[derive(Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct StopArgs {
    /// The containers
    #[arg(value_name = "NAME", required = true)]
    names: Vec<Name>,

    #[command(flatten)]
    runtime: RuntimeArgs,
}

pub(crate) fn stop(args: &StopArgs) -> Result<Exit, Failure> {
    let runtime = args.runtime.directory()?;
    let mut exit = Exit::Success;
    for name in &args.names {
        if let Err(failure) = stop_one(&runtime, name) {
            exit = report::failure(&failure);
        }
    }
    Ok(exit)
}

fn stop_one(runtime: &RuntimeDirectory, name: &Name) -> Result<(), Failure> {
    match runtime.find(name.as_str()) {
        Ok(found) => found.stop()?,
        // It may have been freed by now by somebody else who was about to.
        Err(error) if error.kind() == ErrorKind::Ended => drop(runtime.free(name.as_str())?),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
