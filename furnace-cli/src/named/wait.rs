//! `furnace wait`: until a container with a name has ended.

use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use furnace_core::ErrorKind;

use crate::exit::Exit;
use crate::named::timeout::Timeout;
use crate::named::{Name, RuntimeArgs};
use crate::output::report::Failure;

const EXAMPLES: &str = "\
Examples:
  furnace wait web
  furnace wait --timeout 10 web || furnace stop web

Exit status:
  0    it has ended, and its name is free
  1    it has not ended within the time
  125  there is none of that name, or nobody can tell";

#[derive(Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct WaitArgs {
    /// The container
    #[arg(value_name = "NAME")]
    name: Name,

    /// Wait no longer than this; 0 only asks
    #[arg(
        long,
        value_name = "SECONDS",
        allow_hyphen_values = true,
        value_parser = OsStringValueParser::new().try_map(|typed| Timeout::parse(&typed)),
    )]
    timeout: Option<Timeout>,

    #[command(flatten)]
    runtime: RuntimeArgs,
}

pub(crate) fn wait(args: &WaitArgs) -> Result<Exit, Failure> {
    let (runtime, name) = (args.runtime.directory()?, args.name.as_str());
    let begun = Instant::now();
    let found = match runtime.find(name) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::Ended => {
            // It may have been freed by now by somebody else who was about to.
            runtime.free(name)?;
            return Ok(Exit::Success);
        }
        Err(error) => return Err(error.into()),
    };
    let limit = args.timeout.map_or(Duration::MAX, |timeout| timeout.0);
    match found.wait_within(limit.saturating_sub(begun.elapsed()))? {
        true => Ok(Exit::Success),
        false => Ok(Exit::Unable),
    }
}
