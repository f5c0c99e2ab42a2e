//! Disk images: what is in a file, before anything is done with it. All of a file may be hostile, so nothing in it is
//! believed that has not been compared with the file's own length.

mod bytes;
mod choices;
mod contents;
mod filesystem;
mod glance;
mod lookalikes;
mod partitions;
mod scheme;
mod superblock;
#[cfg(test)]
mod tests;
mod unfit;

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use self::bytes::Window;
pub(crate) use self::filesystem::Filesystem;
use self::partitions::Table;
use self::superblock::Superblock;
use self::unfit::{Place, Unfit};
use crate::error::{Result, errno_of};

/// What a loop device has the size of its own rounded down to.
const SECTOR: u64 = 512;

/// A file with a file system in it, in the whole of it or in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// Absolute and without symlinks.
    pub(crate) path: PathBuf,
    pub(crate) filesystem: Filesystem,
    /// Where the file system begins, in bytes.
    pub(crate) offset: u64,
    /// How many bytes it may take; 0 for all up to the end.
    pub(crate) length: u64,
    /// That the file is still the same can be told by these (inode(7)).
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

impl Image {
    /// Looks into the file at `path`, or into a partition of it, by its number from 1.
    pub(crate) fn look(path: &Path, partition: Option<u32>) -> Result<Self> {
        Self::recognise(path, partition).map_err(|unfit| unfit.into_error(path, partition))
    }

    fn recognise(path: &Path, partition: Option<u32>) -> Result<Self, Unfit> {
        let path = path.canonicalize().map_err(|error| unreadable(&error))?;
        let (file, metadata) = open(&path)?;
        let disk = Window::whole(&file, metadata.len());
        let (filesystem, offset, length) = match (disk.length(), partition) {
            (0, _) => return Err(Unfit::Empty),
            (_, None) => (whole(disk)?, 0, 0),
            (_, Some(number)) => part(disk, number)?,
        };
        Ok(Self {
            path,
            filesystem,
            offset,
            length,
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }
}

fn unreadable(error: &io::Error) -> Unfit {
    Unfit::Unreadable(errno_of(error))
}

/// Opens a file to read it. To open a FIFO could take for ever, and to open a device could do anything: neither is.
fn open(path: &Path) -> Result<(File, Metadata), Unfit> {
    let is_file = |metadata: &Metadata| kind(metadata.file_type()).map_or(Ok(()), |kind| Err(Unfit::NoFile(kind)));
    is_file(&path.metadata().map_err(|error| unreadable(&error))?)?;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(|error| unreadable(&error))?;
    let metadata = file.metadata().map_err(|error| unreadable(&error))?;
    is_file(&metadata)?;
    Ok((file, metadata))
}

/// What it is, if it is not a regular file.
fn kind(of: FileType) -> Option<&'static str> {
    match of {
        of if of.is_file() => None,
        of if of.is_dir() => Some("a directory"),
        of if of.is_block_device() => Some("a block device"),
        of if of.is_char_device() => Some("a character device"),
        of if of.is_fifo() => Some("a FIFO"),
        of if of.is_socket() => Some("a socket"),
        _ => Some("something else"),
    }
}

/// The file system that fills a disk.
fn whole(disk: Window<'_>) -> Result<Filesystem, Unfit> {
    let superblock = match superblock::recognise(disk) {
        Err(unfit @ (Unfit::Unreadable(_) | Unfit::TwoFilesystems(..))) => return Err(unfit),
        other => other,
    };
    let table = match partitions::read(disk) {
        Err(unfit @ Unfit::Unreadable(_)) => return Err(unfit),
        other => other,
    };
    match (superblock, table) {
        (Ok(Some(found)), Ok(Some(table))) if has_any(&table, disk) => {
            let choices = glance::choices(&table, disk)?;
            Err(Unfit::WholeOrPart(found.filesystem, table.scheme, choices))
        }
        (Ok(Some(found)), _) => fits(found, disk, Place::File),
        (_, Ok(Some(table))) if table.partitions.is_empty() => Err(Unfit::NoPartitions(table.scheme)),
        (_, Ok(Some(table))) => Err(Unfit::Unchosen(table.scheme, glance::choices(&table, disk)?)),
        (Err(unfit), _) | (Ok(None), Err(unfit)) => Err(unfit),
        (Ok(None), Ok(None)) => Err(Unfit::NoFilesystem(Place::File, glance::contents(disk)?)),
    }
}

fn has_any(table: &Table, disk: Window<'_>) -> bool {
    table.partitions.iter().any(|one| one.window(disk).is_some())
}

/// The file system in a partition, where it begins, and its room.
fn part(disk: Window<'_>, number: u32) -> Result<(Filesystem, u64, u64), Unfit> {
    let Some(table) = partitions::read(disk)? else {
        return Err(Unfit::NoTable(glance::contents(disk)?));
    };
    if table.partitions.is_empty() {
        return Err(Unfit::NoPartitions(table.scheme));
    }
    let choices = || glance::choices(&table, disk);
    let partition = match table.get(number) {
        Some(partition) if partition.extended => return Err(Unfit::Extended(choices()?)),
        Some(partition) => partition,
        None if number == 0 => return Err(Unfit::PartitionZero(choices()?)),
        None if number <= table.entries => return Err(Unfit::EmptyPartition(choices()?)),
        None => return Err(Unfit::NoPartition(choices()?)),
    };
    if partition.length == 0 {
        return Err(Unfit::Backwards);
    }
    let window = partition.window(disk).ok_or(Unfit::BeyondTheEnd {
        end: partition.start.saturating_add(partition.length),
        room: disk.length(),
    })?;
    match superblock::recognise(window)? {
        Some(found) => Ok((
            fits(found, window, Place::Partition)?,
            partition.start,
            partition.length,
        )),
        None => Err(Unfit::NoFilesystem(Place::Partition, glance::contents(window)?)),
    }
}

/// That all of a file system is there.
fn fits(found: Superblock, window: Window<'_>, place: Place) -> Result<Filesystem, Unfit> {
    let room = window.length();
    if found.size > room {
        return Err(Unfit::CutShort {
            filesystem: found.filesystem,
            size: found.size,
            place,
            room,
        });
    }
    if found.size > room / SECTOR * SECTOR {
        return Err(Unfit::Ragged(room));
    }
    Ok(found.filesystem)
}
