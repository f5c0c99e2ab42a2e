//! What signals do to this process.

use rustix::io::Errno;

use crate::arch::{self, numbers};

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
    const SIG_IGN: usize = 1;
    let mut action = SigAction::default();
    let operands = [
        usize::try_from(signal).map_err(|_| Errno::INVAL)?,
        0,
        (&raw mut action).expose_provenance(),
        size_of::<u64>(),
        0,
        0,
    ];
    // SAFETY: with no new action nothing changes, and the old one is written to a whole `struct sigaction` of this stack;
    // its mask has the size that is passed along.
    let result = unsafe { arch::syscall(numbers::RT_SIGACTION, operands) };
    match result {
        0 => Ok(action.handler == SIG_IGN),
        failed => Err(Errno::from_raw_os_error(
            i32::try_from(failed.wrapping_neg()).unwrap_or(Errno::IO.raw_os_error()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::is_ignored;

    #[test]
    fn rust_ignores_sigpipe_and_nothing_ignores_sigkill() {
        const SIGKILL: i32 = 9;
        const SIGPIPE: i32 = 13;
        assert_eq!(is_ignored(SIGPIPE), Ok(true));
        assert_eq!(is_ignored(SIGKILL), Ok(false));
        assert_eq!([0, -1, 65].map(is_ignored), [Err(Errno::INVAL); 3]);
    }
}
