//! Partition tables: which parts of a disk there are, numbered as the kernel numbers them.

mod crc32;
mod gpt;
mod mbr;
mod table;

#[cfg(test)]
pub(super) use crc32::Crc32;
pub(super) use table::Table;

use super::bytes::Window;
use super::unfit::Unfit;

/// The table of `disk`, if it has one.
pub(super) fn read(disk: Window<'_>) -> Result<Option<Table>, Unfit> {
    let first = disk.read(0)?;
    if mbr::is_protective(&first) {
        return gpt::read(disk).map(Some);
    }
    mbr::read(disk, &first)
}
