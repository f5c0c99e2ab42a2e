//! What can be typed. Nothing here touches the machine.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser};

use crate::bind::Binds;
use crate::user::User;
use crate::variable::Variable;

const RUN_EXAMPLES: &str = "\
Examples:
  List the processes in a throw-away copy of the running system:
      furnace run --ephemeral / -- ps -ef

  Build in another system, with the sources at the same path, read-only, and the output directory writable:
      furnace run --bind-ro /src --bind /tmp/out:/out /srv/debian make -C /src O=/out

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
}

#[derive(Args, Debug)]
#[command(override_usage = "furnace run [OPTIONS] ROOT [--] COMMAND [ARG]...", after_long_help = RUN_EXAMPLES)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) binds: Binds,

    /// Give the container a network of its own
    ///
    /// There is nothing in it but a loopback interface, which is up. By default the container uses the host's network,
    /// and sees the host's /etc/resolv.conf.
    #[arg(long)]
    pub(crate) isolate_network: bool,

    /// Set the host name inside [default: localhost]
    #[arg(long, value_name = "NAME")]
    pub(crate) hostname: Option<OsString>,

    /// Keep all changes to the root in memory, and forget them
    ///
    /// The root directory itself is not changed; file systems mounted below it are not seen. What is written through a
    /// bind is kept.
    #[arg(long)]
    pub(crate) ephemeral: bool,

    /// Set an environment variable; can be repeated
    #[arg(long, value_name = "K=V", value_parser = OsStringValueParser::new().try_map(|typed| Variable::parse(&typed)))]
    pub(crate) env: Vec<Variable>,

    /// Start from an empty environment, not from the caller's
    #[arg(long)]
    pub(crate) clear_env: bool,

    /// Run in this directory of the container [default: /]
    #[arg(long, value_name = "DIR")]
    pub(crate) workdir: Option<PathBuf>,

    /// Run as this user and group, by number
    ///
    /// The group defaults to the number of the user. Supplementary groups are dropped.
    #[arg(
        long,
        value_name = "UID[:GID]",
        allow_hyphen_values = true,
        value_parser = OsStringValueParser::new().try_map(|typed| User::parse(&typed)),
    )]
    pub(crate) user: Option<User>,

    /// The directory that becomes the container's root
    #[arg(value_name = "ROOT")]
    pub(crate) root: PathBuf,

    /// The command to run in it, and its arguments
    ///
    /// It is looked up inside the container, along PATH. All that follows it belongs to it, options too.
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    pub(crate) command: Vec<OsString>,
}
