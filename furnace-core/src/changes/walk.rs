//! The walk: in each directory that is not as it was, each name as it is and as it was.

use std::collections::VecDeque;
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::vec;

use furnace_sys::Errno;

use super::change::{Change, ChangeKind, FileType};
use super::compare::{contents_differ, metadata_differs, timeless_metadata_differs};
use super::directories::{Directories, DirectoryId, is_gone};
use super::entry::{Entry, names};
use super::links::{Layer, Links};
use super::marks::{self, Below, Trouble};

/// What one directory of the overlay is made of. The overlay shows what is in `upper`, and what is in `origin` but not
/// hidden by `upper`; this is compared with what is in `lower`.
#[derive(Clone, Copy, Debug)]
struct Merge {
    upper: Option<DirectoryId>,
    /// The directory of the lower tree that shows through.
    origin: Option<DirectoryId>,
    /// The directory of the lower tree at the same path. Mostly the same one.
    lower: Option<DirectoryId>,
    /// Whether `upper` may have files for whiteouts.
    whiteout_files: bool,
}

impl Merge {
    /// Whether names that are not in `upper` are as they were.
    fn is_in_place(&self) -> bool {
        self.origin == self.lower
    }
}

#[derive(Debug)]
struct Frame {
    merge: Merge,
    names: vec::IntoIter<CString>,
    /// How long the path of the directory is.
    path: usize,
    /// How many directories were known before it.
    known: usize,
}

/// Where the walk is. The stack is its own, since the tree may be deeper than a thread's could be.
#[derive(Debug)]
pub(super) struct Walk {
    directories: Directories,
    lower_root: DirectoryId,
    frames: Vec<Frame>,
    /// What is being looked at.
    path: Vec<u8>,
    links: Links,
    found: VecDeque<Result<Change, Unseen>>,
}

/// A path at which the walk could not see, and why.
pub(super) type Unseen = (PathBuf, Trouble);

impl Walk {
    pub(super) fn begin(upper: OwnedFd, lower: OwnedFd) -> Result<Self, Trouble> {
        let (upper, lower) = (Entry::of(upper)?, Entry::of(lower)?);
        if upper.is_removed() || lower.is_removed() {
            return Err(Errno::NOENT.into());
        }
        let root_differs = timeless_metadata_differs(&upper, &lower)?;
        let whiteout_files = marks::has_whiteout_files(&upper)?;
        let mut directories = Directories::default();
        let upper_root = directories.add_root(upper.into_descriptor());
        let lower_root = directories.add_root(lower.into_descriptor());
        let mut walk = Self {
            directories,
            lower_root,
            frames: Vec::new(),
            path: b".".to_vec(),
            links: Links::default(),
            found: VecDeque::new(),
        };
        if root_differs {
            walk.report(modified(false, true), FileType::Directory, 0, None);
        }
        walk.path.clear();
        let known = walk.directories.len();
        walk.enter(
            Merge {
                upper: Some(upper_root),
                origin: Some(lower_root),
                lower: Some(lower_root),
                whiteout_files,
            },
            known,
        )?;
        Ok(walk)
    }

