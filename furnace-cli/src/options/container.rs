//! What a container is to be like.

use std::ffi::OsString;
use std::path::Path;

use clap::Args;
use furnace_core::{Builder, Container};

use crate::config::args::ConfigArgs;
use crate::options::device::DeviceArgs;
use crate::options::mounts::Mounts;
use crate::options::propagation::Propagation;
use crate::options::root::RootArgs;
use crate::output::report::Failure;

/// Of ROOT, which not every command needs.
pub(crate) const ROOT_HELP: &str = "The directory, or disk image, that becomes the container's root";

pub(crate) const ROOT_LONG_HELP: &str = "\
The directory, or disk image, that becomes the container's root

A disk image is a file with an ext4, xfs, btrfs, squashfs or erofs file system, in the whole of it or in a partition. The \
kernel parses what is in it: use images that you trust.";

#[derive(Args, Debug, Default)]
pub(crate) struct ContainerArgs {
    #[command(flatten)]
    pub(crate) root_args: RootArgs,

    #[command(flatten)]
    mounts: Mounts,

    /// Which mounts that the host makes later are seen inside
    ///
    /// None that is made inside is ever seen outside.
    #[arg(long, value_name = "WHICH", default_value_t, value_enum, help_heading = "Mounts")]
    propagation: Propagation,

    #[command(flatten)]
    devices: DeviceArgs,

    /// Give the container a network of its own
    ///
    /// There is nothing in it but a loopback interface, which is up. By default the container uses the host's network,
    /// and sees the host's /etc/resolv.conf.
    #[arg(long, help_heading = "Container")]
    pub(crate) isolate_network: bool,

    /// Set the host name inside [default: localhost]
    #[arg(long, value_name = "NAME", help_heading = "Container")]
    pub(crate) hostname: Option<OsString>,

    #[command(flatten)]
    config: ConfigArgs,
}

impl ContainerArgs {
    /// Tells the library.
    pub(crate) fn builder(&self, root: &Path) -> Result<Builder, Failure> {
        if self.config.is_of_stdin() && self.mounts.read_stdin() {
            return Err(Failure::Other {
                why: "cannot take both --config - and --file - from the standard input".to_owned(),
                help: Some("it can be read once; name files or pipes for the others"),
            });
        }
        let mut builder = Container::builder(root);
        self.root_args.add_to(&mut builder);
        self.mounts.add_to(&mut builder)?;
        self.devices.add_to(&mut builder);
        builder
            .propagation(self.propagation.into())
            .isolate_network(self.isolate_network)
            // Else the caller's terminal could be reached through /dev/tty.
            .own_session(true);
        if let Some(name) = &self.hostname {
            builder.hostname(name);
        }
        Ok(builder)
    }
}
