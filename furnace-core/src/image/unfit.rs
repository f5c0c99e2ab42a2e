//! Why a file can't be a root, in words.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use furnace_sys::Errno;

use super::choices::Choices;
use super::contents::Contents;
use super::filesystem::Filesystem;
use super::scheme::Scheme;
use crate::error::escape::escaped;
use crate::error::{Attempt, Error, Phase};

/// Why a file, or a partition of it, can't be a root.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error("it can't be read")]
    Unreadable(Errno),
    #[error("it is {0}, not a file")]
    NoFile(&'static str),
    #[error("it is empty")]
    Empty,
    #[error("there is none of ext4, xfs, btrfs, squashfs and erofs in {0}{looks}", looks = Looks(.1))]
    NoFilesystem(Place, Contents),
    #[error("it has the superblock of {0}, but {1}")]
    Superblock(Filesystem, &'static str),
    #[error("it has the superblocks of both {0} and {1}")]
    TwoFilesystems(Filesystem, Filesystem),
    #[error("the image is cut short: its {filesystem} has {size} bytes, {place} has {room}")]
    CutShort {
        filesystem: Filesystem,
        size: u64,
        place: Place,
        room: u64,
    },
    #[error(
        "its {0} bytes are not a multiple of 512, and a loop device leaves out the rest, which the file system needs"
    )]
    Ragged(u64),
    #[error("it has a partition table ({0}), and no partition was chosen: {1}")]
    Unchosen(Scheme, Choices),
    #[error("the whole of it is {0}, but it also has a partition table ({1}): {2}")]
    WholeOrPart(Filesystem, Scheme, Choices),
    #[error("it has no partition table{looks}", looks = Looks(.0))]
    NoTable(Contents),
    #[error("its partition table ({0}) is empty")]
    NoPartitions(Scheme),
    #[error("partitions are numbered from 1: {0}")]
    PartitionZero(Choices),
    #[error("there is no such partition: {0}")]
    NoPartition(Choices),
    #[error("this entry of the partition table is empty: {0}")]
    EmptyPartition(Choices),
    #[error("it is an extended partition, which only holds others: {0}")]
    Extended(Choices),
    #[error("it ends before it begins")]
    Backwards,
    #[error("it reaches beyond the end of the file: up to byte {end} of {room}")]
    BeyondTheEnd { end: u64, room: u64 },
    #[error("its partition table is damaged: {0}")]
    Damaged(Cow<'static, str>),
}

const CHOOSE: &str = "choose one with partition(N), or --partition N";
const FETCH_AGAIN: &str =
    "it was not copied or downloaded to its end, or was made smaller than what is in it; get it anew";

impl Unfit {
    fn remedy(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unreadable(_) => return None,
            Self::NoFile(_) => "mount it, and give the place as the root directory",
            Self::Empty | Self::NoPartitions(_) => {
                "make a file system in it, for example with `mke2fs -d DIRECTORY` or mksquashfs"
            }
            Self::NoFilesystem(_, contents) | Self::NoTable(contents) => match contents {
                Contents::Filesystem(_) => "leave out the partition: the file system fills the image",
                Contents::Lookalike(lookalike) => lookalike.remedy,
                Contents::Unknown => {
                    "an image holds ext4, xfs, btrfs, squashfs or erofs, in the whole of it or in a partition"
                }
            },
            Self::Superblock(..) => {
                "if mount(8) can mount it, do that, and give the place as the root directory; if not, it is damaged"
            }
            Self::TwoFilesystems(..) => "one is left from earlier: wipefs(8) shows both, and clears one",
            Self::WholeOrPart(..) => {
                "one is left from earlier: wipefs(8) shows both, and clears one; a partition can be chosen with \
                 partition(N), or --partition N"
            }
            Self::CutShort { .. } | Self::BeyondTheEnd { .. } => FETCH_AGAIN,
            Self::Ragged(_) => "fill it up with zeros: `truncate --size %512 IMAGE`",
            Self::Unchosen(..)
            | Self::PartitionZero(_)
            | Self::NoPartition(_)
            | Self::EmptyPartition(_)
            | Self::Extended(_) => CHOOSE,
            Self::Backwards | Self::Damaged(_) => "repair it with sfdisk(8) or gdisk(8), or get the image anew",
        })
    }

    fn is_no_image(&self) -> bool {
        matches!(
            self,
            Self::NoFile(_) | Self::Empty | Self::NoFilesystem(Place::File, Contents::Unknown)
        )
    }

    /// The error for the image at `path`, or for a partition of it.
    pub(super) fn into_error(self, path: &Path, partition: Option<u32>) -> Error {
        let attempt = |words| Attempt::on(path, words);
        let path = escaped(path);
        if partition.is_none() && self.is_no_image() {
            // Nothing says that an image was meant: it may be a wrong path.
            let remedy = match self.remedy() {
                Some(remedy) => format!("nor is it a disk image: {self}; {remedy}"),
                None => format!("nor is it a disk image: {self}"),
            };
            let attempt = attempt(format!("cannot use {path} as the root directory"));
            return Error::os(Phase::Configure, attempt, Errno::NOTDIR).with_remedy(remedy);
        }
        let attempt = attempt(match partition {
            None => format!("cannot use the image {path} as the root"),
            Some(number) => format!("cannot use partition {number} of the image {path} as the root"),
        });
        let remedy = self.remedy();
        match self {
            Self::Unreadable(errno) => Error::os(Phase::Configure, attempt, errno),
            unfit => Error::invalid(attempt, unfit.to_string()),
        }
        .with_any_remedy(remedy)
    }
}

impl From<Errno> for Unfit {
    fn from(errno: Errno) -> Self {
        Self::Unreadable(errno)
    }
}

/// What a file system should have filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File,
    Partition,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "the file",
            Self::Partition => "the partition",
        })
    }
}

/// What there is instead, as the end of a sentence.
struct Looks<'a>(&'a Contents);

impl fmt::Display for Looks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Contents::Filesystem(filesystem) => write!(f, ": the whole of it is {filesystem}"),
            Contents::Lookalike(lookalike) => write!(f, ": it looks like {}", lookalike.what),
            Contents::Unknown => Ok(()),
        }
    }
}
