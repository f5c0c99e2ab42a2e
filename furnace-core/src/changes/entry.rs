//! What a name in a directory stands for, pinned by a descriptor.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use furnace_sys::Errno;
use rustix::fs::{AtFlags, Dir, Mode, OFlags, Statx, StatxFlags, openat, openat2, readlinkat, statx};
use rustix::io::retry_on_intr;

use super::change::FileType;
use super::directories::BENEATH;

/// A file of any type. Its descriptor is an `O_PATH` one: opening it neither waits for a FIFO nor wakes a device, and
/// whatever takes its name meanwhile is another file.
#[derive(Debug)]
pub(super) struct Entry {
    descriptor: OwnedFd,
    about: Statx,
    file_type: FileType,
}

/// What tells two inodes apart: the device's major and minor number, and the inode's own.
pub(super) type Identity = (u32, u32, u64);

impl Entry {
    /// What `path` beneath `directory` names; nothing if there is nothing.
    pub(super) fn lookup(directory: BorrowedFd<'_>, path: &CStr) -> Result<Option<Self>, Errno> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match retry_on_intr(|| openat2(directory, path, flags, Mode::empty(), BENEATH)) {
            Ok(descriptor) => Self::of(descriptor).map(Some),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    pub(super) fn of(descriptor: OwnedFd) -> Result<Self, Errno> {
        let about = statx(&descriptor, c"", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS)?;
        let file_type = match rustix::fs::FileType::from_raw_mode(about.stx_mode.into()) {
            rustix::fs::FileType::RegularFile => FileType::File,
            rustix::fs::FileType::Directory => FileType::Directory,
            rustix::fs::FileType::Symlink => FileType::Symlink,
            rustix::fs::FileType::CharacterDevice => FileType::CharacterDevice,
            rustix::fs::FileType::BlockDevice => FileType::BlockDevice,
            rustix::fs::FileType::Fifo => FileType::Fifo,
            rustix::fs::FileType::Socket => FileType::Socket,
            rustix::fs::FileType::Unknown => return Err(Errno::OPNOTSUPP),
        };
        Ok(Self {
            descriptor,
            about,
            file_type,
        })
    }

    pub(super) fn file_type(&self) -> FileType {
        self.file_type
    }

    pub(super) fn about(&self) -> &Statx {
        &self.about
    }

    pub(super) fn identity(&self) -> Identity {
        (self.about.stx_dev_major, self.about.stx_dev_minor, self.about.stx_ino)
    }

    /// As [`Change::size`](super::change::Change::size) has it.
    pub(super) fn size(&self) -> u64 {
        match self.file_type {
            FileType::File | FileType::Symlink => self.about.stx_size,
            _ => 0,
        }
    }

    pub(super) fn is_directory(&self) -> bool {
        self.file_type == FileType::Directory
    }

    pub(super) fn is_removed(&self) -> bool {
        self.about.stx_nlink == 0
    }

    /// Where a symlink points to.
    pub(super) fn target(&self) -> Result<CString, Errno> {
        readlinkat(&self.descriptor, c"", Vec::new())
    }

    pub(super) fn into_descriptor(self) -> OwnedFd {
        self.descriptor
    }
}

impl AsFd for Entry {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// The names in a directory, without order.
pub(super) fn names(directory: BorrowedFd<'_>) -> Result<Vec<CString>, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut names = Vec::new();
    for entry in Dir::new(openat(directory, c".", flags, Mode::empty())?)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(entry.file_name().to_owned());
        }
    }
    Ok(names)
}
