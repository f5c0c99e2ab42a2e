//! Writing where perhaps nobody reads any more.

use std::os::fd::AsFd;

use rustix::io::{Errno, write};

use crate::mask::{mask, pending, set_mask, take};

const SIGPIPE: u64 = 1 << (13 - 1);

/// write(2) that brings no SIGPIPE where nobody reads any more, and else is the same. The program may be one that lets
/// SIGPIPE end it; its handler and, when this returns, its mask are what they were.
///
/// # Errors
///
/// What write(2) fails with: `EPIPE` where nobody reads any more.
pub fn write_without_sigpipe(fd: impl AsFd, bytes: &[u8]) -> Result<usize, Errno> {
    let before = set_mask(mask() | SIGPIPE);
    // One that was blocked may have come already: that one is not ours to take.
    let has_come = before & SIGPIPE != 0 && pending() & SIGPIPE != 0;
    let result = write(fd, bytes);
    if result == Err(Errno::PIPE) && !has_come {
        take(SIGPIPE);
    }
    set_mask(before);
    result
}

#[cfg(test)]
mod tests {
    use super::{SIGPIPE, write_without_sigpipe};
    use crate::mask::{mask, pending, set_mask, take};
    use rustix::io::Errno;

    #[test]
    fn nothing_is_left_of_a_signal() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let before = mask();
        assert_eq!(write_without_sigpipe(&writer, b"lost"), Err(Errno::PIPE));
        assert_eq!(mask(), before);
        // Where it is blocked it would wait.
        set_mask(before | SIGPIPE);
        assert_eq!(write_without_sigpipe(&writer, b"lost"), Err(Errno::PIPE));
        let left = pending() & SIGPIPE;
        set_mask(before);
        assert_eq!(left, 0);
    }

    #[test]
    fn a_signal_that_had_come_stays() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let before = set_mask(mask() | SIGPIPE);
        assert_eq!(rustix::io::write(&writer, b"lost"), Err(Errno::PIPE));
        assert_eq!(write_without_sigpipe(&writer, b"lost"), Err(Errno::PIPE));
        let left = pending() & SIGPIPE;
        take(SIGPIPE);
        set_mask(before);
        assert_eq!(left, SIGPIPE);
    }

    #[test]
    fn what_can_be_written_is() {
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        assert_eq!(write_without_sigpipe(&writer, b"kept"), Ok(4));
        let mut read = [0; 4];
        std::io::Read::read_exact(&mut reader, &mut read).expect("it was written");
        assert_eq!(&read, b"kept");
    }
}
