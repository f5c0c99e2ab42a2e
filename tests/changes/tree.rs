//! Everything of a tree that a list of changes has to get right.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, FileType, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, lgetxattr, llistxattr, utimensat};

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) file_type: FileType,
    mode: u32,
    owner: (u32, u32),
    device: u64,
    modified: (i64, i64),
    /// The bytes of a file, or the target of a symlink.
    content: Vec<u8>,
    attributes: BTreeMap<OsString, Vec<u8>>,
}

/// Every path below a directory, relative to it.
pub(crate) fn snapshot(root: &Path) -> BTreeMap<PathBuf, Facts> {
    paths(root)
        .into_iter()
        .map(|path| {
            let facts = facts(&root.join(&path));
            (path, facts)
        })
        .collect()
}

/// Every path below a directory, relative to it.
pub(crate) fn paths(root: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(root.join(&directory)).unwrap() {
            let entry = entry.unwrap();
            let path = directory.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                pending.push(path.clone());
            }
            found.insert(path);
        }
    }
    found
}

fn facts(path: &Path) -> Facts {
    let metadata = fs::symlink_metadata(path).unwrap();
    let file_type = metadata.file_type();
    let content = if file_type.is_file() {
        fs::read(path).unwrap()
    } else if file_type.is_symlink() {
        fs::read_link(path).unwrap().into_os_string().into_encoded_bytes()
    } else {
        Vec::new()
    };
    let device = if file_type.is_char_device() || file_type.is_block_device() {
        metadata.rdev()
    } else {
        0
    };
    Facts {
        file_type,
        mode: metadata.mode(),
        owner: (metadata.uid(), metadata.gid()),
        device,
        modified: modified(&metadata),
        content,
        attributes: attributes(path),
    }
}

pub(crate) fn modified(metadata: &Metadata) -> (i64, i64) {
    (metadata.mtime(), metadata.mtime_nsec())
}

/// The extended attributes, but those of overlayfs.
pub(crate) fn attributes(path: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let mut names = Vec::with_capacity(65536);
    llistxattr(path, spare_capacity(&mut names)).unwrap();
    names
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty() && !name.starts_with(b"trusted.overlay."))
        .map(|name| {
            let name = OsStr::from_bytes(name);
            let mut value = Vec::with_capacity(65536);
            lgetxattr(path, name, spare_capacity(&mut value)).unwrap();
            (name.to_owned(), value)
        })
        .collect()
}

/// Sets when something was modified.
pub(crate) fn set_modified(path: &Path, (tv_sec, tv_nsec): (i64, i64)) {
    let time = Timespec { tv_sec, tv_nsec };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// When everything was modified that was aged, in seconds and nanoseconds.
pub(crate) const AGED: (i64, i64) = (1_000_000_000, 1);

/// Makes everything old, so that what is written later is newer by any clock.
pub(crate) fn age(root: &Path) {
    for path in paths(root) {
        set_modified(&root.join(path), AGED);
    }
    set_modified(root, AGED);
}

/// Where two trees differ first, if they do.
pub(crate) fn difference(one: &BTreeMap<PathBuf, Facts>, other: &BTreeMap<PathBuf, Facts>) -> Option<String> {
    let paths: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    paths.into_iter().find_map(|path| {
        let (this, that) = (one.get(path), other.get(path));
        (this != that).then(|| format!("{}:\n  {this:?}\n  {that:?}", path.display()))
    })
}
