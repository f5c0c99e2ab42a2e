//! What is in a file or in a partition, in a word.

use std::fmt;

use super::filesystem::Filesystem;
use super::lookalikes::Lookalike;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Contents {
    Filesystem(Filesystem),
    Lookalike(&'static Lookalike),
    Unknown,
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filesystem(filesystem) => filesystem.fmt(f),
            Self::Lookalike(lookalike) => f.write_str(lookalike.what),
            Self::Unknown => f.write_str("no known file system"),
        }
    }
}
