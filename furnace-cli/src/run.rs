//! `furnace run`: one command.

use std::ffi::OsString;

use crate::args::RunArgs;
use crate::exit::Exit;
use crate::output::report::Failure;
use crate::session::session;

pub(crate) fn run(args: &RunArgs) -> Result<Exit, Failure> {
    session(&args.container, &args.terminal.console(), |container, session| {
        let mut words = args.command.iter();
        // There is at least one; were there none, the empty name would be refused.
        let mut command = container.command(words.next().map(OsString::as_os_str).unwrap_or_default());
        command.args(words);
        args.command_args.clear(&mut command);
        args.command_args.add_to(&mut command);
        session.spawn(&mut command)
    })
}
