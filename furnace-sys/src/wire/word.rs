//! Values as the 32-bit words that they travel in.

/// A value that fits a word and can be told from any other.
pub trait Word: Sized {
    /// The value as a word.
    fn to_word(self) -> u32;
    /// The value that `word` stands for, if it does.
    fn from_word(word: u32) -> Option<Self>;
}

impl Word for u32 {
    fn to_word(self) -> u32 {
        self
    }
    fn from_word(word: u32) -> Option<Self> {
        Some(word)
    }
}

impl Word for i32 {
    fn to_word(self) -> u32 {
        u32::from_ne_bytes(self.to_ne_bytes())
    }
    fn from_word(word: u32) -> Option<Self> {
        Some(Self::from_ne_bytes(word.to_ne_bytes()))
    }
}
