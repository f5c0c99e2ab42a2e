//! What is found in a file, or why nothing is.

use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use super::superblocks::image;
use super::tables::{gpt, mbr_entry};
use super::{Temporary, put};
use crate::error::{Error, ErrorKind, Phase};
use crate::image::{Filesystem, Image};

const SIZE: u32 = 1 << 20;

fn refused(bytes: &[u8], partition: Option<u32>) -> Error {
    let file = Temporary::new(bytes);
    Image::look(file.path(), partition).expect_err("it is no root")
}

/// The cause and the remedy.
fn why(bytes: &[u8], partition: Option<u32>) -> (String, String) {
    let error = refused(bytes, partition);
    assert_eq!(error.phase(), Phase::Configure);
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    (cause, error.remedy().unwrap_or_default().to_owned())
}

/// A GPT with three partitions: a vfat, an ext4 and nothing known; 5 reaches beyond the end.
fn disk() -> Vec<u8> {
    let mut disk = vec![0; 8 << 20];
    gpt(
        &mut disk,
        512,
        &[(1, 2048, 4095), (2, 4096, 6143), (3, 6144, 6655), (5, 8192, 1 << 30)],
    );
    put(&mut disk, 2048 * 512 + 82, b"FAT32   ");
    put(&mut disk, 4096 * 512, &image(Filesystem::Ext4, SIZE));
    disk
}

#[test]
fn the_whole_of_a_file() {
    for filesystem in Filesystem::ALL {
        let file = Temporary::new(&image(filesystem, SIZE));
        let metadata = file.path().metadata().expect("it is there");
        let expected = Image {
            path: file.path().canonicalize().expect("it is there"),
            filesystem,
            offset: 0,
            length: 0,
            device: metadata.dev(),
            inode: metadata.ino(),
        };
        assert_eq!(Image::look(file.path(), None).expect("an image"), expected);
    }
}

#[test]
fn a_partition_of_a_file() {
    let file = Temporary::new(&disk());
    let found = Image::look(file.path(), Some(2)).expect("an image");
    let expected = (Filesystem::Ext4, 4096 * 512, u64::from(SIZE));
    assert_eq!((found.filesystem, found.offset, found.length), expected);
}

#[test]
fn a_symlink_is_followed() {
    let file = Temporary::new(&image(Filesystem::Xfs, SIZE));
    let link = Temporary::new(b"");
    std::fs::remove_file(link.path()).expect("removed");
    std::os::unix::fs::symlink(file.path(), link.path()).expect("made");
    let found = Image::look(link.path(), None).expect("an image");
    assert_eq!(found.path, file.path().canonicalize().expect("it is there"));
}

#[test]
fn somebody_who_did_not_choose_is_told_what_there_is() {
    let (cause, remedy) = why(&disk(), None);
    assert_eq!(
        cause,
        "it has a partition table (GPT), and no partition was chosen: there is 1 (1 MiB, vfat), 2 (1 MiB, ext4), \
         3 (256 KiB, no known file system), 5 (511.9 GiB, not inside the file)"
    );
    assert_eq!(remedy, "choose one with partition(N), or --partition N");
}

#[test]
fn partitions_that_are_not_there() {
    let disk = disk();
    let error = refused(&disk, Some(9));
    assert!(error.to_string().starts_with("cannot use partition 9 of the image /"));
    for (number, sentence) in [
        (0, "partitions are numbered from 1: there is 1 ("),
        (4, "this entry of the partition table is empty: there is 1 ("),
        (9, "this entry of the partition table is empty: there is 1 ("),
        (129, "there is no such partition: there is 1 ("),
        (u32::MAX, "there is no such partition: there is 1 ("),
    ] {
        let (cause, remedy) = why(&disk, Some(number));
        assert!(cause.starts_with(sentence), "{number}: {cause}");
        assert!(remedy.contains("--partition"));
    }
    let (cause, remedy) = why(&disk, Some(5));
    assert_eq!(
        cause,
        "it reaches beyond the end of the file: up to byte 549755814400 of 8388608"
    );
    assert!(remedy.contains("get it anew"));
}

