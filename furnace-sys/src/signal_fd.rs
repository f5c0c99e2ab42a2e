//! Signals as something to be read.

use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::{Errno, read, retry_on_intr};
use rustix::process::getpid;
use rustix::thread::gettid;

use crate::arch::{self, numbers};
use crate::mask::{mask, set_mask};
use crate::outcome::outcome;

/// Of `struct signalfd_siginfo`, of which the first word is the number of the signal.
const ABOUT_BYTES: usize = 128;

/// Signals that wait to be [taken](Self::take) while this lives, instead of doing what they do (signalfd(2)).
///
/// They are blocked in the thread that made it, and in those that this thread makes meanwhile. Sent to the process, a
/// signal still does what it does if another thread has not blocked it; and one that is ignored never comes.
#[derive(Debug)]
pub struct SignalFd {
    fd: OwnedFd,
    /// The mask that was.
    before: u64,
    /// A mask is a thread's.
    not_send: PhantomData<*const ()>,
}

impl SignalFd {
    /// Blocks these signals.
    ///
    /// # Errors
    ///
    /// `EINVAL` for a number that is no signal; what signalfd(2) fails with.
    pub fn block(signals: &[i32]) -> Result<Self, Errno> {
        const SFD_CLOEXEC: usize = 0o2_000_000;
        const SFD_NONBLOCK: usize = 0o4_000;
        const A_NEW_ONE: usize = usize::MAX;
        let mut blocked = 0_u64;
        for signal in signals {
            blocked |= bit(*signal)?;
        }
        let operands = [
            A_NEW_ONE,
            (&raw const blocked).expose_provenance(),
            size_of::<u64>(),
            SFD_CLOEXEC | SFD_NONBLOCK,
            0,
            0,
        ];
        // SAFETY: a signal set of the size that is passed along.
        let result = unsafe { arch::syscall(numbers::SIGNALFD4, operands) };
        let number = i32::try_from(outcome(result)?).map_err(|_| Errno::MFILE)?;
        // SAFETY: the kernel has just opened it, and nobody else knows its number.
        let fd = unsafe { OwnedFd::from_raw_fd(number) };
        let before = mask();
        set_mask(before | blocked);
        Ok(Self {
            fd,
            before,
            not_send: PhantomData,
        })
    }

    /// The number of a signal that has come. Of several that are the same there is one.
    #[must_use]
    pub fn take(&self) -> Option<i32> {
        let mut about = [0; ABOUT_BYTES];
        // Where there is none: EAGAIN.
        retry_on_intr(|| read(&self.fd, &mut about)).ok()?;
        let [a, b, c, d, ..] = about;
        i32::try_from(u32::from_ne_bytes([a, b, c, d])).ok()
    }

    /// Has the signal do to this process what it does when it is not blocked: unless that was to end it, it has been done
    /// when this returns.
    pub fn raise(&self, signal: i32) {
        let Ok(bit) = bit(signal) else { return };
        let blocked = mask();
        set_mask(blocked & !bit);
        send_to_this_thread(signal);
        set_mask(blocked);
    }
}

impl Drop for SignalFd {
    fn drop(&mut self) {
        set_mask(self.before);
    }
}

impl AsFd for SignalFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// tgkill(2): if it is not blocked, nothing more is done here before the signal has done what it does.
fn send_to_this_thread(signal: i32) {
    let words = [getpid().as_raw_nonzero().get(), gettid().as_raw_nonzero().get(), signal];
    let [process, thread, signal] = words.map(|word| word.unsigned_abs() as usize);
    // SAFETY: the call takes three numbers, and touches no memory.
    unsafe { arch::syscall(numbers::TGKILL, [process, thread, signal, 0, 0, 0]) };
}

/// The signal in a set of signals.
fn bit(signal: i32) -> Result<u64, Errno> {
    match u32::try_from(signal) {
        Ok(number @ 1..=64) => Ok(1 << (number - 1)),
        _ => Err(Errno::INVAL),
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::{SignalFd, bit, send_to_this_thread};
    use crate::mask::mask;

    const SIGURG: i32 = 23;
    const SIGWINCH: i32 = 28;

    #[test]
    fn what_has_come_is_taken_once() {
        let before = mask();
        let signals = SignalFd::block(&[SIGURG, SIGWINCH]).expect("two signals");
        assert_eq!(mask(), before | bit(SIGURG).unwrap_or(0) | bit(SIGWINCH).unwrap_or(0));
        assert_eq!(signals.take(), None);
        send_to_this_thread(SIGWINCH);
        send_to_this_thread(SIGWINCH);
        assert_eq!(signals.take(), Some(SIGWINCH));
        assert_eq!(signals.take(), None);
        signals.raise(SIGWINCH);
        assert_eq!(signals.take(), None);
        drop(signals);
        assert_eq!(mask(), before);
    }

    #[test]
    fn what_is_no_signal_is_refused() {
        let before = mask();
        for number in [0, -1, 65] {
            assert_eq!(SignalFd::block(&[SIGURG, number]).map(drop), Err(Errno::INVAL));
        }
        assert_eq!(mask(), before);
    }
}
