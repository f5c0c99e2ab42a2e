//! `furnace run`: one command.

use crate::args::RunArgs;
use crate::exit::Exit;
use crate::output::report::Failure;
use crate::session::session;

pub(crate) fn run(args: &RunArgs) -> Result<Exit, Failure> {
    let changes = args.changes.to.as_deref();
    let console = args.terminal.console();
    session(&args.root, &args.container, changes, &console, |container, session| {
        session.spawn(&mut args.command_args.command(container, &args.command)?)
    })
}
