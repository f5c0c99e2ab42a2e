//! Disk images for containers, made with the programs that everybody makes them with.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hasher};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{SeekFrom as SeekTo, seek};

use crate::{Need, Scratch};

/// Where partitions begin: at whole MiB, as everybody does it.
const ALIGNMENT: u64 = 1 << 20;

const SECTOR: u64 = 512;

/// A file system that an image may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The first of its line, which is mounted as ext4.
    Ext2,
    /// With a journal.
    Ext4,
    /// At least 300 MiB, most of it holes.
    Xfs,
    /// At least 110 MiB, most of it holes.
    Btrfs,
    /// Read-only, compressed.
    Squashfs,
    /// Read-only.
    Erofs,
}

impl Format {
    /// Each of them.
    pub const ALL: [Self; 6] = [
        Self::Ext2,
        Self::Ext4,
        Self::Xfs,
        Self::Btrfs,
        Self::Squashfs,
        Self::Erofs,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ext2 => "ext2",
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
            Self::Btrfs => "btrfs",
            Self::Squashfs => "squashfs",
            Self::Erofs => "erofs",
        }
    }

    /// The file system that the kernel mounts it as.
    #[must_use]
    pub fn driver(self) -> &'static str {
        match self {
            Self::Ext2 | Self::Ext4 => "ext4",
            other => other.name(),
        }
    }

    /// Whether nothing in it can ever be changed.
    #[must_use]
    pub fn is_read_only(self) -> bool {
        matches!(self, Self::Squashfs | Self::Erofs)
    }

    /// What a test needs that only looks at one.
    #[must_use]
    pub fn to_make(self) -> Need {
        Need::Program(match self {
            Self::Ext2 | Self::Ext4 => "mke2fs",
            Self::Xfs => "mkfs.xfs",
            Self::Btrfs => "mkfs.btrfs",
            Self::Squashfs => "mksquashfs",
            Self::Erofs => "mkfs.erofs",
        })
    }

    /// What a test needs that starts from one.
    #[must_use]
    pub fn to_start(self) -> [Need; 4] {
        [
            Need::Root,
            Need::File("/dev/loop-control"),
            Need::Filesystem(self.driver()),
            self.to_make(),
        ]
    }
}

/// A file with a file system, or with partitions, in it. Its name tells nothing.
#[derive(Debug)]
pub struct DiskImage(PathBuf);

impl DiskImage {
    /// One of the size that is usual for the format, with all that is below `content`.
    #[must_use]
    pub fn new(format: Format, scratch: &Scratch, content: &Path) -> Self {
        let path = unused(scratch);
        match format {
            Format::Ext2 => return Self::ext("ext2", &path, content, 64),
            Format::Ext4 => return Self::ext("ext4", &path, content, 64),
            Format::Xfs => {
                let prototype = path.with_extension("prototype");
                fs::write(&prototype, self::prototype(content)).unwrap();
                allocate(&path, 300);
                run(Command::new("mkfs.xfs").arg("-q").arg("-p").args([&prototype, &path]));
                fs::remove_file(prototype).unwrap();
            }
            Format::Btrfs => {
                allocate(&path, 128);
                run(Command::new("mkfs.btrfs")
                    .arg("-q")
                    .arg("--rootdir")
                    .args([content, &path]));
            }
            Format::Squashfs => {
                let mut make = Command::new("mksquashfs");
                run(make
                    .args([content, &path])
                    .args(["-no-progress", "-Xcompression-level", "1"]));
            }
            Format::Erofs => {
                run(Command::new("mkfs.erofs").args([&path, content]));
            }
        }
        Self(path)
    }

    /// One of ext4, of a size in MiB.
    #[must_use]
    pub fn ext4(scratch: &Scratch, content: &Path, size: u64) -> Self {
        Self::ext("ext4", &unused(scratch), content, size)
    }

    fn ext(kind: &str, path: &Path, content: &Path, size: u64) -> Self {
        allocate(path, size);
        let mut make = Command::new("mke2fs");
        run(make.args(["-q", "-F", "-t", kind, "-d"]).args([content, path]));
        Self(path.to_owned())
    }

    /// A disk with these images in partitions from 1 on, as sfdisk(8) makes it.
    #[must_use]
    pub fn gpt(scratch: &Scratch, parts: &[&Self]) -> Self {
        Self::disk(scratch, parts, "label: gpt\n", 1, 0)
    }

    /// A disk with these images in logical partitions, from 5 on, behind an empty primary one.
    #[must_use]
    pub fn logical(scratch: &Scratch, parts: &[&Self]) -> Self {
        let table = "label: dos\n1: size=1MiB, type=83\n2: type=5\n";
        Self::disk(scratch, parts, table, 5, 4 * ALIGNMENT)
    }

