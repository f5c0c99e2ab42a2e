//! What a partition table says.

use crate::image::bytes::Window;
use crate::image::scheme::Scheme;

/// A part of a disk as its table says, which may be nonsense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::image) struct Partition {
    /// From 1.
    pub(in crate::image) number: u32,
    /// In bytes.
    pub(in crate::image) start: u64,
    /// In bytes; 0 if it ends before it begins.
    pub(in crate::image) length: u64,
    /// Whether it only holds others.
    pub(in crate::image) extended: bool,
}

impl Partition {
    /// The bytes of it, if they are there.
    pub(in crate::image) fn window(self, disk: Window<'_>) -> Option<Window<'_>> {
        disk.part(self.start, self.length).filter(|_| self.length > 0)
    }
}

/// The partitions of a disk.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::image) struct Table {
    pub(in crate::image) scheme: Scheme,
    /// How many numbers are given to entries, whether there is anything in them or not.
    pub(in crate::image) entries: u32,
    /// Those that there are, by rising number.
    pub(in crate::image) partitions: Vec<Partition>,
}

impl Table {
    pub(in crate::image) fn get(&self, number: u32) -> Option<Partition> {
        self.partitions
            .iter()
            .copied()
            .find(|partition| partition.number == number)
    }
}
