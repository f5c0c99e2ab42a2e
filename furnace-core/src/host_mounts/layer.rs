//! One directory of an overlay.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use furnace_sys::Errno;
use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, StatVfsMountFlags, fstat, fstatfs, fstatvfs, open, openat, statat,
};

use super::mount_id::MountId;
use crate::error::escape::{escaped, escaped_bytes};
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};
use crate::mount::c_string;
use crate::root::unsuitable_type;

/// What it is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Lower,
    Upper,
    Work,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lower => "a lower directory",
            Self::Upper => "the upper directory",
            Self::Work => "the work directory",
        })
    }
}

/// A file, by device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct File(u64, u64);

/// A directory, opened once and used by its descriptor from then on.
#[derive(Debug)]
pub(super) struct Layer {
    role: Role,
    path: PathBuf,
    directory: OwnedFd,
    mount: MountId,
    /// The directory itself, and those that it is in, up to the root of its mount.
    lineage: Vec<File>,
}

impl AsFd for Layer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }
}

impl Layer {
    pub(super) fn open(role: Role, path: &Path) -> Result<Self> {
        let attempt = attempt(role, path);
        let name = c_string(path.as_os_str()).map_err(|why| Error::invalid(&attempt, why))?;
        let failed = |errno| {
            Error::os(Phase::Configure, &attempt, errno)
                .with_any_remedy((errno == Errno::NOENT).then_some("it must exist: nothing is made on the host"))
        };
        // Not with O_PATH: before Linux 6.15 the kernel takes no such descriptor for a layer.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = open(name, flags, Mode::empty()).map_err(failed)?;
        Ok(Self {
            role,
            path: path.to_owned(),
            mount: MountId::of(&directory).map_err(failed)?,
            lineage: lineage(directory.as_fd()).map_err(failed)?,
            directory,
        })
    }

    pub(super) fn into_directory(self) -> OwnedFd {
        self.directory
    }

    /// That it makes no sense, or can't be used, for this reason.
    pub(super) fn unusable(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        Error::new(Phase::Configure, kind, attempt(self.role, &self.path)).because(why.into())
    }

    pub(super) fn failed(&self, errno: Errno) -> Error {
        Error::os(Phase::Mount, attempt(self.role, &self.path), errno)
    }

    /// Refuses to lie in another layer, or to be one: what is written to the overlay would come back through that.
    pub(super) fn check_apart_from(&self, other: &Self) -> Result<()> {
        let is_in = |inner: &Self, outer: &Self| outer.lineage.first().is_some_and(|top| inner.lineage.contains(top));
        let how = match (is_in(self, other), is_in(other, self)) {
            (false, false) => return Ok(()),
            (true, true) => "the same directory as",
            (true, false) => "in",
            (false, true) => "around",
        };
        let why = format!("it is {how} {}, {}", escaped(&other.path), other.role);
        let remedy = "the layers of an overlay must be directories of which none lies in another";
        Err(self.unusable(ErrorKind::InvalidInput, why).with_remedy(remedy))
    }

    pub(super) fn check_same_mount_as(&self, upper: &Self) -> Result<()> {
        if self.mount == upper.mount {
            return Ok(());
        }
        let why = format!(
            "it is not on the same mount as {}, the upper directory",
            escaped(&upper.path)
        );
        let remedy = "make it beside the upper directory: the kernel moves files from one to the other";
        Err(self.unusable(ErrorKind::InvalidInput, why).with_remedy(remedy))
    }

    pub(super) fn check_writable(&self) -> Result<()> {
        let failed = |errno| self.failed(errno);
        if let Some(name) = unsuitable_type(&fstatfs(&self.directory).map_err(failed)?) {
            let why = format!("it is on a file system of type {name}, which the kernel does not take for that");
            let remedy = "make it on a file system such as ext4, xfs, btrfs or tmpfs; in a container, on a volume";
            return Err(self.unusable(ErrorKind::Unsupported, why).with_remedy(remedy));
        }
        let flags = fstatvfs(&self.directory).map_err(failed)?.f_flag;
        if flags.contains(StatVfsMountFlags::RDONLY) {
            let why = "it is on a read-only file system";
            return Err(self.unusable(ErrorKind::ReadOnlyFilesystem, why));
        }
        Ok(())
    }

    /// Refuses a directory with anything in it but what an earlier overlay has left: the kernel deletes what it finds.
    pub(super) fn check_free_for_work(&self) -> Result<()> {
        let failed = |errno| self.failed(errno);
        for entry in Dir::read_from(&self.directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let mode = statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW)
                .map_err(failed)?
                .st_mode;
            let is_left_over = matches!(name.to_bytes(), b"work" | b"index")
                && FileType::from_raw_mode(mode) == FileType::Directory
                && Mode::from_raw_mode(mode).is_empty();
            if !is_left_over {
                let why = format!("it is not empty: there is {}", escaped_bytes(name.to_bytes()));
                let remedy = "give it a directory of its own: the kernel deletes what it finds there";
                return Err(self.unusable(ErrorKind::InvalidInput, why).with_remedy(remedy));
            }
        }
        Ok(())
    }
}

fn attempt(role: Role, path: &Path) -> Attempt {
    Attempt::on(path, format!("cannot use {} as {role} of an overlay", escaped(path)))
}

fn lineage(directory: BorrowedFd<'_>) -> Result<Vec<File>, Errno> {
    let mount = MountId::of(directory)?;
    let mut lineage = vec![file(directory)?];
    let mut above = parent(directory)?;
    loop {
        let next = file(above.as_fd())?;
        // Above the root of a mount is another, and above the root directory is itself.
        if MountId::of(&above)? != mount || lineage.last() == Some(&next) {
            return Ok(lineage);
        }
        lineage.push(next);
        above = parent(above.as_fd())?;
    }
}

fn file(directory: BorrowedFd<'_>) -> Result<File, Errno> {
    let about = fstat(directory)?;
    Ok(File(about.st_dev, about.st_ino))
}

fn parent(directory: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    openat(
        directory,
        c"..",
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}
