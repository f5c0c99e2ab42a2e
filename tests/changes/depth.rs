//! Trees deeper than a path may be long, and than a process may have descriptors.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use furnace_core::{ChangeKind, FileType};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;
use rustix::fs::{Mode, OFlags, mkdirat, openat};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::operations::{rename, write};
use crate::overlay::{Overlay, Redirect};

const LEVELS: usize = 5000;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("a_new_tree_of_5000_levels", &[Need::Root], new_tree),
        test("a_renamed_tree_of_5000_levels", &[Need::Root], renamed_tree),
        test("a_changed_tree_of_5000_levels", &[Need::Root], changed_tree),
    ]
}

/// A descriptor for the directories `d` in each other, made if need be, with a file `z` in each.
fn deep(top: impl Into<OwnedFd>, levels: usize) -> OwnedFd {
    let mut directory = top.into();
    for _ in 0..levels {
        let _ = mkdirat(&directory, c"d", Mode::RWXU);
        let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
        openat(&directory, c"z", flags, Mode::RUSR).unwrap();
        directory = openat(&directory, c"d", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).unwrap();
    }
    directory
}

/// Counts what is created, deleted and modified, with few descriptors to spare.
fn count(overlay: &Overlay) -> Result<[usize; 3], furnace_core::Error> {
    let changes = overlay.changes();
    let limit = getrlimit(Resource::Nofile);
    let few = Rlimit {
        current: Some(110),
        ..limit
    };
    setrlimit(Resource::Nofile, few).unwrap();
    let mut counts = [0; 3];
    let counted = changes.into_iter().try_for_each(|change| {
        let change = change?;
        match change.kind {
            ChangeKind::Created => counts[0] += 1,
            ChangeKind::Deleted => counts[1] += 1,
            ChangeKind::Modified { .. } => counts[2] += 1,
        }
        Ok(())
    });
    setrlimit(Resource::Nofile, limit).unwrap();
    counted.map(|()| counts)
}

fn new_tree() -> Outcome {
    let overlay = Overlay::new(Redirect::On, |_| {});
    deep(File::open(overlay.merged())?, LEVELS);
    assert_eq!(count(&overlay)?, [2 * LEVELS, 0, 0]);
    let changes = overlay.list()?;
    let (first, last) = (&changes[0], &changes[changes.len() - 1]);
    assert_eq!(changes[LEVELS - 1].path.components().count(), LEVELS);
    assert_eq!(changes[LEVELS - 1].file_type, FileType::Directory);
    assert_eq!((first.path.to_str(), last.path.to_str()), (Some("d"), Some("z")));
    Ok(())
}

fn renamed_tree() -> Outcome {
    let overlay = Overlay::new(Redirect::On, |lower| drop(deep(File::open(lower).unwrap(), LEVELS)));
    rename(overlay.merged().join("d"), overlay.merged().join("r"));
    assert_eq!(count(&overlay)?, [2 * LEVELS - 1, 1, 0]);
    Ok(())
}

fn changed_tree() -> Outcome {
    let overlay = Overlay::new(Redirect::On, |lower| drop(deep(File::open(lower).unwrap(), LEVELS)));
    let bottom = deep(File::open(overlay.merged())?, LEVELS);
    let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
    openat(bottom.as_fd(), c"new", flags, Mode::RUSR)?;
    write(overlay.merged().join("d/d/z"), "abc");
    drop(bottom);
    // The new file and the directory that it is in; the file that was written.
    assert_eq!(count(&overlay)?, [1, 0, 2]);
    Ok(())
}