#[test]
fn partitions_without_a_known_file_system() {
    let (cause, remedy) = why(&disk(), Some(1));
    assert_eq!(
        cause,
        "there is none of ext4, xfs, btrfs, squashfs and erofs in the partition: it looks like vfat"
    );
    assert!(remedy.contains("another partition"));
    let (cause, _) = why(&disk(), Some(3));
    assert!(cause.ends_with("in the partition"), "{cause}");
}

#[test]
fn an_empty_table_offers_nothing() {
    let mut disk = vec![0; 1 << 20];
    gpt(&mut disk, 512, &[]);
    for partition in [None, Some(1)] {
        assert_eq!(why(&disk, partition).0, "its partition table (GPT) is empty");
    }
}

#[test]
fn a_long_table_is_cut() {
    let mut disk = vec![0; 1 << 20];
    let all: Vec<_> = (1..=128).map(|number| (number, 100, 100)).collect();
    gpt(&mut disk, 512, &all);
    let (cause, _) = why(&disk, None);
    assert!(
        cause.ends_with("16 (512 bytes, no known file system), and 112 more"),
        "{cause}"
    );
}

#[test]
fn an_extended_partition_is_no_root() {
    let mut disk = vec![0; 1 << 20];
    mbr_entry(&mut disk, 0, 0, 0x05, 100, 300);
    mbr_entry(&mut disk, 100 * 512, 0, 0x83, 2, 20);
    let (cause, _) = why(&disk, Some(1));
    assert_eq!(
        cause,
        "it is an extended partition, which only holds others: there is 1 (150 KiB, extended), \
         5 (10 KiB, no known file system)"
    );
}

#[test]
fn a_partition_that_ends_before_it_begins() {
    let mut disk = vec![0; 1 << 20];
    gpt(&mut disk, 512, &[(1, 100, 98)]);
    assert_eq!(why(&disk, Some(1)).0, "it ends before it begins");
}

#[test]
fn a_partition_of_what_has_none() {
    let (cause, remedy) = why(&image(Filesystem::Squashfs, SIZE), Some(1));
    assert_eq!(cause, "it has no partition table: the whole of it is squashfs");
    assert!(remedy.contains("leave out the partition"));
    assert_eq!(why(b"text", Some(1)).0, "it has no partition table");
}

#[test]
fn what_is_cut_short() {
    for filesystem in Filesystem::ALL {
        let whole = image(filesystem, SIZE);
        let (cause, remedy) = why(&whole[..SIZE as usize - 4096], None);
        assert_eq!(
            cause,
            format!("the image is cut short: its {filesystem} has 1048576 bytes, the file has 1044480")
        );
        assert!(remedy.contains("get it anew"));
    }
    let mut disk = disk();
    let large = image(Filesystem::Ext4, 2 * SIZE);
    put(&mut disk, 4096 * 512, &large[..65536]);
    let (cause, _) = why(&disk, Some(2));
    assert_eq!(
        cause,
        "the image is cut short: its ext4 has 2097152 bytes, the partition has 1048576"
    );
}

#[test]
fn what_is_no_whole_number_of_sectors() {
    let ragged = image(Filesystem::Squashfs, SIZE + 100);
    let (cause, remedy) = why(&ragged, None);
    assert!(cause.contains("1048676 bytes are not a multiple of 512"), "{cause}");
    assert!(remedy.contains("truncate"));
    // The file system needs nothing of the rest.
    let mut longer = image(Filesystem::Squashfs, SIZE);
    longer.extend([0; 100]);
    assert!(Image::look(Temporary::new(&longer).path(), None).is_ok());
}

#[test]
fn both_a_file_system_and_a_table() {
    let mut both = image(Filesystem::Btrfs, SIZE);
    mbr_entry(&mut both, 0, 0, 0x83, 1, 10);
    let (cause, remedy) = why(&both, None);
    assert!(cause.starts_with("the whole of it is btrfs, but it also has a partition table (MBR): there is 1"));
    assert!(remedy.contains("wipefs"));
    // A table of which nothing is there is no table.
    mbr_entry(&mut both, 0, 0, 0x83, 1 << 30, 10);
    assert!(Image::look(Temporary::new(&both).path(), None).is_ok());
}

