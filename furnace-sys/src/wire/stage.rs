//! The stages of a command's beginning.

use super::word::Word;

/// Declares [`Stage`] with its two conversions from one list.
macro_rules! stages {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal,)*) => {
        /// The stages of a command's beginning, in their order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Stage {
            $($(#[doc = $doc])* $name,)*
        }

        impl Word for Stage {
            fn to_word(self) -> u32 {
                match self {
                    $(Self::$name => $code,)*
                }
            }
            fn from_word(word: u32) -> Option<Self> {
                match word {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

stages! {
    /// Reading the request.
    Request = 1,
    /// Joining the process group asked for.
    JoinProcessGroup = 2,
    /// Making the thread that clones.
    Thread = 3,
    /// Joining PID 1's pid namespace.
    JoinPidNamespace = 4,
    /// Cloning the newcomer.
    Clone = 5,
    /// Becoming the leader of a new session.
    NewSession = 6,
    /// Becoming the leader of a new process group.
    NewProcessGroup = 7,
    /// Putting the descriptors at their numbers.
    Descriptors = 8,
    /// setgroups(2).
    Groups = 9,
    /// setgid(2).
    Gid = 10,
    /// setuid(2).
    Uid = 11,
    /// Entering the working directory.
    WorkingDirectory = 12,
    /// execve(2).
    Execute = 13,
    /// execve(2) of a program that is there but names an interpreter or a loader that is not.
    Interpreter = 14,
    /// ioctl_tty(2), `TIOCSCTTY`: taking the terminal for the session.
    ControllingTerminal = 15,
}

#[cfg(test)]
mod tests {
    use super::{Stage, Word};

    #[test]
    fn stages_survive_the_wire() {
        for code in 1..=15 {
            let stage = Stage::from_word(code).expect("there is no gap");
            assert_eq!(stage.to_word(), code);
        }
        assert_eq!(Stage::from_word(0), None);
        assert_eq!(Stage::from_word(16), None);
    }
}
