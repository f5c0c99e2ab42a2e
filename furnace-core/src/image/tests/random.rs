//! Whatever is in a file: an answer, and never more than that.

use super::superblocks::image;
use super::tables::{gpt, mbr_entry, seal};
use super::{Random, file, put};
use crate::image::bytes::Window;
use crate::image::{Filesystem, part, whole};

/// What has to hold of every answer.
fn check(bytes: &[u8]) {
    let file = file(bytes);
    let length = bytes.len() as u64;
    let disk = Window::whole(&file, length);
    // Reading a list of partitions as a whole is the work; its words have to come out as well.
    if let Err(unfit) = whole(disk) {
        assert!(!unfit.to_string().is_empty());
    }
    for number in [0, 1, 2, 5, 6, 128, u32::MAX] {
        match part(disk, number) {
            Ok((_, start, length_of_it)) => {
                assert!(length_of_it > 0 && start.checked_add(length_of_it).is_some_and(|end| end <= length));
            }
            Err(unfit) => assert!(!unfit.to_string().is_empty()),
        }
    }
}

fn mutate(bytes: &mut [u8], at: &[usize], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let place = at[random.below(at.len())] + random.below(64);
        let value = match random.below(4) {
            0 => 0,
            1 => 0xff,
            2 => 1 << random.below(8),
            _ => u8::try_from(random.below(256)).expect("a byte"),
        };
        if let Some(byte) = bytes.get_mut(place) {
            *byte = value;
        }
    }
}

#[test]
fn random_bytes() {
    let mut random = Random(0x0123_4567_89ab_cdef);
    for _ in 0..500 {
        let mut bytes: Vec<u8> = (0..random.below(10_000))
            .map(|_| random.next().to_le_bytes()[3])
            .collect();
        check(&bytes);
        if bytes.len() > 512 {
            put(&mut bytes, 510, &[0x55, 0xaa]);
            for place in 0..4 {
                bytes[446 + place * 16] = 0;
            }
            check(&bytes);
        }
    }
}

#[test]
fn mutated_chains() {
    let mut original = vec![0; 100 * 512];
    mbr_entry(&mut original, 0, 0, 0x83, 1, 9);
    mbr_entry(&mut original, 0, 1, 0x05, 10, 90);
    for sector in (10..90_u32).step_by(10) {
        mbr_entry(&mut original, sector as usize * 512, 0, 0x83, 1, 8);
        mbr_entry(&mut original, sector as usize * 512, 1, 0x05, sector, 10);
    }
    let places: Vec<usize> = (0..90).step_by(10).map(|sector| sector * 512 + 446).collect();
    let mut random = Random(42);
    for _ in 0..2000 {
        let mut bytes = original.clone();
        mutate(&mut bytes, &places, &mut random);
        check(&bytes);
    }
}

#[test]
fn mutated_gpts() {
    let mut original = vec![0; 200 * 512];
    gpt(&mut original, 512, &[(1, 40, 60), (2, 61, 80), (6, 81, 90)]);
    let last = 199 * 512;
    let mut random = Random(4711);
    for round in 0..400 {
        let mut bytes = original.clone();
        mutate(
            &mut bytes,
            &[446, 512, 512 + 32, 1024, 1024 + 128, last, last + 32],
            &mut random,
        );
        // Half of them with checksums that hide it.
        if round % 2 == 0 {
            seal(&mut bytes, 512);
            seal(&mut bytes, last);
        }
        bytes.truncate(bytes.len() - random.below(3) * 300);
        check(&bytes);
    }
}

#[test]
fn mutated_superblocks() {
    let mut random = Random(99);
    for filesystem in Filesystem::ALL {
        let original = image(filesystem, 128 * 1024);
        for _ in 0..200 {
            let mut bytes = original.clone();
            mutate(
                &mut bytes,
                &[0, 32, 64, 1024, 1024 + 64, 65536, 65536 + 64, 65536 + 0xc9],
                &mut random,
            );
            bytes.truncate(bytes.len() - random.below(70_000));
            check(&bytes);
        }
    }
}
