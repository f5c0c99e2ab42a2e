//! One way to change an overlay, and the list that has to come of it.

use std::path::Path;

use furnace_core::{Change, ChangeKind, FileType};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;

use crate::copy;
use crate::overlay::{Overlay, Redirect};
use crate::tree::age;

/// Fills the lower tree with `lower`, changes the overlay with `act`, and expects the list to be as [`line`] has it;
/// once with redirects and once without.
pub(crate) fn case(name: &str, lower: fn(&Path), act: fn(&Path), expected: &'static [&'static str]) -> Trial {
    case_with(&[Redirect::On, Redirect::Off], name, lower, act, expected)
}

/// As [`case`], where the two differ.
pub(crate) fn case_with(
    redirects: &'static [Redirect],
    name: &str,
    lower: fn(&Path),
    act: fn(&Path),
    expected: &'static [&'static str],
) -> Trial {
    test(name, &[Need::Root], move || {
        for redirect in redirects {
            let overlay = Overlay::new(*redirect, |root| {
                lower(root);
                age(root);
            });
            act(&overlay.merged());
            check(&overlay, expected)?;
            // What is not in the upper directory but in the kernel's memory would be no change.
            overlay.remount();
            check(&overlay, expected)?;
        }
        Ok(())
    })
}

/// Whether the list is as expected, and applied to the lower tree gives what the overlay shows.
pub(crate) fn check(overlay: &Overlay, expected: &[&str]) -> Outcome {
    let changes = overlay.list()?;
    let lines: Vec<String> = changes.iter().map(line).collect();
    assert_eq!(lines, expected);
    Ok(copy::check(overlay, &changes)?)
}

/// A change in words: "created file a/b 12", "modified file a content, metadata", "created file c 12 = a".
pub(crate) fn line(change: &Change) -> String {
    let (verb, what) = match change.kind {
        ChangeKind::Created => ("created", ""),
        ChangeKind::Deleted => ("deleted", ""),
        ChangeKind::Modified { content, metadata } => {
            let what = match (content, metadata) {
                (true, true) => ": content, metadata",
                (true, false) => ": content",
                (false, true) => ": metadata",
                (false, false) => ": link",
            };
            ("modified", what)
        }
    };
    let file_type = match change.file_type {
        FileType::File => "file",
        FileType::Directory => "directory",
        FileType::Symlink => "symlink",
        FileType::CharacterDevice => "character device",
        FileType::BlockDevice => "block device",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
    };
    let path = change.path.as_os_str().as_encoded_bytes().escape_ascii();
    let mut line = format!("{verb} {file_type} {path}");
    if matches!(change.file_type, FileType::File | FileType::Symlink) {
        line.push_str(&format!(" {}", change.size));
    }
    if let Some(other) = &change.link_to {
        line.push_str(&format!(" = {}", other.as_os_str().as_encoded_bytes().escape_ascii()));
    }
    line + what
}
