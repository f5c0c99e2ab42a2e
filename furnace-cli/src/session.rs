//! A container for one command: start, run, wait, stop. Or one that is there: enter, run, wait.

use std::mem::ManuallyDrop;
use std::panic;
use std::path::Path;

use furnace_core::console::{CaughtSignals, Console, Session, Signals as _, restore_terminals};
use furnace_core::{Builder, Child, Container};

use crate::exit::Exit;
use crate::options::container::ContainerArgs;
use crate::output::changes::List;
use crate::output::fullness;
use crate::output::report::Failure;

/// Makes the container and has `begin` start a command in it, which is waited for.
pub(crate) fn session(
    root: &Path,
    args: &ContainerArgs,
    changes: Option<&Path>,
    console: &Console<'_>,
    begin: impl FnOnce(&Container, &mut Session<'_>) -> furnace_core::Result<Child>,
) -> Result<Exit, Failure> {
    let mut builder = args.builder(root)?;
    let list = match changes {
        Some(to) => Some(list(to, root, args, &builder)?),
        None => None,
    };
    restore_terminals_in_a_panic();
    // Before the start: one that comes during it is kept until there is a command to pass it on to.
    let mut signals = catch_signals(console)?;
    let container = builder.terminals(console.wants_terminal()).start_ahead()?;
    if list.is_some() && container.layer_usage()?.is_none() {
        return Err(no_layer());
    }
    let mut session = console.open(&container)?;
    let mut child = begin(&container, &mut session)?;
    // While the command runs there is time for that.
    drop(builder);
    let status = session.relay_with(&mut child, &mut *signals)?;
    if !status.success() {
        fullness::tell(&container, &args.root_args);
    }
    let changes = match list {
        Some(list) => container.changes()?.map(|changes| (list, changes)),
        None => None,
    };
    // What the command has left running changes nothing more.
    container.stop()?;
    if let Some((list, changes)) = changes {
        // Those that have come were for the command.
        while signals.take().is_some() {}
        drop(ManuallyDrop::into_inner(signals));
        list.write(changes)?;
    }
    Ok(Exit::Command(status))
}

/// Has `begin` start a command in a container that lives on, and waits for the command.
pub(crate) fn visit(
    enter: impl FnOnce() -> Result<Container, Failure>,
    console: &Console<'_>,
    begin: impl FnOnce(&Container, &mut Session<'_>) -> furnace_core::Result<Child>,
) -> Result<Exit, Failure> {
    restore_terminals_in_a_panic();
    // Before anything is begun: one that comes meanwhile is kept until there is a command to pass it on to.
    let mut signals = catch_signals(console)?;
    let container = enter()?;
    let mut session = console.open(&container)?;
    let mut child = begin(&container, &mut session)?;
    // Nothing more is asked of the fork server, so it ends while the command runs.
    drop(container);
    Ok(Exit::Command(session.relay_with(&mut child, &mut *signals)?))
}

/// Unless they are let go of they stay caught to the end: the command has ended then, and its status is what counts.
fn catch_signals(console: &Console<'_>) -> Result<ManuallyDrop<CaughtSignals>, Failure> {
    let signals = CaughtSignals::catch(console.wants_terminal());
    signals
        .map(ManuallyDrop::new)
        .map_err(Failure::system("cannot catch signals"))
}

/// Before it is told of: on a terminal in raw mode that would be hard to read.
fn restore_terminals_in_a_panic() {
    let otherwise = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        restore_terminals();
        otherwise(info);
    }));
}

/// The list of changes, if there can be one. Whether an image has a layer is known when the container is there.
fn list(to: &Path, root: &Path, args: &ContainerArgs, builder: &Builder) -> Result<List, Failure> {
    // An earlier list is not emptied for a container that makes no sense.
    builder.explain()?;
    if !args.root_args.has_layer() && root.is_dir() {
        return Err(no_layer());
    }
    List::open(to)
}

fn no_layer() -> Failure {
    Failure::Other {
        why: "cannot list what has changed: nothing keeps the changes apart from the root".to_owned(),
        help: Some("use --ephemeral, or --overlay UPPER"),
    }
}