    /// What is found next.
    pub(super) fn advance(&mut self) -> Option<Result<Change, Unseen>> {
        loop {
            if let Some(found) = self.found.pop_front() {
                return Some(found);
            }
            let frame = self.frames.last_mut()?;
            let (merge, path) = (frame.merge, frame.path);
            let Some(name) = frame.names.next() else {
                self.leave();
                continue;
            };
            self.path.truncate(path);
            if !self.path.is_empty() {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(name.as_bytes());
            if let Err(trouble) = self.visit(merge, &name) {
                self.found.push_back(Err((self.path().to_owned(), trouble)));
            }
        }
    }

    fn path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.path))
    }

    fn report(&mut self, kind: ChangeKind, file_type: FileType, size: u64, link_to: Option<PathBuf>) {
        self.found.push_back(Ok(Change {
            path: self.path().to_owned(),
            kind,
            file_type,
            size,
            link_to,
        }));
    }

    /// Goes into the directory at the current path. `known` directories were known before those of `merge`.
    fn enter(&mut self, merge: Merge, known: usize) -> Result<(), Errno> {
        let names = self.names(merge)?;
        self.frames.push(Frame {
            merge,
            names: names.into_iter(),
            path: self.path.len(),
            known,
        });
        Ok(())
    }

    fn leave(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.directories.truncate(frame.known);
        }
    }

    /// The names at which there may be a change, in order.
    fn names(&mut self, merge: Merge) -> Result<Vec<CString>, Errno> {
        let of_lower = if merge.is_in_place() {
            [None, None]
        } else {
            [merge.origin, merge.lower]
        };
        let mut all = Vec::new();
        for directory in [merge.upper].into_iter().chain(of_lower).flatten() {
            let descriptor = self.directories.open(directory)?;
            all.append(&mut names((*descriptor).as_fd())?);
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    /// Compares what is at the current path with what was.
    fn visit(&mut self, merge: Merge, name: &CStr) -> Result<(), Trouble> {
        if let Some(upper) = merge.upper
            && let Err(errno) = self.directories.open(upper)
            && is_gone(errno)
        {
            // Taken away meanwhile, with what else was in it.
            self.leave();
            return Ok(());
        }
        let now = self.now(merge, name)?;
        let before = self.in_lower(merge.lower, name)?;
        let Some((entry, layer)) = now else {
            if let Some(before) = before {
                self.report(ChangeKind::Deleted, before.file_type(), before.size(), None);
            }
            return Ok(());
        };
        if layer == Layer::Lower && merge.is_in_place() {
            return Ok(());
        }
        let kind = match &before {
            Some(before) if before.file_type() == entry.file_type() => {
                self.difference(merge, name, (&entry, layer), before)?
            }
            Some(before) => {
                self.report(ChangeKind::Deleted, before.file_type(), before.size(), None);
                Some(ChangeKind::Created)
            }
            None => Some(ChangeKind::Created),
        };
        let path = Path::new(OsStr::from_bytes(&self.path));
        let identity_before = before.as_ref().map(Entry::identity);
        let link_to = self.links.meet(layer, &entry, path, identity_before, kind.is_some());
        if let Some(kind) = kind.or(link_to.as_ref().map(|_| modified(false, false))) {
            self.report(kind, entry.file_type(), entry.size(), link_to);
        }
        if entry.is_directory() {
            let known = self.directories.len();
            if let Err(trouble) = self.descend(merge, name, (entry, layer), before) {
                self.directories.truncate(known);
                return Err(trouble);
            }
        }
        Ok(())
    }

    /// What the overlay shows at a name.
    fn now(&mut self, merge: Merge, name: &CStr) -> Result<Option<(Entry, Layer)>, Errno> {
        if let Some(upper) = merge.upper {
            let descriptor = self.directories.open(upper)?;
            if let Some(entry) = Entry::lookup((*descriptor).as_fd(), name)? {
                let whiteout =
                    marks::is_whiteout_device(&entry) || merge.whiteout_files && marks::is_whiteout_file(&entry)?;
                return Ok((!whiteout).then_some((entry, Layer::Upper)));
            }
        }
        Ok(self.in_lower(merge.origin, name)?.map(|entry| (entry, Layer::Lower)))
    }

    /// What a directory of the lower tree has at a path.
    fn in_lower(&mut self, directory: Option<DirectoryId>, path: &CStr) -> Result<Option<Entry>, Errno> {
        let Some(directory) = directory else {
            return Ok(None);
        };
        let descriptor = self.directories.open(directory)?;
        let entry = Entry::lookup((*descriptor).as_fd(), path)?;
        Ok(entry.filter(|entry| !marks::is_whiteout_device(entry)))
    }

    /// How what is at the current path differs from what was there before and is of the same type.
    fn difference(
        &mut self,
        merge: Merge,
        name: &CStr,
        (entry, layer): (&Entry, Layer),
        before: &Entry,
    ) -> Result<Option<ChangeKind>, Trouble> {
        let bytes_below = match entry.file_type() {
            FileType::File if layer == Layer::Upper => marks::bytes_below(entry)?,
            _ => None,
        };
        let content = match bytes_below {
            None => contents_differ(entry, before)?,
            Some(below) => {
                let found = match below {
                    Below::SameName => self.in_lower(merge.origin, name)?,
                    Below::Sibling(name) => self.in_lower(merge.origin, &name)?,
                    Below::At(path) => self.in_lower(Some(self.lower_root), &path)?,
                    Below::Nothing => None,
                };
                let file = found.filter(|found| found.file_type() == FileType::File);
                contents_differ(&file.ok_or(Errno::IO)?, before)?
            }
        };
        let metadata = metadata_differs(entry, before)?;
        Ok((content || metadata).then(|| modified(content, metadata)))
    }

    /// Goes into the directory that `entry` is.
    fn descend(
        &mut self,
        merge: Merge,
        name: &CStr,
        (entry, layer): (Entry, Layer),
        before: Option<Entry>,
    ) -> Result<(), Trouble> {
        let known = self.directories.len();
        let lower = match (merge.lower, before) {
            (Some(parent), Some(before)) if before.is_directory() => {
                Some(self.directories.add(parent, name, before.into_descriptor()))
            }
            _ => None,
        };
        let below = match layer {
            Layer::Upper => marks::below_directory(&entry)?,
            Layer::Lower => Below::SameName,
        };
        let origin = match below {
            Below::Nothing => None,
            Below::SameName if merge.is_in_place() => lower,
            Below::SameName => self.find(merge.origin, name)?,
            Below::Sibling(name) => self.find(merge.origin, &name)?,
            Below::At(path) => self.find(Some(self.lower_root), &path)?,
        };
        let whiteout_files = layer == Layer::Upper && marks::has_whiteout_files(&entry)?;
        let upper = match (layer, merge.upper) {
            (Layer::Upper, Some(parent)) => Some(self.directories.add(parent, name, entry.into_descriptor())),
            _ => None,
        };
        let merge = Merge {
            upper,
            origin,
            lower,
            whiteout_files,
        };
        match self.enter(merge, known) {
            // Whoever writes to the overlay meanwhile has taken it away.
            Err(errno) if is_gone(errno) => {
                self.directories.truncate(known);
                Ok(())
            }
            entered => Ok(entered?),
        }
    }

    fn find(&mut self, parent: Option<DirectoryId>, path: &CStr) -> Result<Option<DirectoryId>, Errno> {
        match parent {
            Some(parent) => self.directories.find(parent, path),
            None => Ok(None),
        }
    }
}

fn modified(content: bool, metadata: bool) -> ChangeKind {
    ChangeKind::Modified { content, metadata }
}
