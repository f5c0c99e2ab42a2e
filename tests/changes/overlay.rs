//! An overlay of a test's own, all of it on a tmpfs.

use std::ffi::CStr;
use std::fs::{self, File};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use furnace_core::{Change, Changes, Result};
use furnace_tests::Scratch;
use rustix::fs::CWD;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, MoveMountFlags, UnmountFlags, fsconfig_create,
    fsconfig_set_string, fsmount, fsopen, mount, move_mount, unmount,
};

/// Whether directories of the lower tree can be renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redirect {
    On,
    Off,
}

/// An overlay, mounted for as long as this lives.
#[derive(Debug)]
pub(crate) struct Overlay {
    options: Vec<(&'static str, String)>,
    scratch: Scratch,
}

impl Overlay {
    /// With the lower tree that `fill` makes.
    pub(crate) fn new(redirect: Redirect, fill: impl FnOnce(&Path)) -> Self {
        let redirect = match redirect {
            Redirect::On => "on",
            Redirect::Off => "off",
        };
        Self::with(&[("redirect_dir", redirect), ("metacopy", "off")], fill)
    }

    /// With options of its own.
    pub(crate) fn with(options: &[(&'static str, &str)], fill: impl FnOnce(&Path)) -> Self {
        let mut overlay = Self::unmounted();
        fill(&overlay.lower());
        let lower = overlay.lower();
        overlay.options.push(("lowerdir", lower.to_str().unwrap().to_owned()));
        let options = options.iter().map(|(key, value)| (*key, (*value).to_owned()));
        overlay.options.extend(options);
        overlay.mount();
        overlay
    }

    /// With two lower directories, which `fill` fills, the upper of them first; the lower tree is a read-only overlay.
    pub(crate) fn of_two(fill: impl FnOnce(&Path, &Path)) -> Self {
        let mut overlay = Self::unmounted();
        let (one, two) = (overlay.join("one"), overlay.join("two"));
        fs::create_dir(&one).unwrap();
        fs::create_dir(&two).unwrap();
        fill(&one, &two);
        let lowerdir = format!("{}:{}", one.to_str().unwrap(), two.to_str().unwrap());
        attach(detached(&[("lowerdir", lowerdir.clone())]), &overlay.lower());
        overlay.options.push(("lowerdir", lowerdir));
        overlay.options.push(("redirect_dir", "on".to_owned()));
        overlay.mount();
        overlay
    }

    fn unmounted() -> Self {
        let scratch = Scratch::new();
        let no_options: Option<&CStr> = None;
        mount("tmpfs", scratch.path(), "tmpfs", MountFlags::empty(), no_options).unwrap();
        for name in ["lower", "upper", "work", "merged"] {
            fs::create_dir(scratch.join(name)).unwrap();
        }
        let options = vec![
            ("upperdir", scratch.join("upper").to_str().unwrap().to_owned()),
            ("workdir", scratch.join("work").to_str().unwrap().to_owned()),
            ("index", "off".to_owned()),
        ];
        Self { options, scratch }
    }

    fn mount(&self) {
        attach(detached(&self.options), &self.merged());
    }

    /// Makes the kernel forget what it remembers of it.
    pub(crate) fn remount(&self) {
        unmount(self.merged(), UnmountFlags::empty()).unwrap();
        self.mount();
    }

    /// The lower tree, as the overlay sees it.
    pub(crate) fn lower(&self) -> PathBuf {
        self.join("lower")
    }

    pub(crate) fn upper(&self) -> PathBuf {
        self.join("upper")
    }

    pub(crate) fn merged(&self) -> PathBuf {
        self.join("merged")
    }

    /// Another path on its tmpfs.
    pub(crate) fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.scratch.join(name)
    }

    pub(crate) fn changes(&self) -> Changes {
        Changes::between(File::open(self.upper()).unwrap(), File::open(self.lower()).unwrap()).unwrap()
    }

    pub(crate) fn list(&self) -> Result<Vec<Change>> {
        self.changes().collect()
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        // The guard of each test tells if something is still there.
        let _ = unmount(self.merged(), UnmountFlags::DETACH);
        let _ = unmount(self.scratch.path(), UnmountFlags::DETACH);
    }
}

/// A mount of overlayfs that is attached nowhere.
pub(crate) fn detached(options: &[(&str, String)]) -> OwnedFd {
    let context = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC).unwrap();
    for (key, value) in options {
        fsconfig_set_string(context.as_fd(), *key, value.as_str()).unwrap();
    }
    fsconfig_create(context.as_fd()).unwrap();
    fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty()).unwrap()
}

pub(crate) fn attach(mount: OwnedFd, at: &Path) {
    move_mount(mount, c"", CWD, at, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH).unwrap();
}
