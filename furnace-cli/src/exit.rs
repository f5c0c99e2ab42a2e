//! What the shell is told.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// How `furnace` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what was asked, and no command was.
    Success,
    /// It did what was asked, and the answer is no.
    Unable,
    /// As the command did.
    Command(ExitStatus),
    /// It failed itself.
    Failed,
    /// The command could not be executed.
    NotExecutable,
    /// The command was not found.
    NotFound,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        const FAILED: u8 = 125;
        match self {
            Self::Success => 0,
            Self::Unable => 1,
            Self::Command(status) => {
                let number = status.code().or_else(|| Some(128 + status.signal()?));
                number.and_then(|number| u8::try_from(number).ok()).unwrap_or(FAILED)
            }
            Self::Failed => FAILED,
            Self::NotExecutable => 126,
            Self::NotFound => 127,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    #[test]
    fn a_command_s_status_is_passed_on() {
        assert_eq!(Exit::Command(ExitStatus::from_raw(3 << 8)).code(), 3);
        assert_eq!(Exit::Command(ExitStatus::from_raw(255 << 8)).code(), 255);
    }

    #[test]
    fn a_signal_is_counted_from_128() {
        assert_eq!(Exit::Command(ExitStatus::from_raw(9)).code(), 137);
        assert_eq!(Exit::Command(ExitStatus::from_raw(64)).code(), 192);
        let dumped_core = 0x80;
        assert_eq!(Exit::Command(ExitStatus::from_raw(11 | dumped_core)).code(), 139);
    }
}
