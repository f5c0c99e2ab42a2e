//! What the fork server is asked for.

use super::message::message;
use super::word::Word;

/// "None" where a word may be missing; neither a valid id nor a valid offset.
pub const ABSENT: u32 = u32::MAX;

/// The pointer that ends a list of strings.
pub const NO_STRING: u64 = u64::MAX;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// A command.
    Command,
    /// That a plan be walked in the container, by a process that nobody inside can see.
    Walk,
    /// That the container live on when its fork server ends.
    Detach,
}

impl Word for Asked {
    fn to_word(self) -> u32 {
        match self {
            Self::Command => 1,
            Self::Walk => 2,
            Self::Detach => 3,
        }
    }
    fn from_word(word: u32) -> Option<Self> {
        match word {
            1 => Some(Self::Command),
            2 => Some(Self::Walk),
            3 => Some(Self::Detach),
            _ => None,
        }
    }
}

message! {
    /// What every request begins with.
    Envelope {
        /// What it asks for.
        asked: Asked,
    }
}

message! {
    /// What a request for a command begins with. Offsets count from the beginning of the body.
    RequestHeader {
        /// How many bytes the body takes.
        body: u32,
        /// Not 0 when the body is in the memfd that is the first descriptor of the message.
        body_in_memfd: u32,
        /// Where the pointers to strings begin: programs to try, arguments, environment, each ended by [`NO_STRING`].
        pointers: u32,
        /// How many words of 64 bits the pointers take.
        pointer_count: u32,
        /// The index of the first argument among the pointers.
        arguments: u32,
        /// The index of the first environment string among the pointers.
        environment: u32,
        /// How many descriptors are to be placed. The body begins with the number of each, and a word of room for each.
        descriptors: u32,
        /// The number of supplementary groups, which follow that, or [`ABSENT`] to keep them.
        groups: u32,
        /// The group id to take, or [`ABSENT`].
        gid: u32,
        /// The user id to take, or [`ABSENT`].
        uid: u32,
        /// Where the working directory's name begins, or [`ABSENT`].
        directory: u32,
        /// The process group to join, 0 for a new one, or [`ABSENT`].
        process_group: u32,
        /// Not 0 for a new session.
        new_session: u32,
        /// The number of the descriptor whose terminal is to control the session, or [`ABSENT`].
        controlling_terminal: u32,
        /// The file mode creation mask, or [`ABSENT`] to keep it.
        umask: u32,
        /// The signals up to 32 to ignore, the lowest bit for signal 1.
        ignored_signals: u32,
        /// Those from 33 on.
        ignored_signals_high: u32,
        /// The signals up to 32 to have their default action, the lowest bit for signal 1.
        default_signals: u32,
        /// Those from 33 on.
        default_signals_high: u32,
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Envelope};

    #[test]
    fn what_nobody_can_ask_for_is_refused() {
        for asked in [Asked::Command, Asked::Walk, Asked::Detach] {
            let envelope = Envelope { asked };
            assert_eq!(Envelope::decode(envelope.encode()), Some(envelope));
        }
        for word in [0, 4, u32::MAX] {
            assert_eq!(Envelope::decode([word]), None);
        }
    }
}
