//! The directories on the way to where the walk is. Only some are open at a time, so that a tree may be deeper than a
//! process may have descriptors.

use std::collections::VecDeque;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use furnace_sys::Errno;
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::retry_on_intr;

/// That many are open at a time, the roots aside.
const MOST_OPEN: usize = 64;

/// That many of the innermost are opened one by one when one is opened again: the walk is on its way up, and will want
/// them next.
const NEAR: usize = 16;

/// The longest path that the kernel takes, its NUL included.
const PATH_MAX: usize = 4096;

/// Nothing of the tree may lead anywhere else, nor may anything that is mounted in it be taken for a part of it.
pub(super) const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);

/// A directory that [`Directories`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DirectoryId(usize);

/// Directories, each known by its path from another. What is added last goes first.
#[derive(Debug, Default)]
pub(super) struct Directories {
    known: Vec<Directory>,
    /// The open ones but the roots, those first that have been open for longest.
    open: VecDeque<usize>,
}

#[derive(Debug)]
struct Directory {
    parent: Option<usize>,
    /// A name, or several with slashes between.
    path: CString,
    /// Shared with whoever uses it at the moment it is to be closed.
    descriptor: Option<Arc<OwnedFd>>,
}

impl Directories {
    /// One that stays open.
    pub(super) fn add_root(&mut self, descriptor: OwnedFd) -> DirectoryId {
        self.push(Directory {
            parent: None,
            path: CString::default(),
            descriptor: Some(Arc::new(descriptor)),
        })
    }

    /// One that is open already.
    pub(super) fn add(&mut self, parent: DirectoryId, name: &CStr, descriptor: OwnedFd) -> DirectoryId {
        let id = self.push(Directory {
            parent: Some(parent.0),
            path: name.to_owned(),
            descriptor: None,
        });
        self.keep(id.0, Arc::new(descriptor));
        id
    }

    /// What `path` below `parent` names, if that is a directory.
    pub(super) fn find(&mut self, parent: DirectoryId, path: &CStr) -> Result<Option<DirectoryId>, Errno> {
        let descriptor = self.open(parent)?;
        match open_beneath((*descriptor).as_fd(), path) {
            Ok(descriptor) => Ok(Some(self.add(parent, path, descriptor))),
            Err(errno) if is_gone(errno) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// Opens it again if it is not open.
    pub(super) fn open(&mut self, id: DirectoryId) -> Result<Arc<OwnedFd>, Errno> {
        let mut closed = Vec::new();
        let mut at = id.0;
        let mut descriptor = loop {
            let directory = self.known.get(at).ok_or(Errno::BADF)?;
            if let Some(descriptor) = &directory.descriptor {
                break Arc::clone(descriptor);
            }
            closed.push(at);
            at = directory.parent.ok_or(Errno::BADF)?;
        };
        let far = closed.split_off(closed.len().min(NEAR));
        let paths = far.iter().rev().filter_map(|id| self.known.get(*id));
        for leap in leaps(paths.map(|directory| directory.path.as_bytes())) {
            descriptor = Arc::new(open_beneath((*descriptor).as_fd(), &leap)?);
        }
        for id in closed.into_iter().rev() {
            let path = &self.known.get(id).ok_or(Errno::BADF)?.path;
            descriptor = Arc::new(open_beneath((*descriptor).as_fd(), path)?);
            self.keep(id, Arc::clone(&descriptor));
        }
        Ok(descriptor)
    }

    /// How many are known.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Forgets all but the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        self.known.truncate(len);
        self.open.retain(|id| *id < len);
    }

    fn push(&mut self, directory: Directory) -> DirectoryId {
        self.known.push(directory);
        DirectoryId(self.known.len() - 1)
    }

    fn keep(&mut self, id: usize, descriptor: Arc<OwnedFd>) {
        if let Some(directory) = self.known.get_mut(id) {
            directory.descriptor = Some(descriptor);
            self.open.push_back(id);
        }
        if self.open.len() > MOST_OPEN
            && let Some(oldest) = self.open.pop_front()
            && let Some(directory) = self.known.get_mut(oldest)
        {
            directory.descriptor = None;
        }
    }
}

/// Whether an errno of [`Directories::open`] means that there is no such directory, or none any more.
pub(super) fn is_gone(errno: Errno) -> bool {
    matches!(errno, Errno::NOENT | Errno::NOTDIR | Errno::LOOP)
}

fn open_beneath(directory: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    retry_on_intr(|| openat2(directory, path, flags, Mode::empty(), BENEATH))
}

/// Joins paths to as few as the kernel takes.
fn leaps<'a>(paths: impl Iterator<Item = &'a [u8]>) -> Vec<CString> {
    let mut leaps = Vec::new();
    let mut leap: Vec<u8> = Vec::new();
    for path in paths {
        if !leap.is_empty() && leap.len() + 1 + path.len() >= PATH_MAX {
            leaps.push(std::mem::take(&mut leap));
        }
        if !leap.is_empty() {
            leap.push(b'/');
        }
        leap.extend_from_slice(path);
    }
    if !leap.is_empty() {
        leaps.push(leap);
    }
    // They come from C strings: there is no NUL to fail at.
    leaps.into_iter().filter_map(|leap| CString::new(leap).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::leaps;

    #[test]
    fn leaps_are_as_long_as_the_kernel_takes() {
        let names = vec![[b'n'; 255]; 40];
        let leaps = leaps(names.iter().map(<[u8; 255]>::as_slice));
        assert_eq!(leaps.iter().map(|leap| leap.as_bytes().len()).max(), Some(4095));
        assert_eq!(leaps.len(), 3);
        let names: usize = leaps
            .iter()
            .map(|leap| leap.as_bytes().split(|byte| *byte == b'/').count())
            .sum();
        assert_eq!(names, 40);
    }

    #[test]
    fn no_paths_are_no_leap() {
        assert!(leaps(std::iter::empty()).is_empty());
    }
}
