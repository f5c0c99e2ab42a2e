//! What is in a file of the container, for the caller to read outside. Whoever is inside may have put anything there.

use super::syscalls::{self as kernel, CString, Errno, Fd, Result};

/// Copies the regular file at `path` below `root`, which has no more than `limit` bytes, to what is open as `to`. What is
/// opened for it stays open until the walker ends.
pub(super) fn copy(root: Fd, path: CString, to: Fd, limit: u32) -> Result<()> {
    // To open a device could do anything: that there is none is seen before, without opening it.
    regular(kernel::open_in_root(root, path)?)?;
    let file = regular(kernel::open_file_in_root(root, path)?)?;
    let mut left = limit as usize;
    loop {
        match kernel::send_file(to, file, left.saturating_add(1))? {
            0 => return Ok(()),
            count => left = left.checked_sub(count).ok_or(Errno::FBIG)?,
        }
    }
}

fn regular(file: Fd) -> Result<Fd> {
    match kernel::owned(file)?.is_regular {
        true => Ok(file),
        false => Err(Errno::INVAL),
    }
}
