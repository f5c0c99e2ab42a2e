//! A file system of a test's own, which is suitable for an upper directory wherever the tests run.

use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};

use furnace_tests::Scratch;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// A tmpfs, gone with this.
pub(crate) struct Memory {
    mounted: PathBuf,
    _below: Scratch,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self::with("mode=755")
    }

    /// One with these options of tmpfs(5).
    pub(crate) fn with(options: &str) -> Self {
        let below = Scratch::new();
        let mounted = below.join("memory");
        fs::create_dir(&mounted).unwrap();
        let options = CString::new(options).unwrap();
        mount("tmpfs", &mounted, "tmpfs", MountFlags::empty(), options.as_c_str()).unwrap();
        Self { mounted, _below: below }
    }

    /// A new directory in it.
    pub(crate) fn directory(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.mounted.join(name);
        fs::create_dir(&path).unwrap();
        path
    }

    pub(crate) fn path(&self) -> &Path {
        &self.mounted
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // The guard of each test tells if it is still there.
        let _ = unmount(&self.mounted, UnmountFlags::DETACH);
    }
}
