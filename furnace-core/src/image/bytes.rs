//! Reading what nobody vouches for: never beyond the end, never more than a fixed number of bytes at once.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::error::errno_of;
use furnace_sys::Errno;

/// A part of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    file: &'a File,
    start: u64,
    length: u64,
}

impl<'a> Window<'a> {
    pub(super) fn whole(file: &'a File, length: u64) -> Self {
        Self { file, start: 0, length }
    }

    /// A part of this part, if all of it is there.
    pub(super) fn part(self, start: u64, length: u64) -> Option<Self> {
        let end = start.checked_add(length)?;
        (end <= self.length).then_some(Self {
            file: self.file,
            start: self.start.checked_add(start)?,
            length,
        })
    }

    pub(super) fn length(self) -> u64 {
        self.length
    }

    /// The bytes from `at`, and zeros where it has ended.
    pub(super) fn read<const N: usize>(self, at: u64) -> Result<Block<N>, Errno> {
        let mut block = [0; N];
        let there = usize::try_from(self.length.saturating_sub(at)).map_or(N, |left| left.min(N));
        let Some((mut wanted, mut position)) = block.get_mut(..there).zip(self.start.checked_add(at)) else {
            return Ok(Block(block));
        };
        while !wanted.is_empty() {
            match self.file.read_at(wanted, position) {
                // The file has shrunk meanwhile.
                Ok(0) => break,
                Ok(count) => {
                    wanted = wanted.get_mut(count..).unwrap_or_default();
                    position = position.saturating_add(count as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(errno_of(&error)),
            }
        }
        Ok(Block(block))
    }
}

/// Bytes with numbers in them; whatever is beyond them is zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<const N: usize>([u8; N]);

impl<const N: usize> Block<N> {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn has(&self, at: usize, magic: &[u8]) -> bool {
        self.0.get(at..).is_some_and(|bytes| bytes.starts_with(magic))
    }

    pub(super) fn field<const M: usize>(&self, at: usize) -> [u8; M] {
        let bytes = self.0.get(at..).and_then(|bytes| bytes.first_chunk());
        bytes.copied().unwrap_or([0; M])
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        u8::from_le_bytes(self.field(at))
    }

    pub(super) fn le16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.field(at))
    }

    pub(super) fn le32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.field(at))
    }

    pub(super) fn le64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.field(at))
    }

    pub(super) fn be16(&self, at: usize) -> u16 {
        u16::from_be_bytes(self.field(at))
    }

    pub(super) fn be32(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.field(at))
    }

    pub(super) fn be64(&self, at: usize) -> u64 {
        u64::from_be_bytes(self.field(at))
    }
}

#[cfg(test)]
mod tests {
    use super::Window;
    use crate::image::tests::file;

    #[test]
    fn there_is_nothing_beyond_the_end() {
        let file = file(b"abcdef");
        let whole = Window::whole(&file, 6);
        assert_eq!(whole.read::<4>(4).expect("readable").bytes(), b"ef\0\0");
        assert_eq!(whole.read::<4>(u64::MAX).expect("readable").bytes(), [0; 4]);
        let part = whole.part(1, 3).expect("it is inside");
        assert_eq!(part.read::<4>(1).expect("readable").bytes(), b"cd\0\0");
        assert!(whole.part(1, 6).is_none());
        assert!(whole.part(1, u64::MAX).is_none());
        assert!(part.part(3, 1).is_none());
    }

    #[test]
    fn a_file_that_has_shrunk_ends_in_zeros() {
        let file = file(b"ab");
        assert_eq!(
            Window::whole(&file, 100).read::<4>(0).expect("readable").bytes(),
            b"ab\0\0"
        );
    }

    #[test]
    fn numbers_beyond_the_bytes_are_zero() {
        let file = file(&[0x12, 0x34, 0x56, 0x78]);
        let block = Window::whole(&file, 4).read::<4>(0).expect("readable");
        assert_eq!((block.le32(0), block.be32(0)), (0x7856_3412, 0x1234_5678));
        assert_eq!((block.le16(3), block.le64(0), block.byte(4)), (0, 0, 0));
        assert!(!block.has(3, &[0x78, 0]));
        assert!(!block.has(5, &[]));
    }
}
