//! The directories of an overlay, and what must hold between them.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use furnace_sys::Errno;

use super::attached::try_lock;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};
use crate::overlay::{Directory, Role, check_apart};

/// `OVL_MAX_STACK` of the kernel.
const MOST_LOWER: usize = 500;

const MISSING: &str = "it must exist: nothing is made on the host";

/// The two directories that an overlay writes to.
#[derive(Debug)]
pub(super) struct Writable {
    pub(super) upper: Directory,
    pub(super) work: Directory,
}

/// All directories of an overlay.
#[derive(Debug)]
pub(super) struct Layers {
    /// The topmost first.
    pub(super) lower: Vec<Directory>,
    pub(super) writable: Option<Writable>,
}

impl Layers {
    /// Opens and checks them, and locks those that are to be written to. Touches nothing.
    pub(super) fn open(lower: &[PathBuf], writable: Option<&(PathBuf, PathBuf)>, attempt: &Attempt) -> Result<Self> {
        check_count(lower.len(), writable.is_some(), attempt)?;
        let layers = Self {
            lower: lower
                .iter()
                .map(|path| Directory::open(Role::Lower, path, MISSING))
                .collect::<Result<_>>()?,
            writable: writable.map(|(upper, work)| Writable::open(upper, work)).transpose()?,
        };
        layers.check_apart()?;
        if let Some(writable) = &layers.writable {
            writable.check()?;
            writable.lock()?;
        }
        Ok(layers)
    }

    fn check_apart(&self) -> Result<()> {
        let writable = self
            .writable
            .iter()
            .flat_map(|writable| [&writable.upper, &writable.work]);
        check_apart(&writable.chain(&self.lower).collect::<Vec<_>>())
    }

    /// The descriptors that are to stay open, and locked, while the overlay is mounted.
    pub(super) fn into_locked(self) -> Vec<OwnedFd> {
        let writable = self
            .writable
            .into_iter()
            .flat_map(|writable| [writable.upper, writable.work]);
        writable.map(Directory::into_descriptor).collect()
    }
}

impl Writable {
    fn open(upper: &Path, work: &Path) -> Result<Self> {
        Ok(Self {
            upper: Directory::open(Role::Upper, upper, MISSING)?,
            work: Directory::open(Role::Work, work, MISSING)?,
        })
    }

    fn check(&self) -> Result<()> {
        self.upper.check_writable()?;
        self.work.check_same_mount_as(&self.upper)?;
        self.work.check_free_for_work()
    }

    /// The kernel lets two overlays write to one directory, and says that anything may come of it.
    fn lock(&self) -> Result<()> {
        for layer in [&self.upper, &self.work] {
            match try_lock(layer.as_fd()) {
                Ok(true) => {}
                Ok(false) => {
                    return Err(layer
                        .unusable(
                            ErrorKind::ResourceBusy,
                            "it is in use by another overlay, or locked by another process",
                        )
                        .with_remedy("each overlay needs an upper and a work directory of its own"));
                }
                Err(errno) => return Err(layer.failed(Phase::Mount, errno)),
            }
        }
        Ok(())
    }
}

fn check_count(lower: usize, writable: bool, attempt: &Attempt) -> Result<()> {
    let needed = if writable { 1 } else { 2 };
    if lower < needed {
        return Err(
            Error::invalid(attempt, "it has too few lower directories").with_remedy(if writable {
                "an overlay needs one lower directory at least"
            } else {
                "an overlay without an upper directory needs two lower directories at least; for one, use a bind"
            }),
        );
    }
    if lower > MOST_LOWER {
        let why = format!("it has {lower} lower directories; the kernel takes {MOST_LOWER}");
        return Err(Error::invalid(attempt, why));
    }
    Ok(())
}

/// What usually makes the kernel refuse an overlay.
pub(super) fn remedy(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::INVAL => Some(
            "a file system of the layers is unsuitable (the upper one needs extended attributes and may be neither an \
             overlay nor a network file system), or overlays are stacked more than two deep",
        ),
        Errno::LOOP => Some("the layers of an overlay must be directories of which none lies in another"),
        Errno::BUSY => Some("another overlay uses the upper or the work directory"),
        Errno::STALE => Some("the upper directory was made over other lower directories"),
        _ => None,
    }
}
