//! The tree of mounts, as proc_pid_mountinfo(5) shows it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: u64,
    parent: u64,
    pub(super) point: PathBuf,
}

/// Those of the calling thread's mount namespace that can be reached from its root directory.
pub(super) fn read() -> io::Result<Vec<Entry>> {
    let text = fs::read("/proc/thread-self/mountinfo")?;
    Ok(text.split(|byte| *byte == b'\n').filter_map(parse).collect())
}

/// What is mounted below or over the mount `top`, each before what it lies on.
pub(super) fn below(top: u64, entries: &[Entry]) -> Vec<&Entry> {
    let mut found: Vec<&Entry> = entries.iter().filter(|entry| entry.parent == top).collect();
    let mut seen = 0;
    while let Some(parent) = found.get(seen).map(|entry| entry.id) {
        found.extend(entries.iter().filter(|entry| entry.parent == parent && entry.id != top));
        seen += 1;
    }
    found.reverse();
    found
}

fn parse(line: &[u8]) -> Option<Entry> {
    let mut fields = line.split(|byte| *byte == b' ');
    let mut number = || str::from_utf8(fields.next()?).ok()?.parse().ok();
    let (id, parent) = (number()?, number()?);
    let point = unescaped(fields.nth(2)?);
    Some(Entry { id, parent, point })
}

/// The kernel writes white space and backslashes as a backslash and three octal digits.
fn unescaped(field: &[u8]) -> PathBuf {
    let mut path = Vec::with_capacity(field.len());
    let mut rest = field;
    loop {
        rest = match rest {
            [] => return OsString::from_vec(path).into(),
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] => {
                path.push(((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0'));
                after
            }
            [plain, after @ ..] => {
                path.push(*plain);
                after
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::{Entry, below, parse};

    fn entry(id: u64, parent: u64) -> Entry {
        let point = "/".into();
        Entry { id, parent, point }
    }

    #[test]
    fn a_line_has_numbers_and_an_escaped_path() {
        let line = b"36 35 98:0 /mnt1 /mnt\\0402\\134\\012\xff rw,noatime master:1 - ext3 /dev/root rw";
        let found = parse(line).expect("it is one");
        assert_eq!((found.id, found.parent), (36, 35));
        assert_eq!(found.point.as_os_str(), OsStr::from_bytes(b"/mnt 2\\\n\xff"));
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"36 x 98:0 / /mnt"), None);
    }

    #[test]
    fn what_lies_on_others_comes_before_them() {
        let entries = [
            entry(1, 1),
            entry(9, 2),
            entry(2, 1),
            entry(3, 2),
            entry(4, 3),
            entry(5, 1),
        ];
        let ids: Vec<u64> = below(2, &entries).iter().map(|entry| entry.id).collect();
        assert_eq!(ids, [4, 3, 9]);
        assert!(below(4, &entries).is_empty());
    }

    #[test]
    fn the_root_that_is_its_own_parent_ends_somewhere() {
        let ids: Vec<u64> = below(1, &[entry(1, 1), entry(2, 1)])
            .iter()
            .map(|entry| entry.id)
            .collect();
        assert!(ids.contains(&2));
    }
}
