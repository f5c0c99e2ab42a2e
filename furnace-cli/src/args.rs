//! What can be typed. Nothing here touches the machine.

use std::ffi::OsString;

use clap::{Args, Parser};

use crate::doctor::DoctorArgs;
use crate::explain::ExplainArgs;
use crate::generated::{CompletionsArgs, ManArgs};
use crate::options::command::CommandArgs;
use crate::options::container::ContainerArgs;
use crate::options::terminal::TerminalArgs;
use crate::output::log::LogArgs;

const RUN_EXAMPLES: &str = "\
Examples:
  List the processes in a throw-away copy of the running system:
      furnace run --ephemeral / -- ps -ef

  Build in another system, with the sources at the same path, read-only, and the output directory writable:
      furnace run --bind-ro /src --bind /tmp/out:/out /srv/debian make -C /src O=/out

  Keep what an installation changes beside the system that it changes, and list it:
      mkdir /srv/gcc
      furnace run --overlay /srv/gcc --changes gcc.json /srv/debian apt-get install gcc

  Test in a disk image that stays as it is, with memory to work in and a secret that is on no disk:
      furnace run --ephemeral=512M --tmpfs /tmp:size=1G --file <(pass show key):/run/key:mode=400 \\
          disk.img /opt/test

  Be somebody else, without a network and without the caller's environment:
      furnace run --user 1000 --isolate-network --clear-env --env TERM=dumb /srv/debian sh

  Take options from a file, and another command than the one in it:
      furnace run --config build.toml -- make check

Exit status:
  that of COMMAND, or
  128+N  signal N ended COMMAND
  125    furnace itself failed
  126    COMMAND could not be executed
  127    COMMAND was not found";

const SHELL_EXAMPLES: &str = "\
Examples:
  Look around in another system, and change nothing of it:
      furnace shell --ephemeral /srv/debian

  Be somebody else there, in a directory of the host:
      furnace shell --user 1000 --bind \"$PWD:/work\" --workdir /work /srv/debian

Exit status:
  that of the shell, or
  128+N  signal N ended it
  125    furnace itself failed
  126    no shell could be executed
  127    no shell was found";

/// A sturdier chroot: runs commands in a root directory of their own, and leaves nothing behind.
#[derive(Debug, Parser)]
#[command(name = "furnace", version = env!("FURNACE_VERSION"), max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) log: LogArgs,

    #[command(subcommand)]
    pub(crate) subcommand: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
// Only what is typed has to be known in full: it takes longer to define all options than to read them.
#[command(defer = true)]
pub(crate) enum Subcommand {
    /// Run one command in a new container
    ///
    /// Makes a container with the root directory ROOT, runs COMMAND in it, waits until that ends, and removes the
    /// container. Every other process in it is killed then, and all that was mounted in it is gone.
    ///
    /// By default COMMAND runs as root, and root inside is root: a container keeps things apart, but it is not a
    /// security boundary against a hostile root user in it.
    Run(RunArgs),

    /// Open a shell in a new container
    ///
    /// Makes a container with the root directory ROOT, opens a shell in it, and removes the container when the shell
    /// ends. Every other process in it is killed then, and all that was mounted in it is gone.
    ///
    /// The shell is bash, without its startup files, or else sh. It is on a terminal of the container's own: job control,
    /// Ctrl-C, Ctrl-Z and the size of the window work, and yours can't be reached from inside. If `furnace` is killed
    /// with SIGKILL, yours stays as it was in the session: type `reset` then.
    Shell(ShellArgs),

    /// Tell what run would do, step by step
    ///
    /// Takes the options of run, and does nothing of it: nothing is started, made or changed, and no privileges are
    /// needed but to see what is asked for. Only what --config and --file name is read.
    ///
    /// Root inside is root: a container is not a security boundary against a hostile root user in it, whatever its
    /// steps.
    Explain(ExplainArgs),

    /// Tell what this machine allows, and what to do about the rest
    ///
    /// Looks at everything that containers may need: by trying, where that is harmless, in a process of its own; else by
    /// reading what tells of it. Nothing is left of it. It needs no privileges, and without them tells what root could.
    Doctor(DoctorArgs),

    /// Print what makes a shell complete commands and options
    ///
    /// In bash: `source <(furnace completions bash)`. Packages put it where the shell looks by itself.
    Completions(CompletionsArgs),

    /// Print the JSON schema of the files that --config takes
    ///
    /// Editors check and complete a file with it: `furnace config-schema > furnace.schema.json`, and in the file's first
    /// line `#:schema furnace.schema.json`.
    ConfigSchema,

    /// Print the manual page, or write those of all commands
    ///
    /// To read it: `furnace man | man -l -`.
    Man(ManArgs),
}

#[derive(Args, Debug)]
#[command(override_usage = "furnace run [OPTIONS] ROOT [--] COMMAND [ARG]...", after_long_help = RUN_EXAMPLES)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) container: ContainerArgs,

    /// The command to run in it, and its arguments
    ///
    /// It is looked up inside the container, along PATH. All that follows it belongs to it, options too.
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    pub(crate) command: Vec<OsString>,

    #[command(flatten)]
    pub(crate) command_args: CommandArgs,

    #[command(flatten)]
    pub(crate) terminal: TerminalArgs,
}

#[derive(Args, Debug)]
#[command(override_usage = "furnace shell [OPTIONS] ROOT", after_long_help = SHELL_EXAMPLES)]
pub(crate) struct ShellArgs {
    #[command(flatten)]
    pub(crate) container: ContainerArgs,

    #[command(flatten)]
    pub(crate) command_args: CommandArgs,
}
