//! Extended attributes, and the bytes, of a file that only an `O_PATH` descriptor is held of.
//!
//! The calls that take a descriptor want one that was opened to read, which a FIFO, a device or a symlink can't be.
//! Through the magic link of the descriptor they reach its very file, of whatever type, and never another.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use furnace_sys::Errno;
use rustix::buffer::spare_capacity;
use rustix::fs::{CWD, Mode, OFlags, getxattr, listxattr, openat};
use rustix::io::retry_on_intr;

/// What overlayfs keeps for itself, and shows nobody.
const OF_OVERLAYFS: &[u8] = b"trusted.overlay.";

/// No attribute, nor the list of all their names, is longer (xattr(7)).
const MOST: usize = 65536;

/// The file behind a descriptor, in the caller's own /proc. Not `self`: that is the table of the main thread.
fn magic_link(file: impl AsFd) -> String {
    format!("/proc/thread-self/fd/{}", file.as_fd().as_raw_fd())
}

/// The value of an attribute, if there is one.
pub(super) fn attribute(file: impl AsFd, name: &CStr) -> Result<Option<Vec<u8>>, Errno> {
    let link = magic_link(file);
    match read(|room| getxattr(&link, name, spare_capacity(room))) {
        Ok(value) => Ok(Some(value)),
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// All attributes but those of overlayfs.
pub(super) fn attributes(file: impl AsFd) -> Result<BTreeMap<CString, Vec<u8>>, Errno> {
    let link = magic_link(&file);
    let names = match read(|room| listxattr(&link, spare_capacity(room))) {
        Ok(names) => names,
        Err(Errno::OPNOTSUPP) => Vec::new(),
        Err(errno) => return Err(errno),
    };
    let mut all = BTreeMap::new();
    for name in names.split_inclusive(|byte| *byte == 0) {
        let Ok(name) = CStr::from_bytes_with_nul(name) else {
            continue;
        };
        if !name.to_bytes().starts_with(OF_OVERLAYFS)
            && let Some(value) = attribute(&file, name)?
        {
            all.insert(name.to_owned(), value);
        }
    }
    Ok(all)
}

/// Opens a regular file to read it. The caller has seen that it is one: nothing else may be opened without a thought.
pub(super) fn open_to_read(regular: impl AsFd) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    retry_on_intr(|| openat(CWD, magic_link(&regular), flags, Mode::empty()))
}

/// Reads what is mostly short.
fn read(call: impl Fn(&mut Vec<u8>) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut room = Vec::with_capacity(256);
    match call(&mut room) {
        Err(Errno::RANGE) => {
            room.reserve(MOST);
            call(&mut room)?;
        }
        done => {
            done?;
        }
    }
    Ok(room)
}
