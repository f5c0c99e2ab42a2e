//! `furnace shell`: a shell to look around with.

use furnace_core::console::{Console, Session};
use furnace_core::{Child, Container};

use crate::args::ShellArgs;
use crate::exit::Exit;
use crate::output::colour;
use crate::output::report::Failure;
use crate::session::{session, visit};

pub(crate) fn shell(args: &ShellArgs) -> Result<Exit, Failure> {
    let console = Console::new().terminal(true);
    let begin = |container: &Container, session: &mut Session<'_>| begin(args, container, session);
    if let Some(name) = &args.name {
        return visit(|| args.runtime.attach(name), &console, begin);
    }
    let Some(root) = &args.root else {
        return Err(Failure::Other {
            why: "there is no ROOT to open a shell in".to_owned(),
            help: Some("type a directory, or --in and the name of a container that runs"),
        });
    };
    session(root, &args.container, args.changes.to.as_deref(), &console, begin)
}

fn begin(args: &ShellArgs, container: &Container, session: &mut Session<'_>) -> furnace_core::Result<Child> {
    let mut shell = container.shell().colours(colour::are_wanted());
    args.command_args.clear(shell.command());
    args.command_args.add_to(shell.command(), container)?;
    shell.spawn(session)
}
