//! `furnace shell`: a shell to look around with.

use furnace_core::console::Console;

use crate::args::ShellArgs;
use crate::exit::Exit;
use crate::output::colour;
use crate::output::report::Failure;
use crate::session::session;

pub(crate) fn shell(args: &ShellArgs) -> Result<Exit, Failure> {
    session(&args.container, &Console::new().terminal(true), |container, session| {
        let mut shell = container.shell().colours(colour::are_wanted());
        args.command_args.clear(shell.command());
        args.command_args.add_to(shell.command());
        shell.spawn(session)
    })
}
