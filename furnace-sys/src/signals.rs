//! What signals do to this process.

use std::ptr::null;

use rustix::io::Errno;

use crate::arch::{self, numbers};
use crate::outcome::outcome;

const SIG_DFL: usize = 0;
const SIG_IGN: usize = 1;

/// `struct sigaction` as the kernel has it.
#[repr(C)]
#[derive(Default)]
struct SigAction {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
}

/// Whether a signal is ignored, by its number (rt_sigaction(2), which changes nothing here).
///
/// # Errors
///
/// `EINVAL` for a number that is no signal.
#[doc(alias = "sigaction")]
pub fn is_ignored(signal: i32) -> Result<bool, Errno> {
    action(signal, None).map(|action| action.handler == SIG_IGN)
}

/// Has a signal be ignored, or else do what it does by default, in all of this process.
///
/// # Errors
///
/// `EINVAL` for a number that is no signal, and for `SIGKILL` and `SIGSTOP`.
#[doc(alias = "sigaction")]
pub fn set_ignored(signal: i32, ignored: bool) -> Result<(), Errno> {
    let handler = if ignored { SIG_IGN } else { SIG_DFL };
    let wanted = SigAction {
        handler,
        ..SigAction::default()
    };
    action(signal, Some(&wanted)).map(drop)
}

/// rt_sigaction(2); gives the action that was.
fn action(signal: i32, wanted: Option<&SigAction>) -> Result<SigAction, Errno> {
    let mut before = SigAction::default();
    let operands = [
        usize::try_from(signal).map_err(|_| Errno::INVAL)?,
        wanted.map_or(null(), |wanted| &raw const *wanted).expose_provenance(),
        (&raw mut before).expose_provenance(),
        size_of::<u64>(),
        0,
        0,
    ];
    // SAFETY: the action that was is written to a whole `struct sigaction` of this stack; its mask has the size that is
    // passed along. A new one, if there is any, lives as long, and none of those made here has a handler to be called.
    let result = unsafe { arch::syscall(numbers::RT_SIGACTION, operands) };
    outcome(result).map(|_| before)
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::{is_ignored, set_ignored};

    #[test]
    fn rust_ignores_sigpipe_and_nothing_ignores_sigkill() {
        const SIGKILL: i32 = 9;
        const SIGPIPE: i32 = 13;
        assert_eq!(is_ignored(SIGPIPE), Ok(true));
        assert_eq!(is_ignored(SIGKILL), Ok(false));
        assert_eq!([0, -1, 65].map(is_ignored), [Err(Errno::INVAL); 3]);
    }

    #[test]
    fn a_signal_is_ignored_until_it_is_not() {
        const SIGWINCH: i32 = 28;
        assert_eq!(set_ignored(SIGWINCH, true), Ok(()));
        assert_eq!(is_ignored(SIGWINCH), Ok(true));
        assert_eq!(set_ignored(SIGWINCH, false), Ok(()));
        assert_eq!(is_ignored(SIGWINCH), Ok(false));
        assert_eq!(set_ignored(9, true), Err(Errno::INVAL));
    }
}
