//! Recognising a file system by its superblock. Each knows its magic, its size, and what a mount would refuse anyway.

use furnace_sys::Errno;

use super::bytes::{Block, Window};
use super::filesystem::Filesystem;
use super::unfit::Unfit;

/// What a superblock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Superblock {
    pub(super) filesystem: Filesystem,
    /// How many bytes the file system has.
    pub(super) size: u64,
}

/// What there is in the place of a superblock, if it has its magic.
type Reading = Option<Result<u64, &'static str>>;

/// The file system that fills `window`, if it is one that we know.
pub(super) fn recognise(window: Window<'_>) -> Result<Option<Superblock>, Unfit> {
    let mut found = None;
    let mut broken = None;
    for filesystem in Filesystem::ALL {
        match (read(window, filesystem)?, found) {
            (None, _) => {}
            (Some(Err(why)), _) => broken = broken.or(Some(Unfit::Superblock(filesystem, why))),
            (Some(Ok(size)), None) => found = Some(Superblock { filesystem, size }),
            (Some(Ok(_)), Some(other)) => return Err(Unfit::TwoFilesystems(other.filesystem, filesystem)),
        }
    }
    match (found, broken) {
        (None, Some(unfit)) => Err(unfit),
        (found, _) => Ok(found),
    }
}

fn read(window: Window<'_>, filesystem: Filesystem) -> Result<Reading, Errno> {
    Ok(match filesystem {
        Filesystem::Ext4 => ext(&window.read(1024)?),
        Filesystem::Xfs => xfs(&window.read(0)?),
        Filesystem::Btrfs => btrfs(&window.read(BTRFS_PLACE)?),
        Filesystem::Squashfs => squashfs(&window.read(0)?),
        Filesystem::Erofs => erofs(&window.read(1024)?),
    })
}

const NO_BLOCK_SIZE: &str = "its block size makes no sense";
const NO_SIZE: &str = "its size makes no sense";

/// `count` blocks of 2 to the power of `shift` bytes; as long as an image can be at most.
fn blocks(count: u64, shift: u32) -> Result<u64, &'static str> {
    let size = 1_u64.checked_shl(shift).and_then(|block| block.checked_mul(count));
    size.filter(|size| (1..=i64::MAX.cast_unsigned()).contains(size))
        .ok_or(NO_SIZE)
}

/// struct ext4_super_block, the same in ext2 and ext3.
fn ext(block: &Block<1024>) -> Reading {
    const JOURNAL_DEVICE: u32 = 0x8;
    const WIDE: u32 = 0x80;
    if block.le16(0x38) != 0xef53 {
        return None;
    }
    let shift = block.le32(0x18);
    let features = block.le32(0x60);
    if shift > 6 {
        return Some(Err(NO_BLOCK_SIZE));
    }
    if features & JOURNAL_DEVICE != 0 {
        return Some(Err("it is the journal of another file system"));
    }
    let high = if features & WIDE == 0 { 0 } else { block.le32(0x150) };
    let count = u64::from(high) << 32 | u64::from(block.le32(0x4));
    Some(blocks(count, 10 + shift))
}

/// struct xfs_dsb.
fn xfs(block: &Block<512>) -> Reading {
    if !block.has(0, b"XFSB") {
        return None;
    }
    let size = block.be32(4);
    if !size.is_power_of_two() || !(512..=65536).contains(&size) {
        return Some(Err(NO_BLOCK_SIZE));
    }
    if !matches!(block.be16(100) & 0xf, 4 | 5) {
        return Some(Err("its version is neither 4 nor 5"));
    }
    if block.be64(48) == 0 {
        return Some(Err("its log is on another device"));
    }
    Some(blocks(block.be64(8), size.ilog2()))
}

/// Where the first superblock of a btrfs is.
const BTRFS_PLACE: u64 = 65536;

/// struct btrfs_super_block.
fn btrfs(block: &Block<512>) -> Reading {
    if !block.has(0x40, b"_BHRfS_M") {
        return None;
    }
    if block.le64(0x30) != BTRFS_PLACE {
        return Some(Err("it is not where it says that it is"));
    }
    if block.le64(0x88) != 1 {
        return Some(Err("it is one of several devices of a file system"));
    }
    // That of the device, not of the file system: the same here, but what the kernel compares.
    Some(blocks(block.le64(0xd1), 0))
}

/// struct squashfs_super_block.
fn squashfs(block: &Block<96>) -> Reading {
    if !block.has(0, b"hsqs") {
        return None;
    }
    if block.le16(28) != 4 {
        return Some(Err("its version is not 4, the one that the kernel knows"));
    }
    let size = block.le32(12);
    let plausible = size.is_power_of_two() && (4096..=1 << 20).contains(&size);
    if !plausible || size.ilog2() != u32::from(block.le16(22)) {
        return Some(Err(NO_BLOCK_SIZE));
    }
    Some(blocks(block.le64(40), 0))
}

