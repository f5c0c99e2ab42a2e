//! What an overlay has changed of its lower tree.

mod attributes;
mod change;
mod compare;
mod directories;
mod entry;
mod links;
mod marks;
mod walk;

use std::iter::FusedIterator;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use furnace_sys::Errno;
use rustix::fs::{Access, Mode, OFlags, access, openat};
use rustix::mount::{OpenTreeFlags, open_tree};

use crate::error::escape::{escaped, escaped_bytes};
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};

pub use change::{Change, ChangeKind, FileType};
use marks::Trouble;
use walk::{Unseen, Walk};

/// What an overlay's upper directory changes of its lower tree, path by path.
///
/// The list leads from the one to the other: applied to a copy of the lower tree, in its order, it gives what the
/// overlay shows. What is in it depends on what there is, not on how it came to be: a file that was copied up, or
/// written and then written back, is not in it. Whoever applies it should know that
///
/// - a [`Modified`](ChangeKind::Modified) file takes the place of the old one (a new file, then rename(2)), and is never
///   written in place: in the lower tree it may have other names, and an overlay separates them (copy-up breaks hard
///   links). With [`link_to`](Change::link_to) it becomes another name of that path;
/// - a directory comes before what is in it, so its time of modification is to be set after that;
/// - bytes, targets, numbers and attributes are read where the overlay is mounted;
/// - a [`Deleted`](ChangeKind::Deleted) directory goes with all that is in it.
///
/// The order is depth first, the names of a directory sorted by their bytes. A directory that was renamed is deleted
/// where it was and created, with everything in it, where it is. One that was deleted and made anew is modified, and so
/// are its contents. Extended attributes of overlayfs itself (`trusted.overlay.*`) are never compared, nor are times of
/// access and of status change.
///
/// It reads, and needs no mount of the overlay itself. Memory is taken for the directories on the way to where it is
/// and the names in them, and for files with several names; descriptors for at most some eighty. It may be given to
/// another thread, and be dropped at any time. An entry that can't be read is an `Err`, after which it goes on.
///
/// # A hostile upper directory
///
/// Whoever is root inside may have written it, and may be writing to it now. Everything is looked up beneath the two
/// directories, no symlink is followed, and nothing but regular files and directories is ever opened. What is
/// renamed, made or removed meanwhile may be in the list or not.
///
/// # Which overlays
///
/// Those of overlayfs with `index=off` and without `userxattr`, which are the defaults of the kernel; redirects of
/// directories, and metadata-only copies, are understood.
///
/// ```no_run
/// use std::fs::File;
///
/// use furnace_core::{ChangeKind, Changes};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// for change in Changes::between(File::open("/srv/upper")?, File::open("/srv/debian")?)? {
///     let change = change?;
///     if change.kind == ChangeKind::Created {
///         println!("{} ({} bytes)", change.path.display(), change.size);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "it looks only as far as it is asked"]
pub struct Changes(State);

#[derive(Debug)]
enum State {
    /// Nothing has been looked at.
    Given {
        upper: OwnedFd,
        lower: OwnedFd,
    },
    Walking(Box<Walk>),
    Ended,
}

impl Changes {
    /// Compares what an overlay with this upper directory shows with its lower tree.
    ///
    /// `lower` shows that tree as the overlay sees it: the lower directory, or, if there are several, a read-only
    /// overlay of them. Descriptors of any kind will do, also those opened with `O_PATH`.
    ///
    /// The root itself is compared too, but for its time of modification: that of an upper directory begins when the
    /// directory is made.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotADirectory`] if one of them is none, [`ErrorKind::NotFound`] if one was removed, or if /proc is
    /// not mounted. The items fail with [`Phase::Compare`] as well: with [`ErrorKind::InvalidInput`] where the upper
    /// directory was tampered with, so that the kernel would not show that entry either.
    ///
    /// What is mounted in the lower tree is no part of it, nor does the overlay see it. It is passed by where the kernel
    /// lets the caller (open_tree(2), `CAP_SYS_ADMIN`, a mount of the caller's own namespace); otherwise an entry that
    /// is a mount point is an `Err` (`EXDEV`).
    pub fn between(upper: impl AsFd, lower: impl AsFd) -> Result<Self> {
        access("/proc/thread-self/fd", Access::EXISTS).map_err(|errno| {
            let proc = "/proc/thread-self/fd";
            Error::os(Phase::Compare, Attempt::on(proc, format!("cannot use {proc}")), errno).with_remedy(
                "files and extended attributes are read through the caller's own /proc, which has to be mounted",
            )
        })?;
        let upper = alone(upper.as_fd()).map_err(|errno| root_error("upper", errno))?;
        let lower = alone(lower.as_fd()).map_err(|errno| root_error("lower", errno))?;
        Ok(Self(State::Given { upper, lower }))
    }
}

impl Iterator for Changes {
    type Item = Result<Change>;

    fn next(&mut self) -> Option<Self::Item> {
        if let State::Given { .. } = self.0
            && let State::Given { upper, lower } = std::mem::replace(&mut self.0, State::Ended)
        {
            match Walk::begin(upper, lower) {
                Ok(walk) => self.0 = State::Walking(Box::new(walk)),
                Err(trouble) => {
                    let attempt = Attempt::on_no_path("cannot compare an upper directory with its lower tree");
                    return Some(Err(error(attempt, trouble)));
                }
            }
        }
        let State::Walking(walk) = &mut self.0 else { return None };
        let found = walk.advance()?;
        Some(found.map_err(|(path, trouble): Unseen| {
            let words = format!("cannot tell what has changed at {}", escaped(&path));
            error(Attempt::on(path, words), trouble)
        }))
    }
}

impl FusedIterator for Changes {}

/// A directory without what is mounted in it, if the kernel lets us have it so; it won't where the directory is
/// of another mount namespace or of none, or where the caller lacks the capability.
fn alone(directory: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = openat(directory, c".", flags, Mode::empty())?;
    let clone = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
    match open_tree(&directory, c"", clone) {
        Err(Errno::INVAL | Errno::PERM | Errno::NOSYS) => Ok(directory),
        other => other,
    }
}

fn root_error(which: &str, errno: Errno) -> Error {
    Error::os(
        Phase::Compare,
        Attempt::on_no_path(format!(
            "cannot use what was given as the {which} directory of an overlay"
        )),
        errno,
    )
}

fn error(attempt: Attempt, trouble: Trouble) -> Error {
    match trouble {
        Trouble::Os(errno) => Error::os(Phase::Compare, attempt, errno).with_any_remedy(remedy(errno)),
        Trouble::Redirect(to) => Error::new(Phase::Compare, ErrorKind::InvalidInput, attempt)
            .because(format!(
                "the upper directory redirects it to {}, which is no path of a lower tree",
                escaped_bytes(&to)
            ))
            .with_remedy("overlayfs writes no such redirect: somebody has changed the upper directory by hand"),
    }
}

fn remedy(errno: Errno) -> Option<&'static str> {
    (errno == Errno::XDEV).then_some("something is mounted there, and hides what the overlay sees")
}
