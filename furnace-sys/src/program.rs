//! furnace-init as something that can be executed: from memory, never from a path.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, memfd_create, open, openat};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_reconfigure, fsconfig_set_flag, fsmount,
    fsopen,
};

use crate::plan::write_all;
use crate::wire::PROGRAM_NAME;

/// The program, as `build.rs` made it.
pub(crate) static IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/furnace-init"));

/// `F_SEAL_EXEC`, Linux 6.3: the mode can't be changed to or from executable.
const SEAL_EXEC: SealFlags = SealFlags::from_bits_retain(0x20);

/// How the program was made executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In a sealed memfd.
    Memfd,
    /// In a read-only tmpfs that is mounted nowhere: for systems where `vm.memfd_noexec` forbids the other.
    DetachedTmpfs,
}

/// An executable copy of furnace-init that nothing can change: not root inside a container, not through
/// `/proc/1/exe`, not after its end.
///
/// Each container wants its own: root inside can't change the file, but it can watch it (fanotify(7)), and so hold up
/// whoever executes it next.
#[derive(Debug)]
pub struct Program {
    file: OwnedFd,
    way: Way,
}

impl Program {
    /// Makes one, in a memfd or, where those can't be executed, in a detached tmpfs.
    ///
    /// # Errors
    ///
    /// What memfd_create(2) fails with, or fsopen(2) where the former is forbidden.
    pub fn new() -> Result<Self, Errno> {
        match in_memfd() {
            Ok(file) => Ok(Self { file, way: Way::Memfd }),
            Err(Errno::ACCESS | Errno::PERM) => in_detached_tmpfs().map(|file| Self {
                file,
                way: Way::DetachedTmpfs,
            }),
            Err(other) => Err(other),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn way(&self) -> Way {
        self.way
    }
}

impl AsFd for Program {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn in_memfd() -> Result<OwnedFd, Errno> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memfd = match memfd_create(PROGRAM_NAME, flags | MemfdFlags::EXEC) {
        // Before Linux 6.3 every memfd was executable, and the flag unknown.
        Err(Errno::INVAL) => memfd_create(PROGRAM_NAME, flags),
        other => other,
    }?;
    write_all(memfd.as_fd(), IMAGE)?;
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    match fcntl_add_seals(&memfd, seals | SEAL_EXEC | SealFlags::SEAL) {
        Err(Errno::INVAL) => fcntl_add_seals(&memfd, seals | SealFlags::SEAL),
        other => other,
    }?;
    open_for_reading_only(&memfd)
}

/// A file that anybody has open for writing can't be executed.
fn open_for_reading_only(file: &OwnedFd) -> Result<OwnedFd, Errno> {
    use std::os::fd::AsRawFd;
    open(
        format!("/proc/self/fd/{}", file.as_raw_fd()),
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

fn in_detached_tmpfs() -> Result<OwnedFd, Errno> {
    let fs = fsopen(c"tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(fs.as_fd())?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    let mount = fsmount(fs.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)?;
    let create = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let file = openat(&mount, PROGRAM_NAME, create, Mode::RUSR | Mode::XUSR)?;
    write_all(file.as_fd(), IMAGE)?;
    drop(file);
    fsconfig_set_flag(fs.as_fd(), c"ro")?;
    fsconfig_reconfigure(fs.as_fd())?;
    openat(&mount, PROGRAM_NAME, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}