/// struct erofs_super_block.
fn erofs(block: &Block<128>) -> Reading {
    const WIDE: u32 = 0x80;
    if block.le32(0) != 0xe0f5_e1e2 {
        return None;
    }
    let shift = block.byte(12);
    if !(9..=16).contains(&shift) {
        return Some(Err(NO_BLOCK_SIZE));
    }
    let high = if block.le32(80) & WIDE == 0 { 0 } else { block.le16(14) };
    let count = u64::from(high) << 32 | u64::from(block.le32(36));
    // The kernel never asks, and not every writer tells.
    Some(if count == 0 { Ok(0) } else { blocks(count, shift.into()) })
}

#[cfg(test)]
mod tests {
    use super::{Filesystem, Superblock, Unfit, Window, recognise};
    use crate::image::tests::superblocks::image;
    use crate::image::tests::{file, put};

    const SIZE: u32 = 1 << 20;

    fn recognised(bytes: &[u8]) -> Result<Option<Superblock>, Unfit> {
        recognise(Window::whole(&file(bytes), bytes.len() as u64))
    }

    /// What is said of an image with these bytes changed.
    fn broken(filesystem: Filesystem, at: usize, bytes: &[u8]) -> String {
        let mut image = image(filesystem, SIZE);
        put(&mut image, at, bytes);
        recognised(&image).expect_err("it is broken").to_string()
    }

    #[test]
    fn each_is_recognised_and_tells_its_size() {
        for filesystem in Filesystem::ALL {
            let size = u64::from(SIZE);
            let expected = Superblock { filesystem, size };
            assert_eq!(recognised(&image(filesystem, SIZE)), Ok(Some(expected)));
        }
    }

    #[test]
    fn nothing_is_recognised_in_nothing() {
        assert_eq!(recognised(&[]), Ok(None));
        assert_eq!(recognised(&[0; 100_000]), Ok(None));
        assert_eq!(recognised(&[0xff; 100_000]), Ok(None));
    }

    #[test]
    fn a_superblock_has_to_make_sense() {
        use Filesystem::{Btrfs, Erofs, Ext4, Squashfs, Xfs};
        let block_size = "block size makes no sense";
        assert!(broken(Ext4, 1024 + 0x18, &[7]).contains(block_size));
        assert!(broken(Xfs, 4, &[0, 0, 1, 1]).contains(block_size));
        assert!(broken(Squashfs, 12, &[1]).contains(block_size));
        assert!(broken(Squashfs, 22, &[18]).contains(block_size));
        assert!(broken(Erofs, 1024 + 12, &[8]).contains(block_size));
        assert!(broken(Erofs, 1024 + 12, &[255]).contains(block_size));
        assert!(broken(Ext4, 1024 + 0x60, &[8]).contains("journal of another"));
        assert!(broken(Xfs, 100, &[0, 3]).contains("version"));
        assert!(broken(Xfs, 48, &[0; 8]).contains("log is on another device"));
        assert!(broken(Squashfs, 28, &[3]).contains("version"));
        assert!(broken(Btrfs, 65536 + 0x30, &[1]).contains("not where it says"));
        assert!(broken(Btrfs, 65536 + 0x88, &[2]).contains("one of several devices"));
        let size = "its size makes no sense";
        assert!(broken(Ext4, 1024 + 0x4, &[0; 4]).contains(size));
        assert!(broken(Xfs, 8, &[0xff; 8]).contains(size));
        assert!(broken(Btrfs, 65536 + 0xd1, &[0xff; 8]).contains(size));
        assert!(broken(Squashfs, 40, &[0xff; 8]).contains(size));
    }

    #[test]
    fn high_halves_count_where_the_features_say_so() {
        let size = |image: &[u8]| recognised(image).expect("it makes sense").map(|found| found.size);
        let mut ext4 = image(Filesystem::Ext4, SIZE);
        put(&mut ext4, 1024 + 0x150, &[1]);
        assert_eq!(size(&ext4), Some(u64::from(SIZE)));
        put(&mut ext4, 1024 + 0x60, &[0x80]);
        assert_eq!(size(&ext4), Some(u64::from(SIZE) + (1 << 42)));
        let mut erofs = image(Filesystem::Erofs, SIZE);
        put(&mut erofs, 1024 + 14, &[1]);
        assert_eq!(size(&erofs), Some(u64::from(SIZE)));
        put(&mut erofs, 1024 + 80, &[0x80]);
        assert_eq!(size(&erofs), Some(u64::from(SIZE) + (1 << 44)));
        put(&mut erofs, 1024 + 36, &[0; 4]);
        put(&mut erofs, 1024 + 80, &[0]);
        assert_eq!(size(&erofs), Some(0));
    }

    #[test]
    fn two_at_once_are_too_many() {
        let mut both = image(Filesystem::Btrfs, SIZE);
        let xfs = image(Filesystem::Xfs, SIZE);
        put(&mut both, 0, &xfs[..512]);
        assert_eq!(
            recognised(&both),
            Err(Unfit::TwoFilesystems(Filesystem::Xfs, Filesystem::Btrfs))
        );
        // Nonsense beside something that makes sense is what was left of another.
        put(&mut both, 4, &[0; 4]);
        let found = recognised(&both).expect("one is right").map(|found| found.filesystem);
        assert_eq!(found, Some(Filesystem::Btrfs));
    }
}
