//! Directories: opaque ones, and such that were renamed.

use std::path::Path;

use libtest_mimic::Trial;

use crate::case::case;
use crate::operations::{append, directory, mode, remove, rename, write};

fn some(lower: &Path) {
    directory(lower.join("d/e"));
    directory(lower.join("x"));
    for name in ["d/a", "d/b", "d/e/f", "x/y"] {
        write(lower.join(name), "bytes");
    }
}

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        case(
            "a_new_directory",
            some,
            |merged| {
                directory(merged.join("new/inner"));
                write(merged.join("new/inner/file"), "abc");
            },
            &[
                "created directory new",
                "created directory new/inner",
                "created file new/inner/file 3",
            ],
        ),
        case(
            "another_mode_of_a_directory",
            some,
            |merged| mode(merged.join("d/e"), 0o700),
            &["modified directory d/e: metadata"],
        ),
        case(
            "a_deleted_directory",
            some,
            |merged| remove(merged.join("d")),
            &["deleted directory d"],
        ),
        case(
            "a_directory_deleted_and_made_anew",
            some,
            |merged| {
                remove(merged.join("d"));
                directory(merged.join("d"));
                write(merged.join("d/b"), "other");
                write(merged.join("d/c"), "new");
            },
            &[
                "modified directory d: metadata",
                "deleted file d/a 5",
                "modified file d/b 5: content, metadata",
                "created file d/c 3",
                "deleted directory d/e",
            ],
        ),
        case(
            "a_file_in_place_of_a_directory",
            some,
            |merged| {
                remove(merged.join("d"));
                write(merged.join("d"), "abc");
            },
            &["deleted directory d", "created file d 3"],
        ),
        case(
            "a_directory_in_place_of_a_file",
            some,
            |merged| {
                remove(merged.join("x/y"));
                directory(merged.join("x/y/z"));
            },
            &[
                "modified directory x: metadata",
                "deleted file x/y 5",
                "created directory x/y",
                "created directory x/y/z",
            ],
        ),
        case(
            "a_directory_that_was_a_file_for_a_while",
            some,
            |merged| {
                remove(merged.join("x"));
                write(merged.join("x"), "abc");
                remove(merged.join("x"));
                directory(merged.join("x"));
            },
            &["modified directory x: metadata", "deleted file x/y 5"],
        ),
    ];
    trials.extend(renamed());
    trials
}

fn renamed() -> Vec<Trial> {
    vec![
        case(
            "a_renamed_directory",
            some,
            |merged| rename(merged.join("d"), merged.join("r")),
            &[
                "deleted directory d",
                "created directory r",
                "created file r/a 5",
                "created file r/b 5",
                "created directory r/e",
                "created file r/e/f 5",
            ],
        ),
        case(
            "a_renamed_directory_and_changes_in_it",
            some,
            |merged| {
                rename(merged.join("d"), merged.join("r"));
                append(merged.join("r/e/f"), "!");
                remove(merged.join("r/a"));
                write(merged.join("r/e/new"), "abc");
            },
            &[
                "deleted directory d",
                "created directory r",
                "created file r/b 5",
                "created directory r/e",
                "created file r/e/f 6",
                "created file r/e/new 3",
            ],
        ),
        case(
            "a_directory_changed_and_then_renamed",
            some,
            |merged| {
                remove(merged.join("d/a"));
                append(merged.join("d/e/f"), "!");
                rename(merged.join("d"), merged.join("x/r"));
            },
            &[
                "deleted directory d",
                "modified directory x: metadata",
                "created directory x/r",
                "created file x/r/b 5",
                "created directory x/r/e",
                "created file x/r/e/f 6",
            ],
        ),
        case(
            "a_directory_renamed_twice",
            some,
            |merged| {
                rename(merged.join("d"), merged.join("q"));
                rename(merged.join("q/e"), merged.join("q/o"));
                rename(merged.join("q"), merged.join("x/r"));
                rename(merged.join("x/r/o"), merged.join("p"));
            },
            &[
                "deleted directory d",
                "created directory p",
                "created file p/f 5",
                "modified directory x: metadata",
                "created directory x/r",
                "created file x/r/a 5",
                "created file x/r/b 5",
            ],
        ),
        case(
            "a_directory_renamed_in_a_renamed_one",
            some,
            |merged| {
                rename(merged.join("d"), merged.join("r"));
                rename(merged.join("r/e"), merged.join("r/o"));
            },
            &[
                "deleted directory d",
                "created directory r",
                "created file r/a 5",
                "created file r/b 5",
                "created directory r/o",
                "created file r/o/f 5",
            ],
        ),
        case(
            "a_directory_renamed_and_renamed_back",
            some,
            |merged| {
                rename(merged.join("d/e"), merged.join("r"));
                rename(merged.join("r"), merged.join("d/e"));
            },
            &["modified directory d: metadata"],
        ),
        case(
            "a_directory_renamed_onto_where_another_was",
            some,
            |merged| {
                remove(merged.join("x"));
                rename(merged.join("d"), merged.join("x"));
                rename(merged.join("x/e"), merged.join("d"));
            },
            &[
                "deleted file d/a 5",
                "deleted file d/b 5",
                "deleted directory d/e",
                "created file d/f 5",
                "modified directory x: metadata",
                "created file x/a 5",
                "created file x/b 5",
                "deleted file x/y 5",
            ],
        ),
        case(
            "two_directories_that_changed_places",
            |lower| {
                for name in ["d", "x"] {
                    directory(lower.join(name).join("same"));
                    write(lower.join(name).join("file"), name);
                    write(lower.join(name).join("same/file"), "same");
                }
            },
            |merged| {
                rename(merged.join("d"), merged.join("t"));
                rename(merged.join("x"), merged.join("d"));
                rename(merged.join("t"), merged.join("x"));
            },
            &["modified file d/file 1: content", "modified file x/file 1: content"],
        ),
        case(
            "a_renamed_directory_and_a_new_one_in_its_place",
            some,
            |merged| {
                rename(merged.join("d"), merged.join("r"));
                directory(merged.join("d/e"));
                write(merged.join("d/a"), "other");
                crate::tree::age(&merged.join("d"));
            },
            &[
                "modified file d/a 5: content",
                "deleted file d/b 5",
                "deleted file d/e/f 5",
                "created directory r",
                "created file r/a 5",
                "created file r/b 5",
                "created directory r/e",
                "created file r/e/f 5",
            ],
        ),
    ]
}
