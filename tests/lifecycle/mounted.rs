//! Mounts of a test's own on the host, gone with their guard.

use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};

use furnace_tests::Scratch;
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_change, mount_remount, unmount,
};

/// A file system that is mounted for as long as this lives.
#[derive(Debug)]
pub(crate) struct Mounted(PathBuf);

impl Mounted {
    /// A new tmpfs at `path`, a directory that is made if need be.
    pub(crate) fn tmpfs(path: impl AsRef<Path>, flags: MountFlags) -> Self {
        fs::create_dir_all(&path).unwrap();
        let options: Option<&CString> = None;
        mount("tmpfs", path.as_ref(), "tmpfs", flags, options.map(CString::as_c_str)).unwrap();
        Self(path.as_ref().to_owned())
    }

    /// The directory `path` mounted over itself, without what is mounted below.
    pub(crate) fn over_itself(path: impl AsRef<Path>) -> Self {
        mount_bind(path.as_ref(), path.as_ref()).unwrap();
        Self(path.as_ref().to_owned())
    }

    /// That nothing can be changed through it.
    pub(crate) fn read_only(self) -> Self {
        mount_remount(&self.0, MountFlags::BIND | MountFlags::RDONLY, "").unwrap();
        self
    }

    /// That mounts below it are told to its copies.
    pub(crate) fn shared(self) -> Self {
        mount_change(&self.0, MountPropagationFlags::SHARED).unwrap();
        self
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // The guard of each test tells if it is still there.
        let _ = unmount(&self.0, UnmountFlags::DETACH);
    }
}

/// A tmpfs of the given flags, and the directory that it is mounted in, which has to be dropped after it: what is bound
/// first is dropped last.
pub(crate) fn scratch_tmpfs(flags: MountFlags) -> (Scratch, Mounted) {
    let scratch = Scratch::new();
    let mounted = Mounted::tmpfs(scratch.join("mounted"), flags);
    (scratch, mounted)
}
