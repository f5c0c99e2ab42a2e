//! Applies a list of changes, as its documentation says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use furnace_core::{Change, ChangeKind, FileType};
use rustix::fs::{CWD, Mode, XattrFlags, lremovexattr, lsetxattr, mknodat};

use crate::overlay::Overlay;
use crate::tree::{attributes, difference, modified, paths, set_modified, snapshot};

/// Whether the list, applied to a copy of the lower tree, gives what the overlay shows.
pub(crate) fn check(overlay: &Overlay, changes: &[Change]) -> Result<(), String> {
    let copy = overlay.join("copy");
    let copied = Command::new("cp").arg("-a").arg(overlay.lower()).arg(&copy).status();
    assert!(copied.unwrap().success());
    apply(changes, &overlay.merged(), &copy);
    restore_directories(changes, overlay, &copy);
    let differs = difference(&snapshot(&overlay.merged()), &snapshot(&copy))
        .map(|what| format!("the overlay, and what the list makes of the lower tree, differ at {what}"))
        .or_else(|| links_differ(changes, overlay, &copy));
    fs::remove_dir_all(&copy).unwrap();
    match differs {
        None => Ok(()),
        Some(what) => Err(what),
    }
}

fn apply(changes: &[Change], merged: &Path, copy: &Path) {
    for change in changes {
        let (from, to) = (merged.join(&change.path), copy.join(&change.path));
        match (change.kind, change.file_type) {
            (ChangeKind::Deleted, FileType::Directory) => fs::remove_dir_all(to).unwrap(),
            (ChangeKind::Deleted, _) => fs::remove_file(to).unwrap(),
            (ChangeKind::Created, _) => make(change, [&from, &from], &to, copy),
            (ChangeKind::Modified { .. }, FileType::Directory) => copy_metadata(&from, &to),
            (ChangeKind::Modified { content, metadata }, _) => {
                // What is not said to have changed is taken from what was there.
                let old = copy.with_extension("old");
                fs::rename(&to, &old).unwrap();
                let either = |changed| if changed { &from } else { &old };
                make(change, [either(content), either(metadata)], &to, copy);
                fs::remove_file(&old).unwrap();
            }
        }
    }
}

/// Makes a file with the content of one and the metadata of another.
fn make(change: &Change, [content, metadata]: [&Path; 2], to: &Path, copy: &Path) {
    if let Some(other) = &change.link_to {
        fs::hard_link(copy.join(other), to).unwrap();
        return;
    }
    match change.file_type {
        FileType::File => {
            let bytes = fs::read(content).unwrap();
            assert_eq!(bytes.len() as u64, change.size, "the size of {}", change.path.display());
            fs::write(to, bytes).unwrap();
        }
        FileType::Directory => fs::create_dir(to).unwrap(),
        FileType::Symlink => symlink(fs::read_link(content).unwrap(), to).unwrap(),
        FileType::CharacterDevice | FileType::BlockDevice | FileType::Fifo | FileType::Socket => {
            let about = fs::symlink_metadata(content).unwrap();
            let file_type = rustix::fs::FileType::from_raw_mode(about.mode());
            mknodat(CWD, to, file_type, Mode::RUSR, about.rdev()).unwrap();
        }
    }
    copy_metadata(metadata, to);
}

fn copy_metadata(from: &Path, to: &Path) {
    let metadata = fs::symlink_metadata(from).unwrap();
    lchown(to, Some(metadata.uid()), Some(metadata.gid())).unwrap();
    if !metadata.is_symlink() {
        fs::set_permissions(to, fs::Permissions::from_mode(metadata.mode())).unwrap();
    }
    let wanted = attributes(from);
    for name in attributes(to).into_keys().filter(|name| !wanted.contains_key(name)) {
        lremovexattr(to, name).unwrap();
    }
    for (name, value) in wanted {
        lsetxattr(to, name, &value, XattrFlags::empty()).unwrap();
    }
    set_modified(to, modified(&metadata));
}

/// Gives directories their times: those of the list theirs in the overlay, all others theirs in the lower tree.
fn restore_directories(changes: &[Change], overlay: &Overlay, copy: &Path) {
    let listed: Vec<_> = changes.iter().map(|change| change.path.as_path()).collect();
    for (path, facts) in snapshot(copy) {
        if facts.file_type.is_dir() {
            let from = if listed.contains(&path.as_path()) {
                overlay.merged()
            } else {
                overlay.lower()
            };
            let metadata = fs::symlink_metadata(from.join(&path)).unwrap();
            set_modified(&copy.join(&path), modified(&metadata));
        }
    }
}

/// Whether paths are names of one file in the one tree, and of several in the other. Copy-up separates names of a file
/// of the lower tree, of which no list tells; so of what is not in the list, only what has become one file has to be so.
fn links_differ(changes: &[Change], overlay: &Overlay, copy: &Path) -> Option<String> {
    let there = changes.iter().filter(|change| change.kind != ChangeKind::Deleted);
    let listed: BTreeSet<_> = there.map(|change| change.path.clone()).collect();
    let copied_up = paths(&overlay.upper());
    let (listed_now, listed_then) = (groups(&overlay.merged(), &listed), groups(copy, &listed));
    if listed_now != listed_then {
        return Some(format!("hard links differ: {listed_now:?} and {listed_then:?}"));
    }
    let all = groups(copy, &copied_up);
    let apart = groups(&overlay.merged(), &copied_up)
        .into_iter()
        .find(|now| !all.iter().any(|then| now.is_subset(then)));
    apart.map(|names| format!("{names:?} have become hard links"))
}

/// Which of these paths are names of one file, directories aside.
fn groups(root: &Path, paths: &BTreeSet<PathBuf>) -> BTreeSet<BTreeSet<PathBuf>> {
    let mut groups: BTreeMap<_, BTreeSet<PathBuf>> = BTreeMap::new();
    for path in paths {
        // A whiteout is nothing here.
        if let Ok(metadata) = fs::symlink_metadata(root.join(path))
            && !metadata.is_dir()
        {
            let group = groups.entry((metadata.dev(), metadata.ino())).or_default();
            group.insert(path.clone());
        }
    }
    groups.into_values().collect()
}
