//! Device nodes, FIFOs and sockets.

use std::os::unix::net::UnixListener;
use std::path::Path;

use libtest_mimic::Trial;
use rustix::fs::FileType;

use crate::case::case;
use crate::operations::{directory, mode, node, remove, write};
use crate::tree::{AGED, set_modified};

fn some(lower: &Path) {
    node(lower.join("b"), FileType::BlockDevice, 7, 0);
    node(lower.join("c"), FileType::CharacterDevice, 1, 3);
    node(lower.join("f"), FileType::Fifo, 0, 0);
    node(lower.join("s"), FileType::Socket, 0, 0);
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        case(
            "new_nodes",
            |lower| directory(lower.join("d")),
            |merged| {
                node(merged.join("b"), FileType::BlockDevice, 8, 1);
                node(merged.join("c"), FileType::CharacterDevice, 1, 3);
                node(merged.join("f"), FileType::Fifo, 0, 0);
                drop(UnixListener::bind(merged.join("s")).unwrap());
            },
            &[
                "created block device b",
                "created character device c",
                "created fifo f",
                "created socket s",
            ],
        ),
        case(
            "other_modes_of_nodes",
            some,
            |merged| {
                for name in ["b", "c", "f", "s"] {
                    mode(merged.join(name), 0o666);
                }
            },
            &[
                "modified block device b: metadata",
                "modified character device c: metadata",
                "modified fifo f: metadata",
                "modified socket s: metadata",
            ],
        ),
        case(
            "a_node_of_another_number",
            some,
            |merged| {
                remove(merged.join("c"));
                node(merged.join("c"), FileType::CharacterDevice, 1, 5);
                set_modified(&merged.join("c"), AGED);
            },
            &["modified character device c: content"],
        ),
        case(
            "a_node_of_another_type",
            some,
            |merged| {
                remove(merged.join("f"));
                node(merged.join("f"), FileType::Socket, 0, 0);
                remove(merged.join("s"));
                write(merged.join("s"), "abc");
            },
            &[
                "deleted fifo f",
                "created socket f",
                "deleted socket s",
                "created file s 3",
            ],
        ),
        case(
            "deleted_nodes",
            some,
            |merged| {
                for name in ["b", "c", "f", "s"] {
                    remove(merged.join(name));
                }
            },
            &[
                "deleted block device b",
                "deleted character device c",
                "deleted fifo f",
                "deleted socket s",
            ],
        ),
    ]
}
