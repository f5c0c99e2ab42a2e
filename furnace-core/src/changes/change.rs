//! What is said of each path that is not as it was.

use std::path::PathBuf;

/// One difference between the lower tree of an overlay and what the overlay shows; see [`Changes`](crate::Changes).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Where: relative to the root of the overlay, which itself is `.`.
    pub path: PathBuf,
    /// What happened there.
    pub kind: ChangeKind,
    /// What is there now, or was there if it is deleted.
    pub file_type: FileType,
    /// The bytes of a regular file, or of a symlink's target; 0 for anything else. Of a deleted one, those that it had.
    pub size: u64,
    /// The path, relative to the root, that this is now a hard link to. It is one that the list named before, or one
    /// that is in the lower tree and did not change.
    pub link_to: Option<PathBuf>,
}

/// What happened at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// There was nothing, or something of another type, whose deletion then comes just before.
    Created,
    /// There was something of the same type. Where neither is set, it has become a hard link, and nothing else.
    Modified {
        /// The bytes of a file, the target of a symlink, or the number of a device.
        content: bool,
        /// Mode, owner, group, time of modification, or an extended attribute.
        metadata: bool,
    },
    /// There is nothing any more. A directory is named once, for all that was in it.
    Deleted,
}

/// The types of files that Linux has (inode(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it all")]
pub enum FileType {
    File,
    Directory,
    Symlink,
    CharacterDevice,
    BlockDevice,
    Fifo,
    Socket,
}
