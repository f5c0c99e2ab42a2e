//! The table in the first sector of a disk, and the chain of those in its extended partitions. Read as the kernel reads
//! them (its block/partitions/msdos.c), so that the numbers are those of `/dev/sdaN`.

use std::collections::BTreeSet;

use super::table::{Partition, Table};
use crate::image::bytes::{Block, Window};
use crate::image::scheme::Scheme;
use crate::image::unfit::Unfit;

/// Tables count in these; disks of other sectors have a GPT.
const SECTOR: u64 = 512;

/// The numbers that primary partitions have; logical ones follow.
const PRIMARY: u32 = 4;

/// The last number that the kernel gives.
const LAST: u32 = 255;

/// How many tables of a chain may follow each other with no partition in them.
const BARREN: u32 = 100;

const PROTECTIVE: u8 = 0xee;

type Sector = Block<512>;

/// An entry of a table, as it stands there.
#[derive(Clone, Copy, Debug)]
struct Entry {
    flag: u8,
    kind: u8,
    start: u64,
    length: u64,
}

impl Entry {
    fn is_used(self) -> bool {
        self.length > 0
    }

    fn is_extended(self) -> bool {
        matches!(self.kind, 0x05 | 0x0f | 0x85)
    }
}

fn has_magic(sector: &Sector) -> bool {
    sector.has(510, &[0x55, 0xaa])
}

fn entries(sector: &Sector) -> [Entry; 4] {
    [446, 462, 478, 494].map(|at| Entry {
        flag: sector.byte(at),
        kind: sector.byte(at + 4),
        start: u64::from(sector.le32(at + 8)) * SECTOR,
        length: u64::from(sector.le32(at + 12)) * SECTOR,
    })
}

/// Whether the table only says that there is a GPT.
pub(super) fn is_protective(first: &Sector) -> bool {
    has_magic(first) && entries(first).iter().any(|entry| entry.kind == PROTECTIVE)
}

/// The table in `first`, the first sector of `disk`.
pub(super) fn read(disk: Window<'_>, first: &Sector) -> Result<Option<Table>, Unfit> {
    let entries = entries(first);
    // The first sector of a FAT or NTFS has the same magic; what is there instead of flags tells them apart.
    let is_table = has_magic(first)
        && entries.iter().all(|entry| matches!(entry.flag, 0 | 0x80))
        && entries.iter().any(|entry| entry.is_used());
    if !is_table {
        return Ok(None);
    }
    let mut partitions = Vec::new();
    let mut logical = Logical {
        disk,
        found: Vec::new(),
        visited: BTreeSet::new(),
    };
    for (number, entry) in (1..).zip(entries).filter(|(_, entry)| entry.is_used()) {
        partitions.push(Partition {
            number,
            start: entry.start,
            length: entry.length,
            extended: entry.is_extended(),
        });
        if entry.is_extended() {
            logical.follow(entry)?;
        }
    }
    partitions.append(&mut logical.found);
    Ok(Some(Table {
        scheme: Scheme::Mbr,
        entries: PRIMARY,
        partitions,
    }))
}

/// The partitions in extended ones.
struct Logical<'a> {
    disk: Window<'a>,
    found: Vec<Partition>,
    /// Where the tables were.
    visited: BTreeSet<u64>,
}

impl Logical<'_> {
    /// Follows the chain of tables in an extended partition: each has a partition of its own, and where the next is.
    fn follow(&mut self, whole: Entry) -> Result<(), Unfit> {
        let mut here = whole;
        let mut barren = 0;
        loop {
            if !self.visited.insert(here.start) {
                return Err(Unfit::Damaged(
                    "the chain of its logical partitions meets itself".into(),
                ));
            }
            let sector = self.disk.read(here.start)?;
            if !has_magic(&sector) {
                return Ok(());
            }
            let entries = entries(&sector);
            let before = self.found.len();
            for (place, entry) in entries.into_iter().enumerate() {
                if entry.is_used() && !entry.is_extended() && (place < 2 || is_plausible(entry, here, whole)) {
                    self.add(here.start + entry.start, entry.length)?;
                }
            }
            barren = if self.found.len() > before { 0 } else { barren + 1 };
            let next = entries.into_iter().find(|entry| entry.is_used() && entry.is_extended());
            match next {
                None => return Ok(()),
                Some(_) if barren > BARREN => {
                    return Err(Unfit::Damaged("the chain of its logical partitions has no end".into()));
                }
                Some(next) => {
                    here = Entry {
                        start: whole.start + next.start,
                        ..next
                    };
                }
            }
        }
    }

    fn add(&mut self, start: u64, length: u64) -> Result<(), Unfit> {
        let number = PRIMARY + 1 + u32::try_from(self.found.len()).unwrap_or(LAST);
        if number > LAST {
            return Err(Unfit::Damaged(
                "it has more logical partitions than the kernel takes".into(),
            ));
        }
        self.found.push(Partition {
            number,
            start,
            length,
            extended: false,
        });
        Ok(())
    }
}

/// The third and the fourth entry of a table in a chain may hold anything; partitions are inside what holds them.
fn is_plausible(entry: Entry, here: Entry, whole: Entry) -> bool {
    let end = entry.start + entry.length;
    end <= here.length && here.start + end <= whole.start + whole.length
}

#[cfg(test)]
mod tests {
    use super::{Table, Unfit, Window};
    use crate::image::partitions;
    use crate::image::tests::file;
    use crate::image::tests::tables::mbr_entry;

    fn read(disk: &[u8]) -> Result<Option<Table>, Unfit> {
        partitions::read(Window::whole(&file(disk), disk.len() as u64))
    }

