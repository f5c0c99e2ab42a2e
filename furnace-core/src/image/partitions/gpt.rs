//! The GUID partition table (UEFI specification, chapter 5), which is on a disk twice: at the beginning and at the end.

use furnace_sys::Errno;

use super::crc32::Crc32;
use super::table::{Partition, Table};
use crate::image::bytes::{Block, Window};
use crate::image::scheme::Scheme;
use crate::image::unfit::Unfit;

/// The sizes of sectors that disks have, the frequent one first.
const SECTORS: [u64; 2] = [512, 4096];

/// As much of the entries as is looked at in one go; a multiple of every size that an entry may have.
const CHUNK: u32 = 4096;

/// More than any disk has: 8192 entries, where 128 are usual.
const ENTRIES_MAX: u64 = 1 << 20;

const NO_HEADER: &str = "is not there";

/// The table of a disk whose first sector says that it has a GPT.
pub(super) fn read(disk: Window<'_>) -> Result<Table, Unfit> {
    let first = search(disk, |_| Some(1))?;
    let first = match first {
        Ok(table) => return Ok(table),
        Err(why) => why,
    };
    // Only where the first is damaged: the end of an image that was cut or enlarged is not that of its disk.
    let last = search(disk, |sector| (disk.length() / sector).checked_sub(1))?;
    last.map_err(|last| Unfit::Damaged(format!("the header at its beginning {first}, that at its end {last}").into()))
}

