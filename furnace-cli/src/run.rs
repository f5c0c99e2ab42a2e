//! `furnace run`: start, run, wait, stop.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitStatus;

use furnace_core::{Builder, Child, Command, Container};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::retry_on_intr;

use crate::args::{ContainerArgs, RunArgs};
use crate::changes::List;
use crate::exit::Exit;
use crate::fullness;
use crate::report::Failure;
use crate::signals::Signals;

pub(crate) fn run(args: &RunArgs) -> Result<Exit, Failure> {
    let builder = configure(&args.container)?;
    let list = match &args.container.root_args.changes {
        Some(to) => Some(list(to, &args.container, &builder)?),
        None => None,
    };
    // Before the start: one that comes during it is kept until there is a command to pass it on to.
    let mut signals = Signals::catch().map_err(Failure::system("cannot catch signals"))?;
    let container = builder.start()?;
    if list.is_some() && container.layer_usage()?.is_none() {
        return Err(no_layer());
    }
    let mut child = command(&container, args).spawn()?;
    let status = wait(&mut child, &mut signals)?;
    if !status.success() {
        fullness::tell(&container, &args.container.root_args);
    }
    let changes = match list {
        Some(list) => container.changes()?.map(|changes| (list, changes)),
        None => None,
    };
    // What the command has left running changes nothing more.
    container.stop()?;
    if let Some((list, changes)) = changes {
        signals.let_go();
        list.write(changes)?;
    }
    Ok(Exit::Command(status))
}

/// The container that was typed.
pub(crate) fn configure(args: &ContainerArgs) -> Result<Builder, Failure> {
    let mut builder = Container::builder(&args.root);
    args.root_args.add_to(&mut builder);
    args.mounts.add_to(&mut builder)?;
    args.devices.add_to(&mut builder);
    builder
        .propagation(args.propagation.into())
        .isolate_network(args.isolate_network);
    if let Some(name) = &args.hostname {
        builder.hostname(name);
    }
    Ok(builder)
}

/// The list of changes, if there can be one. Whether an image has a layer is known when the container is there.
fn list(to: &Path, args: &ContainerArgs, builder: &Builder) -> Result<List, Failure> {
    // An earlier list is not emptied for a container that makes no sense.
    builder.explain()?;
    if !args.root_args.has_layer() && args.root.is_dir() {
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

fn command(container: &Container, args: &RunArgs) -> Command {
    let mut words = args.command.iter();
    // There is at least one; were there none, the empty name would be refused.
    let mut command = container.command(words.next().map(OsString::as_os_str).unwrap_or_default());
    // Else neither `kill(0)` inside nor the terminal's Ctrl-C would be kept to their side.
    command.args(words).new_session(true);
    let args = &args.of_command;
    if args.clear_env {
        command.env_clear();
    }
    command.envs(args.env.iter().map(|variable| (&variable.name, &variable.value)));
    if let Some(directory) = &args.workdir {
        command.current_dir(directory);
    }
    if let Some(user) = args.user {
        command.uid(user.uid).gid(user.gid).groups(&[]);
    }
    command
}

/// Waits for the command, and passes on to it what signals come.
fn wait(child: &mut Child, signals: &mut Signals) -> Result<ExitStatus, Failure> {
    loop {
        let mut watched = [PollFd::new(child, PollFlags::IN), PollFd::new(signals, PollFlags::IN)];
        retry_on_intr(|| poll(&mut watched, None))
            .map_err(|errno| Failure::system("cannot wait for the command")(errno.into()))?;
        for signal in signals.take() {
            child.signal(signal)?;
        }
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
    }
}