    /// Number, start and length in sectors, and whether it is extended.
    fn listed(disk: &[u8]) -> Vec<(u32, u64, u64, bool)> {
        let table = read(disk).expect("it is valid").expect("it is there");
        let sectors = table
            .partitions
            .iter()
            .map(|one| (one.number, one.start / 512, one.length / 512, one.extended));
        sectors.collect()
    }

    fn damage(disk: &[u8]) -> String {
        read(disk).expect_err("it is damaged").to_string()
    }

    fn disk() -> Vec<u8> {
        vec![0; 512 * 512]
    }

    #[test]
    fn primary_partitions_have_the_numbers_of_their_entries() {
        let mut disk = disk();
        mbr_entry(&mut disk, 0, 1, 0x83, 1, 10);
        mbr_entry(&mut disk, 0, 3, 0x83, 20, u32::MAX);
        assert_eq!(listed(&disk), [(2, 1, 10, false), (4, 20, u64::from(u32::MAX), false)]);
    }

    #[test]
    fn logical_partitions_follow_from_5() {
        let mut disk = disk();
        mbr_entry(&mut disk, 0, 0, 0x83, 1, 10);
        mbr_entry(&mut disk, 0, 1, 0x0f, 100, 300);
        // What has a partition of its own, then where the next is: counted from here, and from the first.
        mbr_entry(&mut disk, 100 * 512, 0, 0x83, 2, 20);
        mbr_entry(&mut disk, 100 * 512, 1, 0x05, 50, 100);
        mbr_entry(&mut disk, 150 * 512, 0, 0x83, 2, 30);
        mbr_entry(&mut disk, 150 * 512, 1, 0x05, 200, 50);
        // The other way round, as some write it.
        mbr_entry(&mut disk, 300 * 512, 1, 0x83, 2, 40);
        let expected = [
            (1, 1, 10, false),
            (2, 100, 300, true),
            (5, 102, 20, false),
            (6, 152, 30, false),
            (7, 302, 40, false),
        ];
        assert_eq!(listed(&disk), expected);
    }

    #[test]
    fn what_is_left_in_the_last_entries_of_a_chain_is_no_partition() {
        let mut disk = disk();
        mbr_entry(&mut disk, 0, 0, 0x05, 100, 300);
        mbr_entry(&mut disk, 100 * 512, 0, 0x83, 2, 20);
        mbr_entry(&mut disk, 100 * 512, 2, 0x83, 2, 400);
        mbr_entry(&mut disk, 100 * 512, 3, 0x83, 30, 20);
        let numbers: Vec<_> = listed(&disk).into_iter().map(|one| (one.0, one.1)).collect();
        assert_eq!(numbers, [(1, 100), (5, 102), (6, 130)]);
    }

    #[test]
    fn a_chain_that_meets_itself_is_damaged() {
        for back_to in [0, 50] {
            let mut disk = disk();
            mbr_entry(&mut disk, 0, 0, 0x05, 100, 300);
            mbr_entry(&mut disk, 100 * 512, 0, 0x83, 2, 20);
            mbr_entry(&mut disk, 100 * 512, 1, 0x05, 50, 100);
            mbr_entry(&mut disk, 150 * 512, 1, 0x05, back_to, 100);
            assert!(damage(&disk).contains("meets itself"));
        }
    }

    #[test]
    fn a_chain_that_holds_nothing_has_an_end() {
        let mut disk = disk();
        mbr_entry(&mut disk, 0, 0, 0x05, 1, 500);
        for sector in 1..500_u32 {
            mbr_entry(&mut disk, sector as usize * 512, 1, 0x05, sector, 1);
        }
        assert!(damage(&disk).contains("has no end"));
    }

    #[test]
    fn no_more_partitions_than_the_kernel_takes() {
        let mut disk = disk();
        mbr_entry(&mut disk, 0, 0, 0x05, 1, 500);
        for sector in 1..500_u32 {
            mbr_entry(&mut disk, sector as usize * 512, 0, 0x83, 1, 1);
            mbr_entry(&mut disk, sector as usize * 512, 1, 0x05, sector, 1);
        }
        assert!(damage(&disk).contains("more logical partitions"));
    }

    #[test]
    fn a_chain_that_leads_beyond_the_end_ends() {
        let mut disk = disk();
        mbr_entry(&mut disk, 0, 0, 0x83, 1, 10);
        mbr_entry(&mut disk, 0, 1, 0x05, u32::MAX, u32::MAX);
        assert_eq!(listed(&disk).len(), 2);
        mbr_entry(&mut disk, 0, 1, 0x05, 100, 300);
        mbr_entry(&mut disk, 100 * 512, 1, 0x05, u32::MAX, u32::MAX);
        assert_eq!(listed(&disk).len(), 2);
    }

    #[test]
    fn the_first_sector_of_a_file_system_is_no_table() {
        let mut disk = disk();
        assert_eq!(read(&disk), Ok(None));
        // The magic alone, then with code where the flags would be.
        mbr_entry(&mut disk, 0, 0, 0, 0, 0);
        assert_eq!(read(&disk), Ok(None));
        mbr_entry(&mut disk, 0, 0, 0x83, 1, 10);
        assert!(read(&disk).expect("it is valid").is_some());
        disk[446] = 0x80;
        assert!(read(&disk).expect("it is valid").is_some());
        disk[446] = 0x0d;
        assert_eq!(read(&disk), Ok(None));
        disk[446] = 0;
        disk[511] = 0;
        assert_eq!(read(&disk), Ok(None));
    }
}
