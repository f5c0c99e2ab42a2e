//! `furnace run`: start, run, wait, stop.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitStatus;

use furnace_core::{Builder, Child, Command, Container};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::retry_on_intr;

use crate::args::RunArgs;
use crate::bind::Bind;
use crate::exit::Exit;
use crate::report::Failure;
use crate::signals::Signals;

pub(crate) fn run(args: &RunArgs) -> Result<Exit, Failure> {
    // Before the start: one that comes during it is kept until there is a command to pass it on to.
    let mut signals = Signals::catch().map_err(Failure::system("cannot catch signals"))?;
    let container = configure(args)?.start()?;
    let mut child = command(&container, args).spawn()?;
    let status = wait(&mut child, &mut signals)?;
    container.stop()?;
    Ok(Exit::Command(status))
}

fn configure(args: &RunArgs) -> Result<Builder, Failure> {
    let mut builder = Container::builder(&args.root);
    builder.isolate_network(args.isolate_network).ephemeral(args.ephemeral);
    if let Some(name) = &args.hostname {
        builder.hostname(name);
    }
    for bind in &args.binds.0 {
        let destination = match &bind.destination {
            Some(destination) => destination.clone(),
            None => same_path_inside(bind)?,
        };
        if bind.read_only {
            builder.bind_ro(&bind.source, destination);
        } else {
            builder.bind(&bind.source, destination);
        }
    }
    Ok(builder)
}

fn same_path_inside(bind: &Bind) -> Result<PathBuf, Failure> {
    std::path::absolute(&bind.source).map_err(Failure::system("cannot tell the working directory"))
}

fn command(container: &Container, args: &RunArgs) -> Command {
    let mut words = args.command.iter();
    // There is at least one; were there none, the empty name would be refused.
    let mut command = container.command(words.next().map(OsString::as_os_str).unwrap_or_default());
    // Else neither `kill(0)` inside nor the terminal's Ctrl-C would be kept to their side.
    command.args(words).new_session(true);
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
