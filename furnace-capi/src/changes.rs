//! What an overlay has changed.

use std::ffi::{CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null;

use furnace_core::{Change, ChangeKind, Changes, FileType};

use crate::border::{boundary, c_string, descriptor, given, place, value};
use crate::error::furnace_error;

/// There was nothing, or something of another type, whose deletion then comes just before.
pub const FURNACE_CHANGE_CREATED: c_int = 1;

/// There was something of the same type; see furnace_change_content() and furnace_change_metadata(). Where it is
/// neither, it has become a hard link, and nothing else.
pub const FURNACE_CHANGE_MODIFIED: c_int = 2;

/// There is nothing any more. A directory is named once, for all that was in it.
pub const FURNACE_CHANGE_DELETED: c_int = 3;

/// A regular file.
pub const FURNACE_FILE_REGULAR: c_int = 1;

/// A directory.
pub const FURNACE_FILE_DIRECTORY: c_int = 2;

/// A symbolic link.
pub const FURNACE_FILE_SYMLINK: c_int = 3;

/// A character device.
pub const FURNACE_FILE_CHARACTER_DEVICE: c_int = 4;

/// A block device.
pub const FURNACE_FILE_BLOCK_DEVICE: c_int = 5;

/// A FIFO.
pub const FURNACE_FILE_FIFO: c_int = 6;

/// A socket.
pub const FURNACE_FILE_SOCKET: c_int = 7;

/// What an overlay's upper directory changes of its lower tree, path by path: depth first, the names of a directory
/// sorted by their bytes. Applied to a copy of the lower tree, in this order, it gives what the overlay shows. A
/// modified file takes the place of the old one (a new file, then rename(2)), and is never written in place.
///
/// Whoever is root inside may have written the upper directory: no symlink in it is followed, and nothing but regular
/// files and directories is ever opened. What is changed meanwhile may be in the list or not.
///
/// One thread at a time.
#[derive(Debug)]
pub struct furnace_changes(Changes);

impl furnace_changes {
    pub(crate) fn new(changes: Changes) -> Self {
        Self(changes)
    }
}

/// One difference. It never changes: any number of threads may look at it.
#[derive(Debug)]
pub struct furnace_change {
    path: CString,
    link_to: Option<CString>,
    kind: c_int,
    content: bool,
    metadata: bool,
    file_type: c_int,
    size: u64,
}

impl From<Change> for furnace_change {
    fn from(change: Change) -> Self {
        let text = |path: &Path| c_string(path.as_os_str().as_bytes());
        let (kind, content, metadata) = match change.kind {
            ChangeKind::Created => (FURNACE_CHANGE_CREATED, false, false),
            ChangeKind::Modified { content, metadata } => (FURNACE_CHANGE_MODIFIED, content, metadata),
            ChangeKind::Deleted => (FURNACE_CHANGE_DELETED, false, false),
        };
        Self {
            path: text(&change.path),
            link_to: change.link_to.as_deref().map(text),
            kind,
            content,
            metadata,
            file_type: match change.file_type {
                FileType::File => FURNACE_FILE_REGULAR,
                FileType::Directory => FURNACE_FILE_DIRECTORY,
                FileType::Symlink => FURNACE_FILE_SYMLINK,
                FileType::CharacterDevice => FURNACE_FILE_CHARACTER_DEVICE,
                FileType::BlockDevice => FURNACE_FILE_BLOCK_DEVICE,
                FileType::Fifo => FURNACE_FILE_FIFO,
                FileType::Socket => FURNACE_FILE_SOCKET,
            },
            size: change.size,
        }
    }
}

/// Compares what an overlay with this upper directory shows with its lower tree. `lower` shows that tree as the
/// overlay sees it: the lower directory, or, if there are several, a read-only overlay of them. Both are descriptors
/// of directories, of any kind, also those opened with O_PATH, and are duplicated. `*changes` has to be freed with
/// furnace_changes_free().
///
/// -EBADF for what is no descriptor, -ENOTDIR for what is no directory, -ENOENT if one was removed, or /proc is not
/// mounted.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_changes_between(
    upper: c_int,
    lower: c_int,
    changes: Option<&mut MaybeUninit<Box<furnace_changes>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let changes = place(changes, "changes")?;
        let (upper, lower) = (descriptor(upper, "upper")?, descriptor(lower, "lower")?);
        changes.write(Box::new(furnace_changes(Changes::between(upper, lower)?)));
        Ok(())
    })
}

/// Frees the list, at any time. Changes that came of it stay.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_changes_free(changes: Option<Box<furnace_changes>>) {
    value((), || drop(changes));
}

/// The next difference: `*change`, which is NULL after the last one, and otherwise has to be freed with
/// furnace_change_free().
///
/// An entry that can't be read is a failure, in FURNACE_PHASE_COMPARE, after which it goes on with the next call.
/// -EINVAL where the upper directory was tampered with, so that the kernel would not show that entry either.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_changes_next(
    changes: Option<&mut furnace_changes>,
    change: Option<&mut MaybeUninit<Option<Box<furnace_change>>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let changes = given(changes, "changes")?;
        let change = place(change, "change")?;
        let next = changes.0.next().transpose()?;
        change.write(next.map(|next| Box::new(next.into())));
        Ok(())
    })
}

/// Frees the change, and all text that it gave.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_change_free(change: Option<Box<furnace_change>>) {
    value((), || drop(change));
}

/// Where: relative to the root of the overlay, which itself is ".". Borrowed until the change is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_change_path(change: Option<&furnace_change>) -> *const c_char {
    change.map_or(null(), |change| change.path.as_ptr())
}

/// What happened there: one of FURNACE_CHANGE_*. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_change_kind(change: Option<&furnace_change>) -> c_int {
    change.map_or(0, |change| change.kind)
}

/// Whether what is modified is the bytes of a file, the target of a symlink, or the number of a device.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_change_content(change: Option<&furnace_change>) -> bool {
    change.is_some_and(|change| change.content)
}

/// Whether what is modified is mode, owner, group, time of modification, or an extended attribute.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_change_metadata(change: Option<&furnace_change>) -> bool {
    change.is_some_and(|change| change.metadata)
}

/// What is there now, or was there if it is deleted: one of FURNACE_FILE_*. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_change_type(change: Option<&furnace_change>) -> c_int {
    change.map_or(0, |change| change.file_type)
}

/// The bytes of a regular file, or of a symlink's target; 0 for anything else. Of a deleted one, those that it had.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_change_size(change: Option<&furnace_change>) -> u64 {
    change.map_or(0, |change| change.size)
}

/// The path, relative to the root, that this is now a hard link to; NULL if it is none. It is one that the list named
/// before, or one that is in the lower tree and did not change. Borrowed until the change is freed.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_change_link_to(change: Option<&furnace_change>) -> *const c_char {
    let link_to = change.and_then(|change| change.link_to.as_ref());
    link_to.map_or(null(), |path| path.as_ptr())
}
