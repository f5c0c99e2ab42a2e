//! Names that are only known here: made of numbers, for one call.

use super::syscalls::CString;

/// As long as a value of fsconfig(2) may be.
const ROOM: usize = 256;

/// A short text, ended by a NUL.
pub(super) struct Name {
    bytes: [u8; ROOM],
    length: usize,
}

impl Name {
    pub(super) fn new(beginning: &[u8]) -> Self {
        let mut name = Self {
            bytes: [0; ROOM],
            length: 0,
        };
        name.push(beginning);
        name
    }

    /// Appends as much as there is room for.
    pub(super) fn push(&mut self, text: &[u8]) {
        for byte in text {
            self.push_byte(*byte);
        }
    }

    fn push_byte(&mut self, byte: u8) {
        // The last one stays a NUL.
        if self.length < ROOM.wrapping_sub(1)
            && let Some(place) = self.bytes.get_mut(self.length)
        {
            *place = byte;
            self.length = self.length.wrapping_add(1);
        }
    }

    pub(super) fn push_number(&mut self, number: u32) {
        let mut digits = [0; 10];
        let mut rest = number;
        for digit in digits.iter_mut().rev() {
            *digit = b'0'.wrapping_add(u8::try_from(rest % 10).unwrap_or(0));
            rest /= 10;
        }
        let leading_zeros = digits.iter().take(9).take_while(|digit| **digit == b'0').count();
        digits
            .iter()
            .skip(leading_zeros)
            .for_each(|digit| self.push_byte(*digit));
    }

    pub(super) fn as_c_string(&self) -> CString {
        // SAFETY: the last byte is always a NUL; callers use the string while `self` lives.
        unsafe { CString::new(self.bytes.as_ptr()) }
    }
}
