//! What steps name: texts, bytes, descriptors, kinds of mount targets.

use super::word::Word;

/// A text of the plan: the offset of its first byte in the table of texts. It ends with a NUL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Text(pub u32);

/// Bytes among the texts of the plan, of a length that is told beside it: the offset of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bytes(pub u32);

/// A place that holds a descriptor from the step that opens it to the step that uses it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot(pub u32);

/// What a mount target has to be, and what is made where it is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A directory; symlinks lead to it inside the root only.
    Directory,
    /// A directory that no symlink leads to: what a container is to have at a place is at that place.
    DirectoryItself,
    /// Anything but a directory; symlinks lead to it inside the root only.
    File,
    /// Anything but a directory, a symlink at its end included: that is covered, not followed.
    FileOrSymlink,
}

impl Word for Text {
    fn to_word(self) -> u32 {
        self.0
    }
    fn from_word(word: u32) -> Option<Self> {
        Some(Self(word))
    }
}

impl Word for Bytes {
    fn to_word(self) -> u32 {
        self.0
    }
    fn from_word(word: u32) -> Option<Self> {
        Some(Self(word))
    }
}

impl Word for Slot {
    fn to_word(self) -> u32 {
        self.0
    }
    fn from_word(word: u32) -> Option<Self> {
        Some(Self(word))
    }
}

impl Word for Target {
    fn to_word(self) -> u32 {
        match self {
            Self::Directory => 0,
            Self::File => 1,
            Self::FileOrSymlink => 2,
            Self::DirectoryItself => 3,
        }
    }
    fn from_word(word: u32) -> Option<Self> {
        match word {
            0 => Some(Self::Directory),
            1 => Some(Self::File),
            2 => Some(Self::FileOrSymlink),
            3 => Some(Self::DirectoryItself),
            _ => None,
        }
    }
}
