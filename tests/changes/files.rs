//! Regular files and symlinks.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use libtest_mimic::Trial;
use rustix::fs::{CWD, RenameFlags, lremovexattr, renameat_with};

use crate::case::case;
use crate::operations::{append, attribute, directory, mode, owner, remove, rename, write};
use crate::tree::{AGED, set_modified};

fn some(lower: &Path) {
    directory(lower.join("d"));
    for name in ["a", "b", "d/c"] {
        write(lower.join(name), "bytes");
    }
    symlink("a", lower.join("s")).unwrap();
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        case("nothing", some, |_| {}, &[]),
        case(
            "a_new_file",
            some,
            |merged| write(merged.join("d/new"), "abc"),
            &["modified directory d: metadata", "created file d/new 3"],
        ),
        case(
            "a_file_that_grew",
            some,
            |merged| append(merged.join("d/c"), "more"),
            &["modified file d/c 9: content, metadata"],
        ),
        case(
            "other_bytes_of_the_same_size_and_time",
            some,
            |merged| {
                write(merged.join("a"), "BYTES");
                set_modified(&merged.join("a"), AGED);
            },
            &["modified file a 5: content"],
        ),
        case(
            "one_byte_far_into_a_file",
            |lower| fs::write(lower.join("a"), vec![7; 200_000]).unwrap(),
            |merged| {
                let mut bytes = vec![7; 200_000];
                bytes[199_999] = 8;
                fs::write(merged.join("a"), bytes).unwrap();
                set_modified(&merged.join("a"), AGED);
            },
            &["modified file a 200000: content"],
        ),
        case(
            "the_same_bytes_written_again",
            some,
            |merged| {
                write(merged.join("a"), "bytes");
                write(merged.join("b"), "bytes");
                set_modified(&merged.join("b"), AGED);
            },
            &["modified file a 5: metadata"],
        ),
        case(
            "a_file_that_was_only_opened_to_write",
            some,
            |merged| drop(fs::OpenOptions::new().append(true).open(merged.join("d/c")).unwrap()),
            &[],
        ),
        case(
            "another_mode",
            some,
            |merged| mode(merged.join("a"), 0o4711),
            &["modified file a 5: metadata"],
        ),
        case(
            "another_owner",
            some,
            |merged| {
                owner(merged.join("a"), 12, 0);
                owner(merged.join("b"), 0, 34);
                owner(merged.join("s"), 12, 34);
            },
            &[
                "modified file a 5: metadata",
                "modified file b 5: metadata",
                "modified symlink s 1: metadata",
            ],
        ),
        case(
            "another_time",
            some,
            |merged| {
                set_modified(&merged.join("a"), (AGED.0, AGED.1 + 1));
                set_modified(&merged.join("d"), (AGED.0 + 1, AGED.1));
            },
            &["modified file a 5: metadata", "modified directory d: metadata"],
        ),
        case(
            "extended_attributes",
            |lower| {
                some(lower);
                attribute(lower.join("a"), "trusted.one", b"1");
                attribute(lower.join("b"), "trusted.one", b"1");
                attribute(lower.join("d/c"), "trusted.one", b"1");
            },
            |merged| {
                lremovexattr(merged.join("a"), "trusted.one").unwrap();
                attribute(merged.join("b"), "trusted.one", b"2");
                attribute(merged.join("d/c"), "trusted.one", b"1");
                attribute(merged.join("d"), "trusted.two", &[0xff; 3000]);
                attribute(merged.join("s"), "trusted.three", b"");
            },
            &[
                "modified file a 5: metadata",
                "modified file b 5: metadata",
                "modified directory d: metadata",
                "modified symlink s 1: metadata",
            ],
        ),
        case(
            "a_deleted_file",
            some,
            |merged| remove(merged.join("a")),
            &["deleted file a 5"],
        ),
        case(
            "a_file_that_came_and_went",
            some,
            |merged| {
                write(merged.join("new"), "abc");
                remove(merged.join("new"));
            },
            &[],
        ),
        case(
            "a_file_deleted_and_made_anew",
            some,
            |merged| {
                remove(merged.join("a"));
                write(merged.join("a"), "BYTES");
            },
            &["modified file a 5: content, metadata"],
        ),
        case(
            "a_renamed_file",
            some,
            |merged| rename(merged.join("a"), merged.join("z")),
            &["deleted file a 5", "created file z 5"],
        ),
        case(
            "a_file_renamed_onto_another",
            some,
            |merged| {
                append(merged.join("a"), "!");
                rename(merged.join("a"), merged.join("b"));
            },
            &["deleted file a 5", "modified file b 6: content, metadata"],
        ),
        case(
            "two_files_exchanged",
            |lower| {
                write(lower.join("a"), "one");
                write(lower.join("b"), "other");
            },
            |merged| {
                let (a, b) = (merged.join("a"), merged.join("b"));
                renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).unwrap();
            },
            &["modified file a 5: content", "modified file b 3: content"],
        ),
        case(
            "a_symlink_that_points_elsewhere",
            some,
            |merged| {
                remove(merged.join("s"));
                symlink("/etc", merged.join("s")).unwrap();
            },
            &["modified symlink s 4: content, metadata"],
        ),
        case(
            "a_new_symlink",
            some,
            |merged| symlink("d/c", merged.join("t")).unwrap(),
            &["created symlink t 3"],
        ),
        case(
            "a_file_in_place_of_a_symlink",
            some,
            |merged| {
                remove(merged.join("s"));
                write(merged.join("s"), "abc");
            },
            &["deleted symlink s 1", "created file s 3"],
        ),
        case(
            "the_root_itself",
            some,
            |merged| mode(merged, 0o1777),
            &["modified directory .: metadata"],
        ),
    ]
}