#[test]
fn a_damaged_table() {
    let mut disk = vec![0; 1 << 20];
    gpt(&mut disk, 512, &[(1, 100, 200)]);
    put(&mut disk, 512, &[0; 512]);
    let cut = &disk[..disk.len() - 512];
    for partition in [None, Some(1)] {
        let (cause, remedy) = why(cut, partition);
        assert_eq!(
            cause,
            "its partition table is damaged: the header at its beginning is not there, that at its end is not there"
        );
        assert!(remedy.contains("gdisk"));
    }
}

#[test]
fn what_is_no_image_at_all() {
    let (cause, remedy) = why(b"\x1f\x8b\x08\0", None);
    assert_eq!(
        cause,
        "there is none of ext4, xfs, btrfs, squashfs and erofs in the file: it looks like gzip"
    );
    assert!(remedy.contains("decompress"));
    assert_eq!(why(b"", Some(1)).0, "it is empty");
}

/// The remedy for what nobody would take for an image.
fn no_directory(error: &Error) -> &str {
    assert_eq!(
        (error.kind(), error.raw_os_error()),
        (ErrorKind::NotADirectory, Some(20))
    );
    error.remedy().expect("there is one")
}

#[test]
fn what_is_neither_a_directory_nor_an_image() {
    assert!(no_directory(&refused(b"", None)).starts_with("nor is it a disk image: it is empty;"));
    let text = "nor is it a disk image: there is none of ext4, xfs, btrfs, squashfs and erofs in the file;";
    assert!(no_directory(&refused(b"just text", None)).starts_with(text));
}

#[test]
fn what_is_no_file() {
    let look = |path: &Path| Image::look(path, None).expect_err("it is no file");
    assert!(no_directory(&look(Path::new("/dev/null"))).contains("it is a character device, not a file"));
    assert_eq!(look(Path::new("/not/there")).kind(), ErrorKind::NotFound);
    assert_eq!(look(Path::new("/etc/passwd/x")).raw_os_error(), Some(20));
    let block = std::fs::read_dir("/sys/class/block").into_iter().flatten().flatten();
    let block = block.map(|entry| Path::new("/dev").join(entry.file_name()));
    let is_block = |path: &Path| path.metadata().is_ok_and(|it| it.file_type().is_block_device());
    if let Some(block) = block.into_iter().find(|path| is_block(path)) {
        assert!(look(&block).remedy().is_some_and(|remedy| remedy.contains("mount")));
    }
}

#[test]
fn a_fifo_holds_nobody_up() {
    let fifo = Temporary::new(b"");
    std::fs::remove_file(fifo.path()).expect("removed");
    rustix::fs::mkfifoat(rustix::fs::CWD, fifo.path(), 0o600.into()).expect("made");
    let error = Image::look(fifo.path(), None).expect_err("it is no file");
    assert!(no_directory(&error).contains("it is a FIFO, not a file"));
}

#[test]
fn odd_bytes_in_a_path_are_escaped() {
    let file = Temporary::new(b"");
    let odd = file.path().with_extension("\u{1b}[31m\n");
    std::fs::rename(file.path(), &odd).expect("renamed");
    let error = Image::look(&odd, None).expect_err("it is empty").to_string();
    std::fs::remove_file(odd).expect("removed");
    assert!(error.contains("\\u{1b}[31m\\n"), "{error}");
}

#[test]
fn a_file_of_any_length_is_looked_at_quickly() {
    let file = Temporary::new(&image(Filesystem::Ext4, SIZE));
    let open = std::fs::OpenOptions::new()
        .write(true)
        .open(file.path())
        .expect("opened");
    open.set_len(1 << 40).expect("as long as the file system takes");
    assert!(Image::look(file.path(), None).is_ok());
}