/// The table whose header is in a sector of a certain number, whatever the size of sectors.
fn search(disk: Window<'_>, number: impl Fn(u64) -> Option<u64>) -> Result<Result<Table, &'static str>, Errno> {
    let mut wrong = NO_HEADER;
    for sector in SECTORS {
        let Some(number) = number(sector) else { continue };
        match read_at(disk, sector, number)? {
            Ok(table) => return Ok(Ok(table)),
            Err(NO_HEADER) => {}
            Err(why) => wrong = why,
        }
    }
    Ok(Err(wrong))
}

/// The table whose header is in sector `number`.
fn read_at(disk: Window<'_>, sector: u64, number: u64) -> Result<Result<Table, &'static str>, Errno> {
    let header: Block<4096> = disk.read(number.saturating_mul(sector))?;
    if !header.has(0, b"EFI PART") {
        return Ok(Err(NO_HEADER));
    }
    let size = header.le32(12);
    if size < 92 || u64::from(size) > sector {
        return Ok(Err("has a size that makes no sense"));
    }
    if checksum(&header, size) != header.le32(16) {
        return Ok(Err("has a wrong checksum"));
    }
    if header.le64(24) != number {
        return Ok(Err("is not where it says that it is"));
    }
    read_entries(disk, sector, &header)
}

/// That of the first `size` bytes, which counts the field of the checksum as zero.
fn checksum(header: &Block<4096>, size: u32) -> u32 {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut crc = Crc32::new();
    crc.add(header.bytes().get(..16).unwrap_or_default());
    crc.add(&[0; 4]);
    crc.add(header.bytes().get(20..size).unwrap_or_default());
    crc.value()
}

fn read_entries(disk: Window<'_>, sector: u64, header: &Block<4096>) -> Result<Result<Table, &'static str>, Errno> {
    let (count, size) = (header.le32(80), header.le32(84));
    if !size.is_power_of_two() || !(128..=CHUNK).contains(&size) {
        return Ok(Err("has entries of a size that makes no sense"));
    }
    let length = u64::from(count) * u64::from(size);
    if length > ENTRIES_MAX {
        return Ok(Err("has more entries than any disk has"));
    }
    let entries = header.le64(72).checked_mul(sector);
    let Some(entries) = entries.and_then(|start| disk.part(start, length)) else {
        return Ok(Err("has its entries beyond the end of the file"));
    };
    let mut crc = Crc32::new();
    let mut partitions = Vec::new();
    let per_chunk = CHUNK / size;
    for first in (0..count).step_by(per_chunk as usize) {
        let chunk: Block<{ CHUNK as usize }> = entries.read(u64::from(first) * u64::from(size))?;
        for entry in 0..per_chunk.min(count - first) {
            let at = (entry * size) as usize;
            crc.add(chunk.bytes().get(at..at + size as usize).unwrap_or_default());
            partitions.extend(partition(&chunk, at, sector, first + entry + 1));
        }
    }
    if crc.value() != header.le32(88) {
        return Ok(Err("has entries with a wrong checksum"));
    }
    Ok(Ok(Table {
        scheme: Scheme::Gpt,
        entries: count,
        partitions,
    }))
}

/// The partition whose entry is at `at`, unless that is empty.
fn partition(chunk: &Block<{ CHUNK as usize }>, at: usize, sector: u64, number: u32) -> Option<Partition> {
    if chunk.field(at) == [0_u8; 16] {
        return None;
    }
    let (first, last) = (chunk.le64(at + 32), chunk.le64(at + 40));
    // What is too much for a number is beyond the end of any file.
    let sectors = last.checked_sub(first).map_or(0, |more| more.saturating_add(1));
    Some(Partition {
        number,
        start: first.saturating_mul(sector),
        length: sectors.saturating_mul(sector),
        extended: false,
    })
}

#[cfg(test)]
mod tests {
    use super::{Partition, Scheme, Table, Unfit, Window};
    use crate::image::partitions;
    use crate::image::tests::tables::{gpt, seal};
    use crate::image::tests::{file, put};

    const SECTOR: usize = 512;
    const LENGTH: usize = 1 << 20;
    const LAST: usize = LENGTH / SECTOR - 1;

    fn disk() -> Vec<u8> {
        let mut disk = vec![0; LENGTH];
        gpt(&mut disk, SECTOR, &[(1, 40, 49), (3, 50, 50), (128, 60, 59)]);
        disk
    }

    fn read(disk: &[u8]) -> Result<Option<Table>, Unfit> {
        partitions::read(Window::whole(&file(disk), disk.len() as u64))
    }

    fn numbers(disk: &[u8]) -> Vec<u32> {
        let table = read(disk).expect("it is valid").expect("it is there");
        table.partitions.iter().map(|partition| partition.number).collect()
    }

    fn damage(disk: &[u8]) -> String {
        read(disk).expect_err("it is damaged").to_string()
    }

    /// A disk of which only the first table is left, with the header changed and its checksum right.
    fn changed(at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut disk = disk();
        put(&mut disk, LAST * SECTOR, &[0; SECTOR]);
        put(&mut disk, SECTOR + at, bytes);
        seal(&mut disk, SECTOR);
        disk
    }

    #[test]
    fn partitions_have_the_numbers_of_their_entries() {
        let partition = |number, start, length| Partition {
            number,
            start,
            length,
            extended: false,
        };
        let expected = Table {
            scheme: Scheme::Gpt,
            entries: 128,
            partitions: vec![
                partition(1, 40 * 512, 10 * 512),
                partition(3, 50 * 512, 512),
                partition(128, 60 * 512, 0),
            ],
        };
        assert_eq!(read(&disk()), Ok(Some(expected)));
    }

    #[test]
    fn sectors_may_have_4096_bytes() {
        let mut disk = vec![0; LENGTH];
        gpt(&mut disk, 4096, &[(2, 10, 11)]);
        let table = read(&disk).expect("it is valid").expect("it is there");
        assert_eq!(
            table.get(2).map(|found| (found.start, found.length)),
            Some((40960, 8192))
        );
        put(&mut disk, 4096, &[0; 4096]);
        assert_eq!(numbers(&disk), [2]);
    }

    #[test]
    fn the_last_table_counts_where_the_first_is_damaged() {
        let entries = 2 * SECTOR;
        for at in [SECTOR, SECTOR + 60, entries, entries + 127 * 128] {
            let mut disk = disk();
            disk[at] ^= 1;
            assert_eq!(numbers(&disk), [1, 3, 128], "damaged at {at}");
            disk[LAST * SECTOR + 20] ^= 1;
            assert!(damage(&disk).contains("that at its end has a wrong checksum"));
        }
    }

    #[test]
    fn the_first_table_counts_where_both_are_valid() {
        let mut disk = disk();
        let mut other = vec![0; LENGTH];
        gpt(&mut other, SECTOR, &[(7, 40, 49)]);
        put(&mut disk, SECTOR, &other[SECTOR..34 * SECTOR]);
        assert_eq!(numbers(&disk), [7]);
    }

    #[test]
    fn there_is_no_gpt_where_the_first_sector_has_none() {
        let mut disk = disk();
        put(&mut disk, 0, &[0; SECTOR]);
        assert_eq!(read(&disk), Ok(None));
    }

    #[test]
    fn headers_have_to_make_sense() {
        assert_eq!(numbers(&changed(0, b"EFI PART")), [1, 3, 128]);
        assert!(damage(&changed(12, &91_u32.to_le_bytes())).contains("has a size"));
        assert!(damage(&changed(12, &u32::MAX.to_le_bytes())).contains("has a size"));
        assert!(damage(&changed(24, &2_u64.to_le_bytes())).contains("not where it says"));
        assert!(damage(&changed(72, &u64::MAX.to_le_bytes())).contains("beyond the end"));
        assert!(damage(&changed(72, &(LAST as u64).to_le_bytes())).contains("beyond the end"));
        assert!(damage(&changed(80, &u32::MAX.to_le_bytes())).contains("more entries"));
        assert!(damage(&changed(84, &0_u32.to_le_bytes())).contains("entries of a size"));
        assert!(damage(&changed(84, &(1_u32 << 31).to_le_bytes())).contains("entries of a size"));
        assert!(damage(&changed(88, &[0; 4])).contains("entries with a wrong checksum"));
    }

    #[test]
    fn what_is_too_far_away_is_only_too_far() {
        let mut disk = vec![0; LENGTH];
        gpt(&mut disk, SECTOR, &[(1, u64::MAX, u64::MAX), (2, 0, u64::MAX)]);
        let file = file(&disk);
        let whole = Window::whole(&file, LENGTH as u64);
        let table = partitions::read(whole).expect("it is valid").expect("it is there");
        for number in [1, 2] {
            assert!(table.get(number).expect("there is an entry").window(whole).is_none());
        }
    }
}
