//! Messages of a fixed number of words.

/// Declares a fixed message of words with its two conversions.
macro_rules! message {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $fdoc:literal])* $field:ident: $kind:ty,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[doc = $fdoc])* pub $field: $kind,)*
        }

        impl $name {
            /// How many words it takes.
            pub const WORDS: usize = [$(stringify!($field)),*].len();
            /// How many bytes it takes.
            pub const BYTES: usize = Self::WORDS * 4;

            /// The message as words.
            #[must_use]
            pub fn encode(self) -> [u32; Self::WORDS] {
                [$(self.$field.to_word()),*]
            }

            /// The message that `words` stand for, if they stand for one.
            #[must_use]
            pub fn decode(words: [u32; Self::WORDS]) -> Option<Self> {
                let mut words = words.into_iter();
                Some(Self { $($field: Word::from_word(words.next()?)?,)* })
            }
        }
    };
}

pub(super) use message;
