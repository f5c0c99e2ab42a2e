//! The kernel's flag sets that plans use. A flag of a newer kernel passes through.

use bitflags::bitflags;

bitflags! {
    /// The `CLONE_NEW*` flags of unshare(2) and namespaces(7) that furnace-init unshares or joins; the pid namespace
    /// begins with PID 1 instead.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Namespaces: u32 {
        /// mount_namespaces(7)
        #[doc(alias = "CLONE_NEWNS")]
        const MOUNT = 0x0002_0000;
        /// cgroup_namespaces(7)
        #[doc(alias = "CLONE_NEWCGROUP")]
        const CGROUP = 0x0200_0000;
        /// uts_namespaces(7)
        #[doc(alias = "CLONE_NEWUTS")]
        const UTS = 0x0400_0000;
        /// ipc_namespaces(7)
        #[doc(alias = "CLONE_NEWIPC")]
        const IPC = 0x0800_0000;
        /// network_namespaces(7)
        #[doc(alias = "CLONE_NEWNET")]
        const NETWORK = 0x4000_0000;
        /// user_namespaces(7); only joined.
        #[doc(alias = "CLONE_NEWUSER")]
        const USER = 0x1000_0000;
        /// time_namespaces(7); only joined.
        #[doc(alias = "CLONE_NEWTIME")]
        const TIME = 0x80;
        const _ = !0;
    }

    /// The `MOUNT_ATTR_*` flags of fsmount(2) and mount_setattr(2).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct MountAttributes: u32 {
        /// Nothing on it can be changed through this mount.
        #[doc(alias = "MOUNT_ATTR_RDONLY")]
        const READ_ONLY = 0x1;
        /// Set-user-id bits and file capabilities do nothing.
        #[doc(alias = "MOUNT_ATTR_NOSUID")]
        const NO_SUID = 0x2;
        /// Device nodes cannot be opened.
        #[doc(alias = "MOUNT_ATTR_NODEV")]
        const NO_DEV = 0x4;
        /// Nothing on it can be executed.
        #[doc(alias = "MOUNT_ATTR_NOEXEC")]
        const NO_EXEC = 0x8;
        /// Access times are always updated.
        #[doc(alias = "MOUNT_ATTR_STRICTATIME")]
        const STRICT_ATIME = 0x20;
        const _ = !0;
    }
}

/// How mounts made elsewhere reach a mount (mount_namespaces(7), "Shared subtrees").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Propagation {
    /// `MS_PRIVATE`: not at all.
    Private,
    /// `MS_SLAVE`: from the host into the container, never back.
    Slave,
}

impl Propagation {
    /// The kernel's flag.
    #[must_use]
    pub fn bits(self) -> u32 {
        match self {
            Self::Private => 1 << 18,
            Self::Slave => 1 << 19,
        }
    }
}
