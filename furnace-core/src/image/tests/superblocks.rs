//! The fewest bytes that are a file system's superblock.

use super::put;
use crate::image::filesystem::Filesystem;

/// An image of `size` bytes, all of which the file system claims.
pub(in crate::image) fn image(filesystem: Filesystem, size: u32) -> Vec<u8> {
    let mut bytes = vec![0; size as usize];
    match filesystem {
        Filesystem::Ext4 => {
            put(&mut bytes, 1024 + 0x38, &[0x53, 0xef]);
            put(&mut bytes, 1024 + 0x4, &(size / 1024).to_le_bytes());
        }
        Filesystem::Xfs => {
            put(&mut bytes, 0, b"XFSB");
            put(&mut bytes, 4, &4096_u32.to_be_bytes());
            put(&mut bytes, 8, &u64::from(size / 4096).to_be_bytes());
            put(&mut bytes, 48, &7_u64.to_be_bytes());
            put(&mut bytes, 100, &0xb4a5_u16.to_be_bytes());
        }
        Filesystem::Btrfs => {
            put(&mut bytes, 65536 + 0x30, &65536_u64.to_le_bytes());
            put(&mut bytes, 65536 + 0x40, b"_BHRfS_M");
            put(&mut bytes, 65536 + 0x88, &1_u64.to_le_bytes());
            put(&mut bytes, 65536 + 0xd1, &u64::from(size).to_le_bytes());
        }
        Filesystem::Squashfs => {
            put(&mut bytes, 0, b"hsqs");
            put(&mut bytes, 12, &131_072_u32.to_le_bytes());
            put(&mut bytes, 22, &17_u16.to_le_bytes());
            put(&mut bytes, 28, &4_u16.to_le_bytes());
            put(&mut bytes, 40, &u64::from(size).to_le_bytes());
        }
        Filesystem::Erofs => {
            put(&mut bytes, 1024, &0xe0f5_e1e2_u32.to_le_bytes());
            put(&mut bytes, 1024 + 12, &[12]);
            put(&mut bytes, 1024 + 36, &(size / 4096).to_le_bytes());
        }
    }
    bytes
}
