//! A look at a disk for somebody who is told why it can't be the root.

use furnace_sys::Errno;

use super::bytes::Window;
use super::choices::{Choice, Choices};
use super::contents::Contents;
use super::lookalikes;
use super::partitions::Table;
use super::superblock;
use super::unfit::Unfit;

/// What is in a disk, or in a part of it.
pub(super) fn contents(window: Window<'_>) -> Result<Contents, Errno> {
    match superblock::recognise(window) {
        Ok(Some(superblock)) => return Ok(Contents::Filesystem(superblock.filesystem)),
        Err(Unfit::Unreadable(errno)) => return Err(errno),
        Ok(None) | Err(_) => {}
    }
    Ok(lookalikes::find(window)?.map_or(Contents::Unknown, Contents::Lookalike))
}

/// The partitions of a disk, and what is in them.
pub(super) fn choices(table: &Table, disk: Window<'_>) -> Result<Choices, Errno> {
    Choices::of(&table.partitions, |partition| {
        let what = match partition.window(disk) {
            _ if partition.extended => "extended".to_owned(),
            Some(window) => contents(window)?.to_string(),
            None => "not inside the file".to_owned(),
        };
        Ok(Choice {
            number: partition.number,
            length: partition.length,
            what,
        })
    })
}
