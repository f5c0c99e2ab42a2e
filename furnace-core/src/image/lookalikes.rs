//! What people take for an image that can be a root: known by a few bytes, so that they can be told what to do.

use furnace_sys::Errno;

use super::bytes::Window;

/// Something that can't be mounted as a root.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lookalike {
    pub(super) what: &'static str,
    pub(super) remedy: &'static str,
    at: u64,
    magic: &'static [u8],
}

const UNPACK: &str = "decompress it first; furnace mounts images as they are";
const CONVERT: &str = "convert it first, for example with `qemu-img convert -O raw`";
const EXTRACT: &str = "extract it into a directory, and give that as the root directory";
const MOUNT: &str = "mount it, and give the place as the root directory";
const OPEN: &str = "open it with cryptsetup, mount what is inside, and give the place as the root directory";
const ACTIVATE: &str = "activate its volumes with vgchange, mount one, and give the place as the root directory";
const SYSTEM: &str = "nothing runs from it; if this is a disk's image, the system is in another partition";

/// Where a page of 4096 bytes ends with the magic of swap space (mkswap(8)).
const SWAP: u64 = 4086;

const fn looks(what: &'static str, at: u64, magic: &'static [u8], remedy: &'static str) -> Lookalike {
    Lookalike {
        what,
        remedy,
        at,
        magic,
    }
}

/// The longer magics come first.
const LOOKALIKES: &[Lookalike] = &[
    looks("LUKS", 0, b"LUKS\xba\xbe", OPEN),
    looks("LVM", 512, b"LABELONE", ACTIVATE),
    looks("LVM", 0, b"LABELONE", ACTIVATE),
    looks("swap", SWAP, b"SWAPSPACE2", SYSTEM),
    looks("swap", SWAP, b"SWAP-SPACE", SYSTEM),
    looks("ntfs", 3, b"NTFS    ", SYSTEM),
    looks("exfat", 3, b"EXFAT   ", SYSTEM),
    looks("vfat", 54, b"FAT1", SYSTEM),
    looks("vfat", 82, b"FAT32   ", SYSTEM),
    looks("iso9660", 32769, b"CD001", MOUNT),
    looks("udf", 32769, b"BEA01", MOUNT),
    looks("f2fs", 1024, b"\x10\x20\xf5\xf2", MOUNT),
    looks("jfs", 32768, b"JFS1", MOUNT),
    looks("reiserfs", 65588, b"ReIsEr", MOUNT),
    looks("cramfs", 0, b"\x45\x3d\xcd\x28", MOUNT),
    looks("romfs", 0, b"-rom1fs-", MOUNT),
    looks("qcow2", 0, b"QFI\xfb", CONVERT),
    looks("VMDK", 0, b"KDMV", CONVERT),
    looks("VMDK", 0, b"# Disk DescriptorFile", CONVERT),
    looks("VHDX", 0, b"vhdxfile", CONVERT),
    looks("VHD", 0, b"conectix", CONVERT),
    looks("VDI", 64, b"\x7f\x10\xda\xbe", CONVERT),
    looks(
        "an Android sparse image",
        0,
        b"\x3a\xff\x26\xed",
        "convert it first, with simg2img",
    ),
    looks("xz", 0, b"\xfd7zXZ", UNPACK),
    looks("zstd", 0, b"\x28\xb5\x2f\xfd", UNPACK),
    looks("lz4", 0, b"\x04\x22\x4d\x18", UNPACK),
    looks("bzip2", 0, b"BZh", UNPACK),
    looks("gzip", 0, b"\x1f\x8b", UNPACK),
    looks("zip", 0, b"PK\x03\x04", EXTRACT),
    looks("7z", 0, b"7z\xbc\xaf\x27\x1c", EXTRACT),
    looks("tar", 257, b"ustar", EXTRACT),
    looks("cpio", 0, b"070701", EXTRACT),
    looks(
        "squashfs of another byte order",
        0,
        b"sqsh",
        "unpack it with unsquashfs, and make it anew",
    ),
    looks(
        "a program",
        0,
        b"\x7fELF",
        "the root comes first: a directory or an image, then the command",
    ),
    looks(
        "a script",
        0,
        b"#!",
        "the root comes first: a directory or an image, then the command",
    ),
];

/// What `window` looks like, if it is well known.
pub(super) fn find(window: Window<'_>) -> Result<Option<&'static Lookalike>, Errno> {
    for lookalike in LOOKALIKES {
        if window.read::<32>(lookalike.at)?.has(0, lookalike.magic) {
            return Ok(Some(lookalike));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::{LOOKALIKES, Window, find};
    use crate::image::tests::file;

    #[test]
    fn each_is_found_by_its_magic() {
        for lookalike in LOOKALIKES {
            assert!(lookalike.magic.len() <= 32, "{}", lookalike.what);
            let mut bytes = vec![0; usize::try_from(lookalike.at).expect("small")];
            bytes.extend(lookalike.magic);
            let file = file(&bytes);
            let window = Window::whole(&file, bytes.len() as u64);
            assert_eq!(find(window), Ok(Some(lookalike)));
            let cut = Window::whole(&file, bytes.len() as u64 - 1);
            assert_eq!(find(cut), Ok(None), "{}", lookalike.what);
        }
    }
}
