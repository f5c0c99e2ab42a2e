//! A file system in memory, of a test's own: the one kind that every machine has and that takes an upper directory.

use std::ffi::CString;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::Scratch;

/// A tmpfs, mounted for as long as this lives.
#[derive(Debug)]
pub struct Memory(Scratch);

impl Memory {
    /// One as large as a tmpfs is.
    #[must_use]
    pub fn new() -> Self {
        Self::with("mode=755")
    }

    /// One with these options (tmpfs(5)), such as `size=64k,nr_inodes=10`.
    ///
    /// # Panics
    ///
    /// If it can't be mounted.
    #[must_use]
    pub fn with(options: &str) -> Self {
        let scratch = Scratch::new();
        let options = CString::new(options).unwrap();
        mount(
            "tmpfs",
            scratch.path(),
            "tmpfs",
            MountFlags::empty(),
            options.as_c_str(),
        )
        .unwrap();
        Self(scratch)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A path in it.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// A new directory in it, with those on the way.
    ///
    /// # Panics
    ///
    /// If it can't be made.
    #[must_use]
    pub fn directory(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // The guard of each test tells if it is still there.
        let _ = unmount(self.path(), UnmountFlags::DETACH);
    }
}
