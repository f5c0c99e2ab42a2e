//! One directory of an overlay.

use std::borrow::Cow;
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use furnace_sys::Errno;
use rustix::fs::{Mode, OFlags, StatVfsMountFlags, fstat, fstatfs, fstatvfs, open, openat};

use super::file_system::unsuitable_type;
use super::remains::foreign_entry;
use crate::error::escape::{escaped, escaped_bytes};
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};
use crate::mount::c_string;
use crate::mount_id::MountId;

/// What it is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Root,
    Lower,
    Upper,
    Work,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Root => "the root directory",
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
pub(crate) struct Directory {
    role: Role,
    path: PathBuf,
    directory: OwnedFd,
    mount: MountId,
    /// The directory itself, and those that it is in, up to the root of its mount.
    lineage: Vec<File>,
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }
}

impl Directory {
    /// Opens it; `missing` is what helps where it is not there.
    pub(crate) fn open(role: Role, path: &Path, missing: &'static str) -> Result<Self> {
        let attempt = attempt(role, path);
        let name = c_string(path.as_os_str()).map_err(|why| Error::invalid(&attempt, why))?;
        let failed = |errno| {
            Error::os(Phase::Configure, &attempt, errno).with_any_remedy((errno == Errno::NOENT).then_some(missing))
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

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn into_descriptor(self) -> OwnedFd {
        self.directory
    }

    /// That it makes no sense, or can't be used, for this reason.
    pub(crate) fn unusable(&self, kind: ErrorKind, why: impl Into<Cow<'static, str>>) -> Error {
        Error::new(Phase::Configure, kind, attempt(self.role, &self.path)).because(why)
    }

    pub(crate) fn failed(&self, phase: Phase, errno: Errno) -> Error {
        Error::os(phase, attempt(self.role, &self.path), errno)
    }

    /// Refuses to lie within another layer, or to be one: what is written to the overlay would come back through that.
    fn check_apart_from(&self, other: &Self) -> Result<()> {
        let is_in = |inner: &Self, outer: &Self| outer.lineage.first().is_some_and(|top| inner.lineage.contains(top));
        let how = match (is_in(self, other), is_in(other, self)) {
            (false, false) => return Ok(()),
            (true, true) => "the same directory as",
            (true, false) => "within",
            (false, true) => "around",
        };
        let why = format!("it is {how} {}, {}", escaped(&other.path), other.role);
        let remedy = "the layers of an overlay must be directories of which none lies in another";
        Err(self.unusable(ErrorKind::InvalidInput, why).with_remedy(remedy))
    }

    /// For a work directory.
    pub(crate) fn check_same_mount_as(&self, upper: &Self) -> Result<()> {
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

    /// Whether `path` is on the mount that this directory is on.
    pub(crate) fn is_on_mount_of(&self, path: &Path) -> Result<bool, Errno> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(MountId::of(open(path, flags, Mode::empty())?)? == self.mount)
    }

    /// Refuses what the kernel does not take as an upper directory.
    pub(crate) fn check_writable(&self) -> Result<()> {
        let failed = |errno| self.failed(Phase::Configure, errno);
        if let Some(name) = unsuitable_type(&fstatfs(&self.directory).map_err(failed)?) {
            let why = format!("it is on a file system of type {name}, which the kernel does not take for that");
            let remedy =
                "use a directory on a file system such as ext4, xfs, btrfs or tmpfs; in a container, on a volume";
            return Err(self.unusable(ErrorKind::Unsupported, why).with_remedy(remedy));
        }
        let flags = fstatvfs(&self.directory).map_err(failed)?.f_flag;
        if flags.contains(StatVfsMountFlags::RDONLY) {
            return Err(failed(Errno::ROFS));
        }
        Ok(())
    }

    /// Refuses a directory with anything in it but what an earlier overlay has left: the kernel deletes what it finds.
    pub(crate) fn check_free_for_work(&self) -> Result<()> {
        let foreign = foreign_entry(&self.directory);
        let Some(name) = foreign.map_err(|errno| self.failed(Phase::Configure, errno))? else {
            return Ok(());
        };
        let why = format!("it is not empty: there is {}", escaped_bytes(name.to_bytes()));
        let remedy = "give it a directory of its own: the kernel deletes what it finds there";
        Err(self.unusable(ErrorKind::InvalidInput, why).with_remedy(remedy))
    }
}

/// Refuses directories of which one lies within another.
pub(crate) fn check_apart(directories: &[&Directory]) -> Result<()> {
    let pairs = directories
        .iter()
        .enumerate()
        .flat_map(|(index, one)| directories.iter().skip(index + 1).map(move |two| (one, two)));
    pairs.into_iter().try_for_each(|(one, two)| one.check_apart_from(two))
}

/// What it means to use a directory as one of an overlay.
pub(crate) fn attempt(role: Role, path: &Path) -> Attempt {
    Attempt::on(path, format!("cannot use {} as {role}", escaped(path)))
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
