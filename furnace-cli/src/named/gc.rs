//! `furnace gc`: frees the names of containers that are no more.

use clap::Args;
use furnace_core::Standing;
use serde::Serialize;

use crate::exit::Exit;
use crate::named::RuntimeArgs;
use crate::output;
use crate::output::report::Failure;

const EXAMPLES: &str = "\
Examples:
  See what would be removed, and remove it:
      furnace ps --json | jq --raw-output 'select(.standing == \"ended\").name'
      furnace gc

JSON:
  With --json each name that is free now is one JSON object on a line of its own:
  name  the name

Exit status:
  0    nothing of a container that has ended is left
  125  something could not be removed";

#[derive(Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct GcArgs {
    /// Tell the names as JSON, one object a line
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    runtime: RuntimeArgs,
}

#[derive(Serialize)]
struct Freed<'a> {
    name: &'a str,
}

pub(crate) fn gc(args: &GcArgs) -> Result<Exit, Failure> {
    let runtime = args.runtime.directory()?;
    let freed = runtime.collect()?;
    output::write(|to| {
        freed.iter().try_for_each(|name| match args.json {
            true => output::write_json(to, &Freed { name }),
            false => writeln!(to, "{name}"),
        })
    })?;
    for listed in runtime.list()? {
        if listed.standing == Standing::Unknown {
            output::note(&format!(
                "{} is left as it is: nobody can tell from here whether it runs",
                listed.name
            ));
        }
    }
    Ok(Exit::Success)
}
