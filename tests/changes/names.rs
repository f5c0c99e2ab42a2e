//! Names of any bytes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

use crate::case::case;
use crate::operations::{append, directory, remove, rename, write};

const ODD: [&[u8]; 5] = [b"a:b,c=d", b"b\\ackslash", b"new\nline", b" ", b"\xff\x01"];

fn odd(root: &Path) -> [PathBuf; 5] {
    ODD.map(|name| root.join(OsStr::from_bytes(name)))
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        case(
            "odd_names",
            |lower| {
                let [colon, backslash, newline, ..] = odd(lower);
                directory(&colon);
                write(colon.join("in"), "bytes");
                write(backslash, "bytes");
                write(newline, "bytes");
            },
            |merged| {
                let [colon, backslash, newline, space, ff] = odd(merged);
                append(colon.join("in"), "!");
                remove(newline);
                append(backslash, "!");
                write(space, "abc");
                directory(&ff);
                rename(&colon, ff.join("\n"));
            },
            &[
                "created file   3",
                "deleted directory a:b,c=d",
                "modified file b\\\\ackslash 6: content, metadata",
                "deleted file new\\nline 5",
                "created directory \\xff\\x01",
                "created directory \\xff\\x01/\\n",
                "created file \\xff\\x01/\\n/in 6",
            ],
        ),
        case(
            "names_are_in_the_order_of_their_bytes",
            |_| {},
            |merged| {
                directory(merged.join("a"));
                for name in ["a/z", "a-", "B", "é", "a0", "aa"] {
                    write(merged.join(name), "");
                }
            },
            &[
                "created file B 0",
                "created directory a",
                "created file a/z 0",
                "created file a- 0",
                "created file a0 0",
                "created file aa 0",
                "created file \\xc3\\xa9 0",
            ],
        ),
    ]
}
