//! What an earlier overlay has left in its work directory.

use std::ffi::{CStr, CString};
use std::os::fd::AsFd;

use furnace_sys::Errno;
use rustix::fs::{AtFlags, Dir, FileType, Mode, statat};

/// What the kernel makes in a work directory, and does not always empty.
pub(crate) const MADE_BY_THE_KERNEL: [&CStr; 2] = [c"work", c"index"];

/// The name of something in a directory that no overlay has left there.
pub(crate) fn foreign_entry(directory: impl AsFd) -> Result<Option<CString>, Errno> {
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if ![c".", c".."].contains(&name) && !is_left_by_the_kernel(&directory, name)? {
            return Ok(Some(name.to_owned()));
        }
    }
    Ok(None)
}

/// Nobody else makes a directory that nobody may use.
fn is_left_by_the_kernel(directory: impl AsFd, name: &CStr) -> Result<bool, Errno> {
    if !MADE_BY_THE_KERNEL.contains(&name) {
        return Ok(false);
    }
    let mode = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode;
    Ok(FileType::from_raw_mode(mode) == FileType::Directory && Mode::from_raw_mode(mode).is_empty())
}
