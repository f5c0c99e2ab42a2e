//! Files with several names.

use std::path::Path;

use libtest_mimic::Trial;

use crate::case::{case, case_with};
use crate::operations::{append, directory, link, mode, node, remove, rename, write};
use crate::overlay::Redirect;

fn some(lower: &Path) {
    directory(lower.join("d"));
    for name in ["d/m", "n", "other"] {
        write(lower.join(name), "bytes");
    }
}

fn linked(lower: &Path) {
    directory(lower.join("d"));
    write(lower.join("d/one"), "bytes");
    link(lower.join("d/one"), lower.join("d/two"));
    link(lower.join("d/one"), lower.join("three"));
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        case(
            "a_new_link_to_an_old_file",
            some,
            |merged| link(merged.join("n"), merged.join("z")),
            &["created file z 5 = n"],
        ),
        case(
            "a_new_link_that_comes_before_its_file",
            some,
            |merged| link(merged.join("n"), merged.join("a")),
            &["created file a 5", "modified file n 5 = a: link"],
        ),
        case(
            "two_new_links_to_an_old_file",
            some,
            |merged| {
                link(merged.join("n"), merged.join("o"));
                link(merged.join("o"), merged.join("p"));
            },
            &["created file o 5 = n", "created file p 5 = n"],
        ),
        case(
            "new_files_that_are_one",
            some,
            |merged| {
                directory(merged.join("new"));
                write(merged.join("new/a"), "abc");
                link(merged.join("new/a"), merged.join("new/b"));
                link(merged.join("new/a"), merged.join("z"));
            },
            &[
                "created directory new",
                "created file new/a 3",
                "created file new/b 3 = new/a",
                "created file z 3 = new/a",
            ],
        ),
        case(
            "a_link_to_a_file_that_changed",
            some,
            |merged| {
                link(merged.join("d/m"), merged.join("z"));
                append(merged.join("z"), "!");
                crate::tree::age(&merged.join("d"));
                append(merged.join("z"), "!");
            },
            &["modified file d/m 7: content, metadata", "created file z 7 = d/m"],
        ),
        case(
            "a_file_in_whose_place_a_link_is",
            some,
            |merged| {
                remove(merged.join("other"));
                link(merged.join("n"), merged.join("other"));
            },
            &["modified file other 5 = n: link"],
        ),
        case(
            "old_links_that_are_untouched",
            linked,
            |merged| mode(merged.join("d"), 0o700),
            &["modified directory d: metadata"],
        ),
        case(
            "one_name_of_several_changed",
            linked,
            |merged| append(merged.join("d/two"), "!"),
            &["modified file d/two 6: content, metadata"],
        ),
        case(
            "one_name_of_several_deleted",
            linked,
            |merged| remove(merged.join("three")),
            &["deleted file three 5"],
        ),
        case_with(
            &[Redirect::On],
            "old_links_in_a_renamed_directory",
            linked,
            |merged| rename(merged.join("d"), merged.join("r")),
            &[
                "deleted directory d",
                "created directory r",
                "created file r/one 5",
                "created file r/two 5 = r/one",
            ],
        ),
        case_with(
            &[Redirect::On],
            "old_links_in_a_directory_renamed_back",
            linked,
            |merged| {
                rename(merged.join("d"), merged.join("r"));
                rename(merged.join("r"), merged.join("d"));
            },
            &[],
        ),
        case_with(
            &[Redirect::Off],
            "old_links_moved_one_by_one",
            linked,
            |merged| {
                directory(merged.join("r"));
                rename(merged.join("d/one"), merged.join("r/one"));
                rename(merged.join("d/two"), merged.join("r/two"));
                remove(merged.join("d"));
            },
            &[
                "deleted directory d",
                "created directory r",
                "created file r/one 5",
                "created file r/two 5",
            ],
        ),
        case(
            "links_of_device_nodes",
            some,
            |merged| {
                node(merged.join("p"), rustix::fs::FileType::Fifo, 0, 0);
                link(merged.join("p"), merged.join("q"));
            },
            &["created fifo p", "created fifo q = p"],
        ),
    ]
}
