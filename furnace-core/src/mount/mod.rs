//! What can be mounted in a container, when it starts or while it runs.
//!
//! ```no_run
//! use furnace_core::{Container, mount};
//!
//! # fn main() -> furnace_core::Result<()> {
//! let container = Container::builder("/srv/debian")
//!     .mount(mount::Bind::new("/src", "/src").read_only(true).no_exec(true))
//!     .mount(mount::Tmpfs::new("/scratch").size(64 << 20))
//!     .mount(mount::File::new("/etc/hosts", "127.0.0.1 localhost\n"))
//!     .start()?;
//! # Ok(())
//! # }
//! ```

mod bind;
mod destination;
mod file;
mod id_map;
mod sources;
mod tmpfs;

pub use bind::Bind;
pub use file::File;
pub use id_map::IdMap;
pub use tmpfs::Tmpfs;

pub(crate) use bind::CheckedBind;
pub(crate) use destination::{below_root, c_string};
pub(crate) use file::CheckedFile;
pub(crate) use sources::Sources;
pub(crate) use tmpfs::{CheckedTmpfs, check_size, options as tmpfs_options};

use std::ffi::CStr;

use crate::error::Result;

/// Anything that can be mounted in a container.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Mount {
    /// A directory or a file of the host.
    Bind(Bind),
    /// A file system in memory.
    Tmpfs(Tmpfs),
    /// A file from memory.
    File(File),
}

impl From<Bind> for Mount {
    fn from(bind: Bind) -> Self {
        Self::Bind(bind)
    }
}

impl From<Tmpfs> for Mount {
    fn from(tmpfs: Tmpfs) -> Self {
        Self::Tmpfs(tmpfs)
    }
}

impl From<File> for Mount {
    fn from(file: File) -> Self {
        Self::File(file)
    }
}

/// A mount that makes sense.
#[derive(Clone, Debug)]
pub(crate) enum CheckedMount {
    Bind(CheckedBind),
    Tmpfs(CheckedTmpfs),
    File(CheckedFile),
}

impl CheckedMount {
    pub(crate) fn destination(&self) -> &CStr {
        match self {
            Self::Bind(bind) => &bind.destination,
            Self::Tmpfs(tmpfs) => &tmpfs.destination,
            Self::File(file) => &file.destination,
        }
    }

    pub(crate) fn file(&self) -> Option<&CheckedFile> {
        match self {
            Self::File(file) => Some(file),
            Self::Bind(_) | Self::Tmpfs(_) => None,
        }
    }
}

impl Mount {
    /// Checks it against itself and against the host. Touches nothing.
    pub(crate) fn check(&self, sources: &mut Sources) -> Result<CheckedMount> {
        match self {
            Self::Bind(bind) => bind.check(sources).map(CheckedMount::Bind),
            Self::Tmpfs(tmpfs) => tmpfs.check().map(CheckedMount::Tmpfs),
            Self::File(file) => file.check().map(CheckedMount::File),
        }
    }
}
