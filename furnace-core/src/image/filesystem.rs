//! The file systems that an image may have.

use std::ffi::CStr;
use std::fmt;

/// A file system that a container's root can be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filesystem {
    /// Also ext2 and ext3, which the kernel mounts as ext4.
    Ext4,
    Xfs,
    Btrfs,
    Squashfs,
    Erofs,
}

impl Filesystem {
    pub(crate) const ALL: [Self; 5] = [Self::Ext4, Self::Xfs, Self::Btrfs, Self::Squashfs, Self::Erofs];

    /// The kernel's name for it (filesystems(5)).
    pub(crate) fn name(self) -> &'static CStr {
        match self {
            Self::Ext4 => c"ext4",
            Self::Xfs => c"xfs",
            Self::Btrfs => c"btrfs",
            Self::Squashfs => c"squashfs",
            Self::Erofs => c"erofs",
        }
    }

    /// Whether it can't be changed at all, whatever it is on.
    pub(crate) fn is_read_only(self) -> bool {
        match self {
            Self::Squashfs | Self::Erofs => true,
            Self::Ext4 | Self::Xfs | Self::Btrfs => false,
        }
    }

    /// Flags that every mount of an image needs.
    pub(crate) fn mount_flags(self) -> &'static [&'static CStr] {
        match self {
            // Two containers may have copies of one image, or read the same one.
            Self::Xfs => &[c"nouuid"],
            Self::Ext4 | Self::Btrfs | Self::Squashfs | Self::Erofs => &[],
        }
    }
}

impl fmt::Display for Filesystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().to_string_lossy())
    }
}

#[cfg(test)]
mod tests {
    use super::Filesystem;

    #[test]
    fn one_would_refuse_a_second_mount() {
        let flags = Filesystem::ALL.map(|filesystem| filesystem.mount_flags().len());
        assert_eq!(flags, [0, 1, 0, 0, 0]);
    }

    #[test]
    fn two_are_read_only_by_nature() {
        let names: Vec<_> = Filesystem::ALL
            .into_iter()
            .filter(|filesystem| filesystem.is_read_only())
            .map(|filesystem| filesystem.to_string())
            .collect();
        assert_eq!(names, ["squashfs", "erofs"]);
    }
}
