//! Control groups (cgroups(7)), version 2: where this process is in them, and what it may do there.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::Outcome;
use super::finding::Finding;
use super::machine::{Machine, described};
use crate::error::OsError;
use crate::error::escape::escaped;

/// Whether it is mounted.
pub(super) fn is_mounted(machine: &Machine) -> Finding {
    match hierarchy(machine) {
        Ok(Hierarchy { at, .. }) => Finding::yes(format!("/proc/self/mountinfo has it on {}", escaped(&at))),
        Err(finding) => finding,
    }
}

/// Which controllers this process may give to groups that it makes below its own.
pub(super) fn controllers(machine: &Machine) -> Finding {
    let group = match hierarchy(machine).and_then(|hierarchy| own_group(machine, &hierarchy)) {
        Ok(group) => group,
        Err(finding) => return finding,
    };
    let controllers = match std::fs::read_to_string(group.join("cgroup.controllers")) {
        Ok(said) => said.split_whitespace().collect::<Vec<_>>().join(", "),
        Err(error) => return unreadable(&group, &error),
    };
    let shown = escaped(&group);
    if controllers.is_empty() {
        return Finding::no(format!("{shown} has none"));
    }
    // To make groups, to move processes into them, and to hand controllers down (cgroups(7), "Delegation").
    for name in ["", "cgroup.procs", "cgroup.subtree_control"] {
        if let Err(errno) = accessat(CWD, group.join(name), Access::WRITE_OK, AtFlags::EACCESS) {
            let outcome = if machine.is_privileged() {
                Outcome::No
            } else {
                Outcome::Privileged
            };
            let why = OsError::new(errno);
            return Finding::new(
                outcome,
                format!("{shown} has {controllers}, but can't be written to: {why}"),
            );
        }
    }
    Finding::yes(format!("{shown} can be written to and has {controllers}"))
}

fn unreadable(group: &Path, error: &io::Error) -> Finding {
    Finding::no(format!(
        "cannot read cgroup.controllers in {}: {}",
        escaped(group),
        described(error)
    ))
}

/// A mount of version 2.
#[derive(Debug, PartialEq, Eq)]
struct Hierarchy {
    /// The group that the mount shows as its root.
    root: PathBuf,
    at: PathBuf,
}

fn hierarchy(machine: &Machine) -> Result<Hierarchy, Finding> {
    let mounts = machine.read_proc("/proc/self/mountinfo")?.unwrap_or_default();
    let found = mounts.lines().find_map(mount_of_version_2);
    found.ok_or_else(|| Finding::no("/proc/self/mountinfo has no mount of cgroup2"))
}

/// Of a line of proc_pid_mountinfo(5), if that is what it tells of: the fourth field is the root, the fifth where it is,
/// and the type comes after the dash that ends the optional ones.
fn mount_of_version_2(line: &str) -> Option<Hierarchy> {
    let (before, after) = line.split_once(" - ")?;
    if !after.starts_with("cgroup2 ") {
        return None;
    }
    let mut fields = before.split(' ').skip(3);
    Some(Hierarchy {
        root: unescaped(fields.next()?),
        at: unescaped(fields.next()?),
    })
}

/// A path as the kernel writes it there: a space, a tab, a line's end and a backslash are a backslash and three octal
/// digits.
fn unescaped(field: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = field.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let octal = after
            .get(..3)
            .filter(|_| *first == b'\\')
            .and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok());
        match octal {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    OsString::from_vec(bytes).into()
}

/// The directory of the group that this process is in.
fn own_group(machine: &Machine, hierarchy: &Hierarchy) -> Result<PathBuf, Finding> {
    let groups = machine.read_proc("/proc/self/cgroup")?.unwrap_or_default();
    let own = groups.lines().find_map(|line| line.strip_prefix("0::"));
    let own = own.ok_or_else(|| Finding::no("/proc/self/cgroup has no group of version 2"))?;
    // The kernel writes `..` for a group above the root of this cgroup namespace.
    let is_visible = !Path::new(own).components().any(|part| part == Component::ParentDir);
    let below = Path::new(own).strip_prefix(&hierarchy.root).ok().filter(|_| is_visible);
    let below = below.ok_or_else(|| {
        let at = escaped(&hierarchy.at);
        Finding::no(format!("the group of this process, {}, is not in {at}", escaped(own)))
    })?;
    Ok(hierarchy.at.components().chain(below.components()).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::{Hierarchy, mount_of_version_2, unescaped};

    #[test]
    fn a_mount_is_known_by_its_type() {
        let line = "31 24 0:27 /a /sys/fs/c\\040g rw,nosuid shared:9 master:1 - cgroup2 cgroup2 rw,nsdelegate";
        assert_eq!(
            mount_of_version_2(line),
            Some(Hierarchy {
                root: "/a".into(),
                at: "/sys/fs/c g".into()
            })
        );
        assert_eq!(mount_of_version_2(&line.replace("cgroup2", "cgroup")), None);
        assert_eq!(mount_of_version_2("31 24 0:27 - cgroup2 "), None);
        assert_eq!(mount_of_version_2(""), None);
    }

    #[test]
    fn only_what_was_escaped_changes() {
        for (written, path) in [
            ("/a\\134b", &b"/a\\b"[..]),
            ("/\\012", b"/\n"),
            ("/a\\", b"/a\\"),
            ("/a\\9", b"/a\\9"),
            ("/a\\999", b"/a\\999"),
        ] {
            assert_eq!(unescaped(written).as_os_str().as_bytes(), path, "{written}");
        }
    }
}
