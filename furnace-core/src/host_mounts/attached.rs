//! A mount that is attached, and how it goes.

use std::cell::LazyCell;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use furnace_sys::Errno;
use rustix::fs::{CWD, FlockOperation, flock};
use rustix::io;
use rustix::mount::{UnmountFlags, unmount};

use super::mountinfo::{self, Entry};
use super::place::Place;
use crate::container::children::lock;
use crate::error::escape::escaped;
use crate::mount_id::MountId;

/// Those whose guard has gone while another mount lay over them.
///
/// The kernel unmounts what is seen at a place, not a mount that is named; so between looking what is seen there and
/// unmounting it, no other thread of this process may mount something over it. Hence the lock is held for both, and for
/// attaching.
static COVERED: Mutex<Vec<Attached>> = Mutex::new(Vec::new());

/// What goes with a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Itself; with something mounted below it it is busy.
    Mount,
    /// Itself and all that is mounted below it.
    Tree,
}

/// A mount, and what is needed to unmount that and no other.
#[derive(Debug)]
pub(super) struct Attached {
    id: MountId,
    place: Place,
    extent: Extent,
    /// Locked for as long as it is mounted.
    locked: Vec<OwnedFd>,
    /// The process that has mounted it. A forked copy must leave it alone.
    owner: u32,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    Unmounted,
    /// It was in use, and still is.
    Lazily,
    /// Somebody else had unmounted it.
    Before,
}

/// Why it is still mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StillMounted {
    /// Another mount lies over it.
    Covered,
    /// This process is a forked copy of the one that has mounted it.
    NotOwner,
    /// The kernel said no.
    Refused(Errno),
}

impl From<Errno> for StillMounted {
    fn from(errno: Errno) -> Self {
        Self::Refused(errno)
    }
}

impl Attached {
    pub(super) fn attach(
        mount: BorrowedFd<'_>,
        place: Place,
        extent: Extent,
        locked: Vec<OwnedFd>,
    ) -> Result<Self, Errno> {
        let id = MountId::of(mount)?;
        {
            let _order = lock(&COVERED);
            place.attach(mount)?;
        }
        tracing::debug!(path = %escaped(place.path()), "mounted on the host");
        Ok(Self {
            id,
            place,
            extent,
            locked,
            owner: std::process::id(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.place.path()
    }

    /// Unmounts it. If another mount lies over it, that is left to the next call for any mount.
    pub(super) fn unmount(self) -> Result<Gone, StillMounted> {
        if self.owner != std::process::id() {
            return Err(StillMounted::NotOwner);
        }
        let mut covered = lock(&COVERED);
        covered.retain(|other| other.owner == self.owner);
        let outcome = self.try_unmount(&mounts());
        let mut others = Vec::new();
        if outcome == Err(StillMounted::Covered) {
            covered.push(self);
        } else {
            others = unmount_uncovered(&mut covered);
        }
        // Whoever listens to events may well have guards of its own.
        drop(covered);
        for (path, outcome) in others {
            tell(&path, outcome);
        }
        outcome
    }

    fn try_unmount(&self, mounts: &Mounts) -> Result<Gone, StillMounted> {
        let mut gone = Gone::Unmounted;
        let topmost = self.place.topmost();
        if topmost != Ok(self.id) {
            // Another may have got its number.
            if topmost.is_ok_and(|other| other.shown != self.id.shown) && self.is_among(mounts) {
                return Err(StillMounted::Covered);
            }
            gone = Gone::Before;
        } else {
            if self.extent == Extent::Tree {
                self.unmount_below();
            }
            match self.place.unmount(UnmountFlags::empty()) {
                Err(Errno::BUSY) => {
                    self.place.unmount(UnmountFlags::DETACH)?;
                    gone = Gone::Lazily;
                }
                other => other?,
            }
        }
        self.unlock();
        Ok(gone)
    }

    /// Unmounts what is below it, as far as nobody uses it.
    fn unmount_below(&self) {
        let Ok(entries) = mountinfo::read() else { return };
        for entry in mountinfo::below(self.id.shown, &entries) {
            let Ok(path) = crate::mount::c_string(entry.point.as_os_str()) else {
                return;
            };
            let is_seen = MountId::at(CWD, &path).is_ok_and(|id| id.shown == entry.id);
            if !is_seen || unmount(path, UnmountFlags::NOFOLLOW).is_err() {
                return;
            }
        }
    }

    /// Whether it is mounted, covered or not.
    fn is_among(&self, mounts: &Mounts) -> bool {
        let path = self.place.current_path();
        // By number and place: the number alone may be another's by now.
        let is_it = |entry: &Entry| entry.id == self.id.shown && path.as_ref() == Ok(&entry.point);
        mounts.iter().any(is_it)
    }

    fn unlock(&self) {
        for file in &self.locked {
            // Closing would not do: a forked copy of this process may have the descriptor still.
            let _ = flock(file, FlockOperation::Unlock);
        }
    }
}

/// What is mounted, as soon as somebody asks.
type Mounts = LazyCell<Vec<Entry>>;

fn mounts() -> Mounts {
    LazyCell::new(|| mountinfo::read().unwrap_or_default())
}

/// Unmounts those that nothing lies over any more. One may have lain over another.
fn unmount_uncovered(covered: &mut Vec<Attached>) -> Vec<(PathBuf, Result<Gone, StillMounted>)> {
    let mut done = Vec::new();
    loop {
        let before = done.len();
        // Read once for all, and not at all if there are none.
        let mounts = mounts();
        covered.retain(|other| match other.try_unmount(&mounts) {
            Err(StillMounted::Covered) => true,
            outcome => {
                done.push((other.path().to_owned(), outcome));
                false
            }
        });
        if done.len() == before {
            return done;
        }
    }
}

/// Tells what became of a mount to whoever listens.
pub(super) fn tell(path: &Path, outcome: Result<Gone, StillMounted>) {
    let path = escaped(path);
    match outcome {
        Ok(Gone::Unmounted) => tracing::debug!(%path, "unmounted on the host"),
        Ok(Gone::Before) => tracing::debug!(%path, "somebody else has unmounted it"),
        Ok(Gone::Lazily) => tracing::warn!(
            %path,
            "it is in use: unmounted lazily, so it is out of sight now, and gone when its last user is"
        ),
        Err(StillMounted::Covered) => tracing::warn!(%path, "another mount lies over it: it stays until that has gone"),
        Err(StillMounted::NotOwner) => tracing::debug!(%path, "left to the process that has mounted it"),
        Err(StillMounted::Refused(errno)) => tracing::warn!(%path, %errno, "it can't be unmounted, and stays"),
    }
}

/// Locks a directory against every other mount of Furnace that wants to write to it; false if it is locked.
pub(super) fn try_lock(directory: BorrowedFd<'_>) -> Result<bool, Errno> {
    match io::retry_on_intr(|| flock(directory, FlockOperation::NonBlockingLockExclusive)) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(errno) => Err(errno),
    }
}
