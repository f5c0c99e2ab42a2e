//! Where something is mounted.

use std::ffi::{CStr, CString, OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use furnace_sys::Errno;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, openat2, readlinkat, statat};
use rustix::mount::{MoveMountFlags, UnmountFlags, move_mount, unmount};

use crate::error::errno_of;
use crate::mount_id::MountId;

/// A place to mount on, resolved once.
///
/// It is held as the directory that it is in and its name there, not by a descriptor of its own: what is mounted on a
/// file is found by looking its name up, and is not seen through a descriptor of that file. Nor does this keep the mount
/// busy that comes to lie there.
#[derive(Debug)]
pub(super) struct Place {
    parent: OwnedFd,
    name: CString,
    path: PathBuf,
    is_directory: bool,
}

/// The name of an open file.
pub(super) fn name_of(file: BorrowedFd<'_>) -> CString {
    // Of the thread: it may have a table of descriptors that is its own.
    let name = format!("/proc/thread-self/fd/{}", file.as_raw_fd());
    CString::new(name).unwrap_or_default()
}

/// Where an open file is, by the kernel's word.
pub(super) fn path_of(file: BorrowedFd<'_>) -> Result<PathBuf, Errno> {
    let path = readlinkat(CWD, name_of(file).as_c_str(), Vec::new())?;
    Ok(OsString::from_vec(path.into_bytes()).into())
}

impl Place {
    /// The existing file or directory `destination`. Gives `EBUSY` for the root directory, which nothing can be mounted
    /// on so that it would be seen, and `ESTALE` if the place moved meanwhile.
    pub(super) fn resolve(destination: &Path) -> Result<Self, Errno> {
        // By looking at symlinks only: what lies on the destination may come and go meanwhile.
        let path = destination.canonicalize().map_err(|error| errno_of(&error))?;
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Errno::BUSY);
        };
        let name = CString::new(name.as_bytes()).map_err(|_| Errno::INVAL)?;
        let (parent, mode) = look(directory, &name).map_err(|errno| match errno {
            Errno::NOENT | Errno::NOTDIR | Errno::LOOP => Errno::STALE,
            other => other,
        })?;
        Ok(Self {
            parent,
            name,
            path,
            is_directory: FileType::from_raw_mode(mode) == FileType::Directory,
        })
    }

    /// Absolute, and without symlinks.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_directory(&self) -> bool {
        self.is_directory
    }

    /// Attaches a detached mount here, on top of what there is.
    pub(super) fn attach(&self, mount: BorrowedFd<'_>) -> Result<(), Errno> {
        // Without MOVE_MOUNT_T_SYMLINKS: a symlink that came here meanwhile is mounted on, not followed.
        move_mount(
            mount,
            c"",
            &self.parent,
            &self.name,
            MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
        )
    }

    /// The mount that is seen here.
    pub(super) fn topmost(&self) -> Result<MountId, Errno> {
        MountId::at(&self.parent, &self.name)
    }

    /// Unmounts what is seen here.
    pub(super) fn unmount(&self, flags: UnmountFlags) -> Result<(), Errno> {
        let mut path = name_of(self.parent.as_fd()).into_bytes();
        path.push(b'/');
        path.extend_from_slice(self.name.as_bytes());
        unmount(path, flags | UnmountFlags::NOFOLLOW)
    }

    /// Where this is by now: directories above it may have been renamed.
    pub(super) fn current_path(&self) -> Result<PathBuf, Errno> {
        let name = OsStr::from_bytes(self.name.as_bytes());
        Ok(path_of(self.parent.as_fd())?.join(name))
    }
}

/// Opens `directory`, and looks at what `name` is there. There are no symlinks in a canonical path; one that is there
/// now came meanwhile, and leads to where nobody has asked for.
fn look(directory: &Path, name: &CStr) -> Result<(OwnedFd, u32), Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let parent = openat2(CWD, directory, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS)?;
    let mode = statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode;
    match FileType::from_raw_mode(mode) {
        FileType::Symlink => Err(Errno::LOOP),
        _ => Ok((parent, mode)),
    }
}
