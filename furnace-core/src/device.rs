//! What of the host's devices is in the container's /dev.

use std::ffi::{CString, OsStr};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path};

use furnace_sys::Errno;
use rustix::fs::{major, minor};

use crate::error::escape::escaped;
use crate::error::{Attempt, Error, Phase, Result, errno_of};
use crate::mount::below_root;

/// What `/dev` is in a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dev {
    /// A file system of its own: null, zero, full, tty, random, urandom, the loop devices, and what is asked for by name.
    #[default]
    Minimal,
    /// The host's, with all its devices; what is changed in it is changed on the host. `/dev/pts`, `/dev/shm` and
    /// `/dev/mqueue` are the container's own.
    Host,
}

/// A device of the host, to be made in the container's own /dev.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    /// Below /dev.
    pub(crate) name: CString,
    pub(crate) is_block: bool,
    pub(crate) mode: u32,
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

/// What is not the host's in a /dev of the container's own: a node below these would be covered by a mount, or be made
/// where a link leads, and one in place of these would not be made.
const OF_THE_CONTAINER: [&str; 7] = ["pts", "shm", "mqueue", "fd", "stdin", "stdout", "stderr"];

impl Device {
    /// Looks at the device `path` of the host.
    pub(crate) fn look(path: &Path) -> Result<Self> {
        let attempt = || {
            let words = format!("cannot give the device {} to the container", escaped(path));
            Attempt::on(path, words)
        };
        let refused = |why: &str| Error::invalid(attempt(), why.to_owned());
        let below = path
            .strip_prefix("/dev")
            .ok()
            .filter(|below| below.components().all(|part| matches!(part, Component::Normal(_))))
            .ok_or_else(|| refused("devices are named by their path below /dev, without `..`"))?;
        let name = below_root(below).map_err(refused)?;
        let first = below.components().next().map(Component::as_os_str);
        if let Some(taken) = OF_THE_CONTAINER
            .into_iter()
            .find(|name| first == Some(OsStr::new(name)))
        {
            return Err(refused(&format!("every container has its own /dev/{taken}")));
        }
        let metadata = path.metadata().map_err(|error| {
            let errno = errno_of(&error);
            Error::os(Phase::Configure, attempt(), errno).with_any_remedy(match errno {
                Errno::NOENT => Some("the host has no such device; the module that makes it may not be loaded"),
                _ => None,
            })
        })?;
        let kind = metadata.file_type();
        if !kind.is_char_device() && !kind.is_block_device() {
            return Err(refused("it is no device"));
        }
        Ok(Self {
            name,
            is_block: kind.is_block_device(),
            mode: metadata.mode() & 0o777,
            major: major(metadata.rdev()),
            minor: minor(metadata.rdev()),
        })
    }
}
