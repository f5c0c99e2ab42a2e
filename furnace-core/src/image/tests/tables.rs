//! Disks with a partition table.

use super::put;
use crate::image::partitions::Crc32;

/// Writes an entry of an MBR: place from 0, type, start and length in sectors.
pub(in crate::image) fn mbr_entry(disk: &mut [u8], at: usize, place: usize, kind: u8, start: u32, length: u32) {
    put(disk, at + 510, &[0x55, 0xaa]);
    let entry = at + 446 + place * 16;
    put(disk, entry + 4, &[kind]);
    put(disk, entry + 8, &start.to_le_bytes());
    put(disk, entry + 12, &length.to_le_bytes());
}

/// Writes a GPT: number, first and last sector of each partition; 128 entries.
pub(in crate::image) fn gpt(disk: &mut [u8], sector: usize, partitions: &[(usize, u64, u64)]) {
    mbr_entry(disk, 0, 0, 0xee, 1, u32::MAX);
    let mut entries = vec![0; 128 * 128];
    for (number, first, last) in partitions {
        let at = (number - 1) * 128;
        put(&mut entries, at, &[0x55; 32]);
        put(&mut entries, at + 32, &first.to_le_bytes());
        put(&mut entries, at + 40, &last.to_le_bytes());
    }
    let last = disk.len() / sector - 1;
    let before = last - entries.len() / sector;
    for (here, there, place) in [(1, last, 2), (last, 1, before)] {
        put(disk, place * sector, &entries);
        let mut header = [0; 92];
        put(&mut header, 0, b"EFI PART");
        put(&mut header, 8, &0x10000_u32.to_le_bytes());
        put(&mut header, 12, &92_u32.to_le_bytes());
        put(&mut header, 24, &(here as u64).to_le_bytes());
        put(&mut header, 32, &(there as u64).to_le_bytes());
        put(&mut header, 72, &(place as u64).to_le_bytes());
        put(&mut header, 80, &128_u32.to_le_bytes());
        put(&mut header, 84, &128_u32.to_le_bytes());
        put(&mut header, 88, &crc32(&entries).to_le_bytes());
        put(disk, here * sector, &header);
        seal(disk, here * sector);
    }
}

/// Makes the checksum of the header at `at` right.
pub(in crate::image) fn seal(disk: &mut [u8], at: usize) {
    put(disk, at + 16, &[0; 4]);
    let sum = crc32(&disk[at..at + 92]);
    put(disk, at + 16, &sum.to_le_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc32::new();
    crc.add(bytes);
    crc.value()
}
