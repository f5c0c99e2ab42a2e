//! What every container has mounted: one row a mount, in the order in which they are made.

use std::ffi::CStr;

use furnace_sys::flags::MountAttributes;
use furnace_sys::wire::Slot;

use crate::config::Config;
use crate::device::Dev;

/// A file system of its own that is mounted in every container.
#[derive(Debug)]
pub(super) struct DefaultMount {
    /// Where, relative to the root.
    pub(super) target: &'static CStr,
    /// The type, which mount(8) shows as the source too.
    pub(super) kind: &'static CStr,
    pub(super) attributes: MountAttributes,
    pub(super) options: &'static [FsOption<'static>],
    pub(super) contents: &'static [Content],
    pub(super) made_by: MadeBy,
}

/// Who makes a default mount, which shows the namespaces of its maker, or is the same in any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MadeBy {
    /// Who is in the pid namespace.
    Pid1,
    /// Who is in all others.
    ForkServer,
    /// Whoever has the time for it.
    Anybody,
}

impl DefaultMount {
    pub(super) fn is_dev(&self) -> bool {
        self.target == c"dev"
    }

    pub(super) fn has_terminals(&self) -> bool {
        self.kind == c"devpts"
    }

    /// The name below /dev, if it is there.
    pub(super) fn below_dev(&self) -> Option<&'static [u8]> {
        self.target.to_bytes().strip_prefix(b"dev/")
    }
}

/// All of them; in the host's /dev those that have a place there, for nothing is made in it.
pub(super) fn default_mounts(config: &Config) -> impl Iterator<Item = &'static DefaultMount> {
    DEFAULT_MOUNTS.iter().filter(|mount| match mount.below_dev() {
        Some(name) if config.dev == Dev::Host => {
            config.host.dev_directories.iter().any(|there| there.as_bytes() == name)
        }
        _ => true,
    })
}

/// Whether there is a devpts among the mounts, and the caller is to have it.
pub(super) fn has_terminals(config: &Config) -> bool {
    config.terminals && default_mounts(config).any(DefaultMount::has_terminals)
}

/// An option of a file system.
#[derive(Debug)]
pub(super) enum FsOption<'a> {
    Flag(&'static CStr),
    Value(&'static CStr, &'a CStr),
    /// So many open directories, from this slot on; the working directory is then to be /proc/self/fd.
    Directories(&'static CStr, Slot, u32),
}

/// What a file system has in it from the beginning.
#[derive(Debug)]
pub(super) enum Content {
    Directory {
        name: &'static CStr,
        mode: u32,
    },
    Device {
        name: &'static CStr,
        mode: u32,
        major: u32,
        minor: u32,
    },
    Symlink {
        name: &'static CStr,
        to: &'static CStr,
    },
}

impl Content {
    pub(super) fn name(&self) -> &'static CStr {
        match self {
            Self::Directory { name, .. } | Self::Device { name, .. } | Self::Symlink { name, .. } => name,
        }
    }
}

use Content::{Device, Directory, Symlink};
use FsOption::{Flag, Value};

const NO_SUID: MountAttributes = MountAttributes::NO_SUID;
const NO_SUID_EXEC: MountAttributes = NO_SUID.union(MountAttributes::NO_EXEC);
const NO_SUID_EXEC_DEV: MountAttributes = NO_SUID_EXEC.union(MountAttributes::NO_DEV);

