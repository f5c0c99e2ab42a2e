//! The prompt of a shell.

use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// By it one sees that one is inside, and where.
pub(super) struct Prompt {
    host: String,
}

impl Prompt {
    /// With the host name that there is inside.
    pub(super) fn new(host: &OsStr) -> Self {
        // Shells expand what is in a prompt: nothing of a name is to be a command to them, or to the terminal.
        let plain = |byte: &u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(*byte),
            _ => '?',
        };
        Self {
            host: host.as_bytes().iter().map(plain).collect(),
        }
    }

    /// As bash(1) takes it, under PROMPTING.
    pub(super) fn for_bash(&self, coloured: bool) -> String {
        let path = if coloured { r"\[\e[32m\]\w\[\e[m\]" } else { r"\w" };
        format!("furnace-debug@{} {path} # ", self.host)
    }

    /// For a shell of which no more is known than that it follows POSIX.
    pub(super) fn for_sh(&self) -> String {
        format!("furnace-debug@{} $PWD # ", self.host)
    }
}

/// Whether the user wants colours and the terminal has them.
pub(super) fn has_colours() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && env::var_os("TERM").is_some_and(|kind| !kind.is_empty() && kind != "dumb")
}

#[cfg(test)]
mod tests {
    use super::Prompt;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn it_is_the_one_that_people_know() {
        let prompt = Prompt::new("build-7".as_ref());
        assert_eq!(prompt.for_bash(false), r"furnace-debug@build-7 \w # ");
        assert_eq!(prompt.for_bash(true), r"furnace-debug@build-7 \[\e[32m\]\w\[\e[m\] # ");
        assert_eq!(prompt.for_sh(), "furnace-debug@build-7 $PWD # ");
    }

    #[test]
    fn a_name_commands_nothing() {
        let prompt = Prompt::new(OsStr::from_bytes(b"$(id)`id`\\u\x1b[2J\xff!"));
        assert_eq!(prompt.for_sh(), "furnace-debug@??id??id??u??2J?? $PWD # ");
    }
}
