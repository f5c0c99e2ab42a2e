//! `/dev`, and which of the host's devices are in it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use furnace_core::Builder;

#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Devices")]
pub(crate) struct DeviceArgs {
    /// What /dev is
    #[arg(long, value_name = "WHICH", default_value_t, value_enum)]
    dev: Dev,

    /// Give the host's device PATH to the container, such as /dev/fuse; can be repeated
    ///
    /// It has the same path, numbers and mode there.
    #[arg(long, value_name = "PATH")]
    device: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Dev {
    #[default]
    /// A file system of its own, with null, zero, full, tty, random, urandom and the loop devices
    Minimal,
    /// The host's, with all its devices: what is changed in it is changed on the host
    Host,
}

impl DeviceArgs {
    /// Tells the library.
    pub(crate) fn add_to(&self, builder: &mut Builder) {
        builder.dev(match self.dev {
            Dev::Minimal => furnace_core::Dev::Minimal,
            Dev::Host => furnace_core::Dev::Host,
        });
        for path in &self.device {
            builder.device(path);
        }
    }
}
