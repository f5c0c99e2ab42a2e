//! What can be typed. Nothing here touches the machine.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser};

use crate::doctor::DoctorArgs;
use crate::explain::ExplainArgs;
use crate::generated::{CompletionsArgs, ManArgs};
use crate::named::completing::CompleteNameArgs;
use crate::named::exec::ExecArgs;
use crate::named::gc::GcArgs;
use crate::named::ps::PsArgs;
use crate::named::start::StartArgs;
use crate::named::stop::StopArgs;
use crate::named::wait::WaitArgs;
use crate::named::{Name, RuntimeArgs};
use crate::options::changes::ChangesArgs;
use crate::options::command::CommandArgs;
use crate::options::container::{ContainerArgs, ROOT_HELP, ROOT_LONG_HELP};
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

  See what goes on in a container that was started with `furnace start --name web`:
      furnace shell --in web

Exit status:
  that of the shell, or
  128+N  signal N ended it
  125    furnace itself failed, or no container has that name
  126    no shell could be executed
  127    no shell was found";

const ABOUT_ALL: &str = "\
Version:
  `furnace --version` prints `furnace VERSION (COMMIT)`: the version, and the first 12 digits of
  the commit that it was built on. Where that was not known, it prints `furnace VERSION`.

Environment:
  NO_COLOR         if it is not empty, there are no colours; off a terminal there never are
  TERM             if it is not set, or `dumb`, there are no colours, and no line about what
                   takes long
  XDG_RUNTIME_DIR  in its directory `furnace` are the named containers of who is not root

Exit status:
  0    it did what was asked
  125  it failed, or what was typed makes no sense; each command has its own besides";

/// A sturdier chroot: runs commands in a root directory of their own, and leaves nothing behind.
#[derive(Debug, Parser)]
#[command(
    name = "furnace",
    version = env!("FURNACE_VERSION"),
    max_term_width = 100,
    disable_help_subcommand = true,
    after_long_help = ABOUT_ALL,
)]
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

    /// Open a shell in a new container, or in one that runs
    ///
    /// Makes a container with the root directory ROOT, opens a shell in it, and removes the container when the shell
    /// ends. Every other process in it is killed then, and all that was mounted in it is gone. With --in, the shell is in
    /// a container that runs already, and that runs on.
    ///
    /// The shell is bash, without its startup files, or else sh. It is on a terminal of the container's own: job control,
    /// Ctrl-C, Ctrl-Z and the size of the window work, and yours can't be reached from inside. If `furnace` is killed
    /// with SIGKILL, yours stays as it was in the session: type `reset` then.
    Shell(ShellArgs),

    /// Start a container that lives on, by a name
    ///
    /// Makes a container with the root directory ROOT and leaves it there, empty but for its PID 1: it goes on without
    /// any other process, until it is stopped or the machine is. The other commands find it by its name. It stays in the
    /// cgroup of this furnace, so where that is of a service, it ends with the service.
    ///
    /// Of what a file of --config says, the options of a container count here, and not what it says of a command, of
    /// terminals and of lists of changes.
    ///
    /// By default root inside is root: a container keeps things apart, but it is not a security boundary against a
    /// hostile root user in it.
    Start(StartArgs),

    /// Run one more command in a container that runs
    ///
    /// COMMAND is run in the container of that name, which was started with furnace start, and waited for. It is a child
    /// of this furnace, as with furnace run, and signals that come to this furnace are passed on to it; but what it
    /// leaves running in the container runs on. So does COMMAND itself when this furnace is killed with SIGKILL, unless
    /// it is on a terminal, which is hung up then. When the container is stopped, COMMAND is killed.
    Exec(ExecArgs),

    /// List the containers that have names
    ///
    /// A name is listed as soon as a start has taken it, and until it is free: after furnace stop, or when the container
    /// has ended by itself and furnace wait or furnace gc has seen to that. Nothing is changed by looking.
    Ps(PsArgs),

    /// Stop containers, by their names
    ///
    /// Kills all that runs in them, waits until nothing of them is left, and frees their names. Of a container that has
    /// ended by itself, only the name is freed.
    Stop(StopArgs),

    /// Wait until a container has ended, by whatever cause
    ///
    /// Its name is free then.
    Wait(WaitArgs),

    /// Free the names of containers that have ended
    ///
    /// Whoever is killed with whatever signal, the kernel ends what belongs to it: processes, mounts, namespaces, loop
    /// devices. What can be left is a file in the runtime directory, of a container that has ended without furnace stop,
    /// or of which the start was not finished. It does no harm, since its name can be used again. This removes it, and
    /// tells the name.
    ///
    /// Nothing else in the runtime directory is touched. Names of which nobody can tell how they stand are told on
    /// standard error.
    Gc(GcArgs),

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

    /// Print the names of containers that the last of these words may be
    #[command(hide = true)]
    CompleteName(CompleteNameArgs),

    /// Print the manual page, or write those of all commands
    ///
    /// To read it: `furnace man | man -l -`.
    Man(ManArgs),
}

#[derive(Args, Debug, Default)]
#[command(override_usage = "furnace run [OPTIONS] ROOT [--] COMMAND [ARG]...", after_long_help = RUN_EXAMPLES)]
pub(crate) struct RunArgs {
    #[arg(value_name = "ROOT", help = ROOT_HELP, long_help = ROOT_LONG_HELP)]
    pub(crate) root: PathBuf,

    #[command(flatten)]
    pub(crate) container: ContainerArgs,

    #[command(flatten)]
    pub(crate) changes: ChangesArgs,

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
#[command(
    override_usage = "furnace shell [OPTIONS] ROOT\n       furnace shell [OPTIONS] --in NAME",
    after_long_help = SHELL_EXAMPLES,
    mut_arg("runtime_dir", |directory| directory.requires("name")),
)]
pub(crate) struct ShellArgs {
    #[arg(value_name = "ROOT", conflicts_with = "runtime_dir", help = ROOT_HELP, long_help = ROOT_LONG_HELP)]
    pub(crate) root: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) container: ContainerArgs,

    #[command(flatten)]
    pub(crate) changes: ChangesArgs,

    /// Open it in the container of this name, which runs already
    #[arg(
        long = "in",
        value_name = "NAME",
        conflicts_with_all = ["root", "changes"],
        conflicts_with_all = ids::<ContainerArgs>(),
        help_heading = "Names",
    )]
    pub(crate) name: Option<Name>,

    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,

    #[command(flatten)]
    pub(crate) command_args: CommandArgs,
}

/// The ids of all options of these.
fn ids<T: Args>() -> Vec<clap::Id> {
    let options = T::augment_args(clap::Command::new("options"));
    options.get_arguments().map(|arg| arg.get_id().clone()).collect()
}
