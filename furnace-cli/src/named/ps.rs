//! `furnace ps`: which containers have names, and how they stand.

use clap::Args;
use rustix::stdio::stdout;

use crate::exit::Exit;
use crate::named::RuntimeArgs;
use crate::named::listed::{Row, fields, table};
use crate::output;
use crate::output::colour::Paint;
use crate::output::report::Failure;

const EXAMPLES: &str = concat!(
    "\
Examples:
  Stop all that there are:
      furnace ps --quiet | xargs furnace stop

  Tell which have ended without being stopped:
      furnace ps --json | jq --raw-output 'select(.standing == \"ended\").name'

JSON:
  With --json each container is one JSON object on a line of its own, in the order of the names:
",
    fields!(),
    "

Exit status:
  0    they are told
  125  they could not be"
);

#[derive(Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct PsArgs {
    /// Tell the containers as JSON, one object a line
    #[arg(long, conflicts_with = "quiet")]
    json: bool,

    /// Tell nothing but the names, one a line
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    runtime: RuntimeArgs,
}

pub(crate) fn ps(args: &PsArgs) -> Result<Exit, Failure> {
    let all = args.runtime.directory()?.list()?;
    let rows: Vec<Row> = all.into_iter().map(Row::from).collect();
    output::write(|to| match args {
        PsArgs { json: true, .. } => rows.iter().try_for_each(|row| output::write_json(to, &row.as_json())),
        PsArgs { quiet: true, .. } => rows.iter().try_for_each(|row| writeln!(to, "{}", row.name())),
        _ => table(to, Paint::on(stdout()), &rows),
    })?;
    Ok(Exit::Success)
}
