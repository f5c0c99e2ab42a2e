//! Mappings.

use super::super::arch::{self, numbers};
use super::{Fd, Result, checked, word};

/// mmap(2): a private, writable view of a file's first `length` bytes.
pub(crate) fn map_privately(fd: Fd, length: usize) -> Result<*mut u8> {
    const PROT_READ_WRITE: usize = 3;
    const MAP_PRIVATE: usize = 2;
    let address = checked(call!(
        MMAP,
        0_usize,
        length,
        PROT_READ_WRITE,
        MAP_PRIVATE,
        word(fd),
        0_usize
    ))?;
    Ok(core::ptr::with_exposed_provenance_mut(address))
}

/// # Safety
///
/// Nothing may use the mapping any more.
pub(crate) unsafe fn unmap(address: *mut u8, length: usize) {
    call!(MUNMAP, address, length);
}

/// madvise(2), `MADV_DONTNEED`: gives the pages back and leaves zeros.
///
/// # Safety
///
/// The range must be whole pages of anonymous private memory that nothing refers to.
pub(crate) unsafe fn wipe(address: *mut u8, length: usize) {
    const MADV_DONTNEED: usize = 4;
    call!(MADVISE, address, length, MADV_DONTNEED);
}
