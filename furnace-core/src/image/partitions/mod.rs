//! Partition tables: which parts of a disk there are, numbered as the kernel numbers them.

mod choices;
mod crc32;
mod gpt;
mod mbr;

use std::fmt;

pub(super) use choices::Choices;
#[cfg(test)]
pub(super) use crc32::Crc32;

use super::bytes::Window;
use super::unfit::Unfit;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Gpt,
    Mbr,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gpt => "GPT",
            Self::Mbr => "MBR",
        })
    }
}

/// A part of a disk as its table says, which may be nonsense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Partition {
    /// From 1.
    pub(super) number: u32,
    /// In bytes.
    pub(super) start: u64,
    /// In bytes; 0 if it ends before it begins.
    pub(super) length: u64,
    /// Whether it only holds others.
    pub(super) extended: bool,
}

impl Partition {
    /// The bytes of it, if they are there.
    pub(super) fn window(self, disk: Window<'_>) -> Option<Window<'_>> {
        disk.part(self.start, self.length).filter(|_| self.length > 0)
    }
}

/// The partitions of a disk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) scheme: Scheme,
    /// How many numbers are given to entries, whether there is anything in them or not.
    pub(super) entries: u32,
    /// Those that there are, by rising number.
    pub(super) partitions: Vec<Partition>,
}

impl Table {
    /// The table of `disk`, if it has one.
    pub(super) fn read(disk: Window<'_>) -> Result<Option<Self>, Unfit> {
        let first = disk.read(0)?;
        if mbr::is_protective(&first) {
            return gpt::read(disk).map(Some);
        }
        mbr::read(disk, &first)
    }

    pub(super) fn get(&self, number: u32) -> Option<Partition> {
        self.partitions
            .iter()
            .copied()
            .find(|partition| partition.number == number)
    }
}
