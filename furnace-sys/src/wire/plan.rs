//! What a plan begins with.

use super::message::message;
use super::word::Word;

/// Where the PID 1 of a container comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Origin {
    /// It is made.
    #[default]
    Made,
    /// It is there, and commands join its pid namespace.
    Joined,
    /// It is there, in the pid namespace of the caller.
    Beside,
}

impl Word for Origin {
    fn to_word(self) -> u32 {
        match self {
            Self::Made => 0,
            Self::Joined => 1,
            Self::Beside => 2,
        }
    }
    fn from_word(word: u32) -> Option<Self> {
        match word {
            0 => Some(Self::Made),
            1 => Some(Self::Joined),
            2 => Some(Self::Beside),
            _ => None,
        }
    }
}

message! {
    /// What a plan begins with.
    PlanHeader {
        /// How many steps there are.
        steps: u32,
        /// The first step after those of a maker, which come first, if there are any. The fork server begins here.
        maker_end: u32,
        /// The first step before which the maker has to be done, if there is one.
        maker_awaited: u32,
        /// The first of the slots that a maker fills for the fork server, if it fills any.
        maker_made_first: u32,
        /// How many; at most [`MADE_MAX`](super::MADE_MAX).
        maker_made: u32,
        /// The first step that PID 1 walks; the fork server walks up to there, then makes PID 1.
        pid1_first: u32,
        /// The first step after those of PID 1; the fork server walks on here while PID 1 is at its own.
        pid1_end: u32,
        /// The first step before which PID 1 has to be done.
        pid1_awaited: u32,
        /// The first of the slots that PID 1 fills for the fork server, if it fills any.
        pid1_made_first: u32,
        /// How many; at most [`MADE_MAX`](super::MADE_MAX).
        pid1_made: u32,
        /// How many slots the steps use.
        slots: u32,
        /// How many bytes the texts take, the last of them a NUL.
        texts: u32,
        /// How many descriptors the steps hold open at once, at most.
        descriptors: u32,
        /// The first of the slots whose descriptors the caller is handed with the container, if it is handed any.
        handed_first: u32,
        /// How many; at most [`HANDED_MAX`](super::HANDED_MAX).
        handed: u32,
        /// Where PID 1 comes from.
        origin: Origin,
    }
}
