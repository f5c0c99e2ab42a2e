//! What can be typed. Nothing here touches the machine.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser};

use crate::device::DeviceArgs;
use crate::doctor::DoctorArgs;
use crate::explain::ExplainArgs;
use crate::mounts::Mounts;
use crate::propagation::Propagation;
use crate::root::RootArgs;
use crate::user::User;
use crate::variable::Variable;

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

Exit status:
  that of COMMAND, or
  128+N  signal N ended COMMAND
  125    furnace itself failed
  126    COMMAND could not be executed
  127    COMMAND was not found";

/// Below the options of a subcommand itself.
const LAST: usize = 500;

/// A sturdier chroot: runs commands in a root directory of their own, and leaves nothing behind.
#[derive(Debug, Parser)]
#[command(name = "furnace", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// Tell each step on standard error
    #[arg(short, long, global = true, display_order = LAST)]
    pub(crate) verbose: bool,

    #[command(subcommand)]
    pub(crate) subcommand: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Subcommand {
    /// Run one command in a new container
    ///
    /// Makes a container with the root directory ROOT, runs COMMAND in it, waits until that ends, and removes the
    /// container. Every other process in it is killed then, and all that was mounted in it is gone.
    ///
    /// By default COMMAND runs as root, and root inside is root: a container keeps things apart, but it is not a
    /// security boundary against a hostile root user in it.
    Run(RunArgs),

    /// Tell what run would do, step by step
    ///
    /// Takes the options of run, and does nothing of it: nothing is started, made or changed, and no privileges are
    /// needed but to see what is asked for. Only what --file names is read, for its size is told.
    ///
    /// Root inside is root: a container is not a security boundary against a hostile root user in it, whatever its
    /// steps.
    Explain(ExplainArgs),

    /// Tell what this machine allows, and what to do about the rest
    ///
    /// Looks at everything that containers may need: by trying, where that is harmless, in a process of its own; else by
    /// reading what tells of it. Nothing is left of it. It needs no privileges, and without them tells what root could.
    Doctor(DoctorArgs),
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
    pub(crate) of_command: CommandArgs,
}

/// What the container is.
#[derive(Args, Debug)]
pub(crate) struct ContainerArgs {
    /// The directory, or disk image, that becomes the container's root
    ///
    /// A disk image is a file with an ext4, xfs, btrfs, squashfs or erofs file system, in the whole of it or in a
    /// partition. The kernel parses what is in it: use images that you trust.
    #[arg(value_name = "ROOT")]
    pub(crate) root: PathBuf,

    #[command(flatten)]
    pub(crate) root_args: RootArgs,

    #[command(flatten)]
    pub(crate) mounts: Mounts,

    /// Which mounts that the host makes later are seen inside
    ///
    /// None that is made inside is ever seen outside.
    #[arg(long, value_name = "WHICH", default_value = "slave", help_heading = "Mounts")]
    pub(crate) propagation: Propagation,

    #[command(flatten)]
    pub(crate) devices: DeviceArgs,

    /// Give the container a network of its own
    ///
    /// There is nothing in it but a loopback interface, which is up. By default the container uses the host's network,
    /// and sees the host's /etc/resolv.conf.
    #[arg(long, help_heading = "Container")]
    pub(crate) isolate_network: bool,

    /// Set the host name inside [default: localhost]
    #[arg(long, value_name = "NAME", help_heading = "Container")]
    pub(crate) hostname: Option<OsString>,
}

/// What its command is, beside its words.
#[derive(Args, Debug)]
pub(crate) struct CommandArgs {
    /// Set an environment variable; can be repeated
    #[arg(long, value_name = "K=V", help_heading = "Command", value_parser = OsStringValueParser::new().try_map(|typed| Variable::parse(&typed)))]
    pub(crate) env: Vec<Variable>,

    /// Start from an empty environment, not from the caller's
    #[arg(long, help_heading = "Command")]
    pub(crate) clear_env: bool,

    /// Run in this directory of the container [default: /]
    #[arg(long, value_name = "DIR", help_heading = "Command")]
    pub(crate) workdir: Option<PathBuf>,

    /// Run as this user and group, by number
    ///
    /// The group defaults to the number of the user. Supplementary groups are dropped.
    #[arg(
        long,
        value_name = "UID[:GID]",
        help_heading = "Command",
        allow_hyphen_values = true,
        value_parser = OsStringValueParser::new().try_map(|typed| User::parse(&typed)),
    )]
    pub(crate) user: Option<User>,
}