pub(super) const DEFAULT_MOUNTS: &[DefaultMount] = &[
    DefaultMount {
        target: c"proc",
        kind: c"proc",
        attributes: MountAttributes::empty(),
        options: &[],
        contents: &[],
        made_by: MadeBy::Pid1,
    },
    DefaultMount {
        target: c"dev",
        kind: c"tmpfs",
        attributes: NO_SUID.union(MountAttributes::STRICT_ATIME),
        options: &[Value(c"mode", c"755"), Value(c"size", c"65536k")],
        contents: &[
            Device {
                name: c"null",
                mode: 0o666,
                major: 1,
                minor: 3,
            },
            Device {
                name: c"zero",
                mode: 0o666,
                major: 1,
                minor: 5,
            },
            Device {
                name: c"full",
                mode: 0o666,
                major: 1,
                minor: 7,
            },
            Device {
                name: c"tty",
                mode: 0o666,
                major: 5,
                minor: 0,
            },
            Device {
                name: c"random",
                mode: 0o666,
                major: 1,
                minor: 8,
            },
            Device {
                name: c"urandom",
                mode: 0o666,
                major: 1,
                minor: 9,
            },
            Device {
                name: c"loop-control",
                mode: 0o660,
                major: 10,
                minor: 237,
            },
            Symlink {
                name: c"fd",
                to: c"/proc/self/fd",
            },
            Symlink {
                name: c"stdin",
                to: c"/proc/self/fd/0",
            },
            Symlink {
                name: c"stdout",
                to: c"/proc/self/fd/1",
            },
            Symlink {
                name: c"stderr",
                to: c"/proc/self/fd/2",
            },
            Symlink {
                name: c"ptmx",
                to: c"pts/ptmx",
            },
            Directory {
                name: c"pts",
                mode: 0o755,
            },
            Directory {
                name: c"shm",
                mode: 0o755,
            },
            Directory {
                name: c"mqueue",
                mode: 0o755,
            },
        ],
        made_by: MadeBy::Anybody,
    },
    DefaultMount {
        target: c"dev/pts",
        kind: c"devpts",
        attributes: NO_SUID_EXEC,
        options: &[
            Flag(c"newinstance"),
            Value(c"ptmxmode", c"0666"),
            Value(c"mode", c"0620"),
            Value(c"gid", c"5"),
        ],
        contents: &[],
        made_by: MadeBy::Anybody,
    },
    DefaultMount {
        target: c"dev/shm",
        kind: c"tmpfs",
        attributes: NO_SUID_EXEC_DEV,
        options: &[Value(c"mode", c"1777"), Value(c"size", c"65536k")],
        contents: &[],
        made_by: MadeBy::Anybody,
    },
    DefaultMount {
        target: c"dev/mqueue",
        kind: c"mqueue",
        attributes: NO_SUID_EXEC_DEV,
        options: &[],
        contents: &[],
        made_by: MadeBy::ForkServer,
    },
    DefaultMount {
        target: c"sys",
        kind: c"sysfs",
        attributes: NO_SUID_EXEC_DEV.union(MountAttributes::READ_ONLY),
        options: &[],
        contents: &[],
        made_by: MadeBy::ForkServer,
    },
    DefaultMount {
        target: c"run",
        kind: c"tmpfs",
        attributes: NO_SUID_EXEC_DEV,
        options: &[Value(c"mode", c"1777"), Value(c"size", c"65536k")],
        // What /var/lock leads to on most systems, whether or not a systemd-tmpfiles is there to make it.
        contents: &[Directory {
            name: c"lock",
            mode: 0o1777,
        }],
        made_by: MadeBy::Anybody,
    },
];

/// The numbers of a loop device's node; it is a block device.
pub(super) const LOOP_MAJOR: u32 = 7;
pub(super) const LOOP_MODE: u32 = 0o660;

#[cfg(test)]
mod tests {
    use super::{Content, DEFAULT_MOUNTS};
    use std::collections::HashSet;
    use std::path::Path;

    fn path(target: &std::ffi::CStr) -> &Path {
        Path::new(target.to_str().expect("UTF-8"))
    }

    #[test]
    fn targets_are_relative_and_unique_and_parents_come_first() {
        let mut seen = HashSet::new();
        for mount in DEFAULT_MOUNTS {
            let target = path(mount.target);
            assert!(target.is_relative() && !target.as_os_str().is_empty());
            let parent = target.parent().expect("it has one");
            assert!(
                parent.as_os_str().is_empty() || seen.contains(parent),
                "{} before its parent",
                target.display()
            );
            assert!(seen.insert(target), "{} twice", target.display());
        }
    }

    #[test]
    fn a_mount_point_in_a_default_mount_is_among_its_contents() {
        for mount in DEFAULT_MOUNTS {
            let Some(parent) = path(mount.target)
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty())
            else {
                continue;
            };
            let holder = DEFAULT_MOUNTS
                .iter()
                .find(|other| path(other.target) == parent)
                .expect("it is a mount");
            let name = path(mount.target)
                .file_name()
                .expect("it has one")
                .to_str()
                .expect("UTF-8");
            let made = holder.contents.iter().any(|content| match content {
                Content::Directory { name: made, .. } => made.to_str() == Ok(name),
                Content::Device { .. } | Content::Symlink { .. } => false,
            });
            assert!(made, "nothing to mount {} on", mount.target.to_string_lossy());
        }
    }

    #[test]
    fn names_are_unique_and_every_device_has_a_number() {
        for mount in DEFAULT_MOUNTS {
            let mut seen = HashSet::new();
            for content in mount.contents {
                let (Content::Directory { name, .. } | Content::Device { name, .. } | Content::Symlink { name, .. }) =
                    content;
                assert!(seen.insert(name), "{} twice", name.to_string_lossy());
                if let Content::Device { major, .. } = content {
                    assert_ne!(*major, 0);
                }
            }
        }
    }
}
