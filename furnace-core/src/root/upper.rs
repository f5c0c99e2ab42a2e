//! An upper directory in use.

use std::ffi::{CStr, OsStr};
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use furnace_sys::Errno;
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};

use super::{Layer, work};
use crate::error::escape::escaped;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result, errno_of};
use crate::overlay::{Role, attempt};

/// An upper directory and its work directory, which nobody else shall use; given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Upper {
    lock: OwnedFd,
    work_lock: OwnedFd,
    /// The work directory, if it is Furnace's.
    work: Option<PathBuf>,
    owner: u32,
}

impl Upper {
    /// Locks the upper directory of `layer`, if it has one, and makes its work directory, if that is Furnace's.
    pub(crate) fn take(layer: &Layer) -> Result<Option<Self>> {
        let Layer::Directories {
            upper,
            work,
            work_is_ours,
        } = layer
        else {
            return Ok(None);
        };
        let (upper, work) = (path(upper), path(work));
        let lock = open_directory(upper, Role::Upper)?;
        take_lock(&lock, upper, Role::Upper)?;
        let work_lock = if *work_is_ours {
            make_work(upper, work)?
        } else {
            open_directory(work, Role::Work)?
        };
        take_lock(&work_lock, work, Role::Work)?;
        Ok(Some(Self {
            lock,
            work_lock,
            work: work_is_ours.then(|| work.to_owned()),
            owner: std::process::id(),
        }))
    }
}

fn path(text: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(text.to_bytes()))
}

fn failed(path: &Path, role: Role, errno: Errno) -> Error {
    Error::os(Phase::Start, attempt(role, path), errno)
}

fn open_directory(path: &Path, role: Role) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    open(path, flags, Mode::empty()).map_err(|errno| failed(path, role, errno))
}

fn take_lock(directory: &OwnedFd, path: &Path, role: Role) -> Result<()> {
    match flock(directory, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::AGAIN) => Err(Error::new(Phase::Start, ErrorKind::ResourceBusy, attempt(role, path))
            .because("another container uses it at this moment")),
        other => other.map_err(|errno| failed(path, role, errno)),
    }
}

/// It was looked at when the container was configured, but that may be long ago.
fn make_work(upper: &Path, work: &Path) -> Result<OwnedFd> {
    let made = fs::DirBuilder::new().mode(0o700).create(work);
    match &made {
        // One of a container that was killed.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => {
            let errno = errno_of(error);
            let attempt = Attempt::on(work, format!("cannot make the work directory {}", escaped(work)));
            return Err(Error::os(Phase::Start, attempt, errno).with_any_remedy(
                (errno == Errno::NOSPC)
                    .then_some("the file system of the upper directory is full, or has no inode left"),
            ));
        }
        Ok(()) => {}
    }
    work::open_own(work).map_err(|unfit| {
        if made.is_ok() {
            let _ = fs::remove_dir(work);
        }
        match unfit.why() {
            Ok(why) => Error::new(Phase::Start, ErrorKind::InvalidInput, attempt(Role::Upper, upper)).because(why),
            Err(errno) => failed(work, Role::Work, errno),
        }
    })
}

impl Drop for Upper {
    fn drop(&mut self) {
        // A forked copy of the process has a copy of this.
        if std::process::id() != self.owner {
            return;
        }
        if let Some(path) = &self.work {
            work::remove(&self.work_lock, path);
        }
        // Copies of the descriptors in forked processes would keep them locked.
        for lock in [&self.work_lock, &self.lock] {
            let _ = flock(lock, FlockOperation::Unlock);
        }
    }
}
