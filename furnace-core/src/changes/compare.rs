//! Whether two files of the same type are the same in all that a list of changes tells of.

use std::os::fd::AsFd;

use furnace_sys::Errno;
use rustix::io::{read, retry_on_intr};

use super::attributes::{attributes, open_to_read};
use super::change::FileType;
use super::entry::Entry;

const CHUNK: usize = 64 * 1024;

/// Whether the bytes of files, the targets of symlinks, or the numbers of devices differ.
pub(super) fn contents_differ(one: &Entry, other: &Entry) -> Result<bool, Errno> {
    match one.file_type() {
        FileType::File => Ok(one.size() != other.size() || bytes_differ(one, other)?),
        FileType::Symlink => Ok(one.target()? != other.target()?),
        FileType::CharacterDevice | FileType::BlockDevice => {
            let device = |entry: &Entry| (entry.about().stx_rdev_major, entry.about().stx_rdev_minor);
            Ok(device(one) != device(other))
        }
        FileType::Directory | FileType::Fifo | FileType::Socket => Ok(false),
    }
}

/// Whether modes, owners, groups, times of modification or extended attributes differ.
pub(super) fn metadata_differs(one: &Entry, other: &Entry) -> Result<bool, Errno> {
    let modified = |entry: &Entry| (entry.about().stx_mtime.tv_sec, entry.about().stx_mtime.tv_nsec);
    Ok(modified(one) != modified(other) || timeless_metadata_differs(one, other)?)
}

/// As [`metadata_differs`], whatever the times are.
pub(super) fn timeless_metadata_differs(one: &Entry, other: &Entry) -> Result<bool, Errno> {
    let plain = |entry: &Entry| (entry.about().stx_mode, entry.about().stx_uid, entry.about().stx_gid);
    Ok(plain(one) != plain(other) || attributes(one)? != attributes(other)?)
}

fn bytes_differ(one: &Entry, other: &Entry) -> Result<bool, Errno> {
    if one.size() == 0 || one.identity() == other.identity() {
        return Ok(false);
    }
    let (one, other) = (open_to_read(one)?, open_to_read(other)?);
    let (mut of_one, mut of_other) = (vec![0; CHUNK], vec![0; CHUNK]);
    loop {
        let (this, that) = (chunk(&one, &mut of_one)?, chunk(&other, &mut of_other)?);
        if this != that {
            return Ok(true);
        }
        if this.is_empty() {
            return Ok(false);
        }
    }
}

/// The next bytes; fewer than there is room for only at the end.
fn chunk(file: impl AsFd, buffer: &mut [u8]) -> Result<&[u8], Errno> {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match retry_on_intr(|| read(&file, &mut *room))? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(buffer.get(..filled).unwrap_or_default())
}
