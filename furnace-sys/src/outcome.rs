//! What a system call has returned.

use rustix::io::Errno;

/// A number that the kernel gives, or the errno that it gives as a negative number.
pub(crate) fn outcome(result: isize) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_| {
        let errno = i32::try_from(result.wrapping_neg());
        errno.map_or(Errno::IO, Errno::from_raw_os_error)
    })
}
