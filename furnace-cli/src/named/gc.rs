//! `furnace gc`: frees the names of containers that are no more.

use clap::Args;
use furnace_core::Standing;
use serde::Serialize;

use crate::exit::Exit;
use crate::named::RuntimeArgs;
use crate::output;
use crate::output::report::Failure;

const EXAMPLES: &str = "\
Whoever is killed with whatever signal, the kernel ends what belongs to it: processes, mounts, namespaces, loop devices. \
What can be left is a file in the runtime directory, of a container that has ended without `furnace stop`, or of which the \
start was not finished. It does no harm: the name can be used again. This removes it.

Of everything else in the runtime directory nothing is touched. Names of which nobody can tell how they stand are told on \
standard error.

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