    fn disk(scratch: &Scratch, parts: &[&Self], table: &str, first: usize, before: u64) -> Self {
        let disk = Self(unused(scratch));
        let mut table = table.to_owned();
        let mut end = before + ALIGNMENT;
        for (number, part) in (first..).zip(parts) {
            let length = part.length().next_multiple_of(ALIGNMENT);
            table.push_str(&format!(
                "{number}: start={}, size={}, type=L\n",
                end / SECTOR,
                length / SECTOR
            ));
            // Between logical partitions there is one more table each.
            end += length + ALIGNMENT;
        }
        allocate(disk.path(), end / ALIGNMENT + 1);
        let mut sfdisk = Command::new("sfdisk");
        sfdisk.arg("--quiet").arg(disk.path()).stdin(Stdio::piped());
        let mut child = sfdisk.stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(table.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{table}");
        let mut at = before + ALIGNMENT;
        for part in parts {
            let mut file = OpenOptions::new().write(true).open(disk.path()).unwrap();
            file.seek(SeekFrom::Start(at)).unwrap();
            std::io::copy(&mut File::open(part.path()).unwrap(), &mut file).unwrap();
            at += part.length().next_multiple_of(ALIGNMENT) + ALIGNMENT;
        }
        disk
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.path().metadata().unwrap().size()
    }

    /// Changes a byte of it.
    pub fn change(&self, at: u64, change: impl FnOnce(u8) -> u8) {
        let file = OpenOptions::new().read(true).write(true).open(self.path()).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[change(byte[0])], at).unwrap();
    }

    /// Makes it shorter or longer.
    pub fn resize(&self, length: u64) {
        let file = OpenOptions::new().write(true).open(self.path()).unwrap();
        file.set_len(length).unwrap();
    }

    /// Gives it another name.
    #[must_use]
    pub fn renamed(self, name: impl AsRef<Path>) -> Self {
        let path = self.0.with_file_name(name.as_ref());
        fs::rename(&self.0, &path).unwrap();
        Self(path)
    }

    /// A number that is another when a byte of it has changed. Holes cost nothing.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let file = File::open(self.path()).unwrap();
        let mut hasher = DefaultHasher::new();
        let mut block = [0; 4096];
        let mut at = 0;
        while let Ok(data) = seek(&file, SeekTo::Data(at)) {
            let end = seek(&file, SeekTo::Hole(data)).unwrap();
            at = data - data % block.len() as u64;
            while at < end {
                let count = file.read_at(&mut block, at).unwrap();
                // A hole may be filled with zeros at any time.
                if block[..count].iter().any(|byte| *byte != 0) {
                    hasher.write_u64(at);
                    hasher.write(&block[..count]);
                }
                at += block.len() as u64;
            }
        }
        hasher.finish()
    }

    /// The loop devices that it is attached to.
    #[must_use]
    pub fn attached(&self) -> Vec<String> {
        let devices = fs::read_dir("/sys/block").into_iter().flatten().flatten();
        let is_of_it = |name: &OsStr| {
            let file = fs::read(Path::new("/sys/block").join(name).join("loop/backing_file"));
            file.is_ok_and(|file| file.strip_suffix(b"\n") == Some(self.path().as_os_str().as_bytes()))
        };
        devices
            .map(|device| device.file_name())
            .filter(|name| is_of_it(name))
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    }
}

impl AsRef<Path> for DiskImage {
    fn as_ref(&self) -> &Path {
        self.path()
    }
}

fn unused(scratch: &Scratch) -> PathBuf {
    let mut names = (1..).map(|number| scratch.join(format!("image-{number}")));
    names.find(|path| !path.exists()).unwrap()
}

/// A file that is one hole, of a size in MiB.
fn allocate(path: &Path, size: u64) {
    File::create_new(path).unwrap().set_len(size << 20).unwrap();
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What mkfs.xfs(8) takes instead of a directory.
fn prototype(content: &Path) -> String {
    let mut text = format!("/no/boot/loader\n0 0\nd--{:o} 0 0\n", mode(content));
    describe(content, &mut text);
    text
}

fn describe(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            text.push_str(&format!("{name} d--{:03o} 0 0\n", mode(&path)));
            describe(&path, text);
        } else {
            assert!(kind.is_file(), "{} is neither file nor directory", path.display());
            text.push_str(&format!("{name} ---{:03o} 0 0 {}\n", mode(&path), path.display()));
        }
    }
    text.push_str("$\n");
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o777
}
