//! Mounts that a test makes on the host, gone with their guard.

use std::ffi::CString;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_remount, unmount};

pub(crate) struct HostMount(PathBuf);

impl HostMount {
    pub(crate) fn tmpfs(at: &Path) -> Self {
        mount("tmpfs", at, "tmpfs", MountFlags::empty(), None).unwrap();
        Self(at.to_owned())
    }

    pub(crate) fn over_itself(at: &Path) -> Self {
        mount_bind(at, at).unwrap();
        Self(at.to_owned())
    }

    pub(crate) fn overlay(at: &Path, lower: &Path, layers: &Path) -> Self {
        let (upper, work) = (layers.join("upper"), layers.join("work"));
        for directory in [&upper, &work] {
            std::fs::create_dir_all(directory).unwrap();
        }
        let options = format!(
            "lowerdir={},upperdir={},workdir={}",
            lower.display(),
            upper.display(),
            work.display()
        );
        let options = CString::new(options).unwrap();
        mount("overlay", at, "overlay", MountFlags::empty(), options.as_c_str()).unwrap();
        Self(at.to_owned())
    }

    /// The same, with these flags.
    pub(crate) fn with(self, flags: MountFlags) -> Self {
        mount_remount(&self.0, MountFlags::BIND | flags, "").unwrap();
        self
    }
}

impl Drop for HostMount {
    fn drop(&mut self) {
        // The guard of each test tells if it is still there.
        let _ = unmount(&self.0, UnmountFlags::DETACH);
    }
}
