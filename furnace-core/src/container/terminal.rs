//! A terminal of a container's own.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use furnace_sys::Errno;
use rustix::fs::{AtFlags, Mode, OFlags, StatxFlags, Uid, fchown, openat, statx};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, unlockpt};
use rustix::termios::{Winsize, tcgetwinsize, tcsetwinsize};

use super::devpts;
use crate::error::{Attempt, Error, Phase, Result};

/// A terminal (pty(7)) of a container's own: commands inside have one end, the caller the other.
///
/// What is written here is typed there, and what is written there can be read here; `&Terminal` does both, so that one
/// thread can read while another writes. When the last command that has it is gone, reading
/// from what [`into_master`](Self::into_master) gives fails with `EIO`. The
/// terminal is one of the container's own `/dev/pts`, so `tty`, job control and whatever looks the terminal up work
/// inside; the caller's terminal is not reachable through it.
///
/// ```no_run
/// use std::io::{Read, Write};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let container = furnace_core::Container::builder("/srv/debian").own_session(true).start()?;
/// let terminal = container.terminal()?;
/// terminal.set_size(24, 80)?;
/// let mut shell = container.command("sh").terminal(&terminal).spawn()?;
/// (&terminal).write_all(b"tty; exit\n")?;
/// shell.wait()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Terminal {
    master: OwnedFd,
    peer: Arc<OwnedFd>,
}

impl Terminal {
    /// A new one of the devpts that `terminals` is, in the container with this PID 1.
    pub(crate) fn open(terminals: &OwnedFd, pid1: u32) -> Result<Self, Errno> {
        let seen_inside = as_seen_inside(terminals, pid1);
        // By the descriptor of the mount, and by no path: nothing inside has a say in what this opens.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let master = openat(seen_inside.as_ref().unwrap_or(terminals), c"ptmx", flags, Mode::empty())?;
        unlockpt(&master)?;
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let peer = Arc::new(ioctl_tiocgptpeer(&master, flags)?);
        Ok(Self { master, peer })
    }

    /// The size in characters; what runs on it hears of a change by `SIGWINCH`.
    ///
    /// # Errors
    ///
    /// When the container is gone.
    pub fn set_size(&self, rows: u16, columns: u16) -> Result<()> {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&self.master, size).map_err(|errno| failed("cannot set the size of a terminal", errno))
    }

    /// The size in characters: rows, columns.
    ///
    /// # Errors
    ///
    /// When the container is gone.
    pub fn size(&self) -> Result<(u16, u16)> {
        let size = tcgetwinsize(&self.master).map_err(|errno| failed("cannot tell the size of a terminal", errno))?;
        Ok((size.ws_row, size.ws_col))
    }

    /// Gives the terminal to a user of the container, who then can open it by its name. At first it is root's.
    ///
    /// # Errors
    ///
    /// When the container is gone.
    pub fn set_owner(&self, uid: u32) -> Result<()> {
        // -1 is no id (chown(2)).
        let owner = (uid != u32::MAX).then(|| Uid::from_raw(uid));
        fchown(&self.peer, owner, None).map_err(|errno| failed("cannot give a terminal to a user", errno))
    }

    /// The end that commands have.
    pub(crate) fn peer(&self) -> &Arc<OwnedFd> {
        &self.peer
    }

    /// Lets go of the end that commands have, so that the end of the last of them is seen here. No command can be given
    /// it any more.
    #[must_use]
    pub fn into_master(self) -> OwnedFd {
        self.master
    }
}

fn failed(attempt: &str, errno: Errno) -> Error {
    Error::os(Phase::Spawn, Attempt::on_no_path(attempt), errno)
}

/// The same devpts where it is mounted inside, if it still is: so that a terminal's name is its path there, for those that
/// look at /proc/self/fd. What else may be there now is not waited for, and not taken for it.
fn as_seen_inside(terminals: &OwnedFd, pid1: u32) -> Option<OwnedFd> {
    let there = devpts::open_cached(pid1)?;
    // fstat(2) would ask the file system, and one in user space may never answer.
    let known = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    let file = |directory: &OwnedFd| {
        let about = statx(directory, c"", known, StatxFlags::INO)?;
        Ok::<_, Errno>((about.stx_dev_major, about.stx_dev_minor, about.stx_ino))
    };
    (file(&there).ok()? == file(terminals).ok()?).then_some(there)
}

impl AsFd for Terminal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }
}

impl Read for &Terminal {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(&self.master, buffer)?)
    }
}

impl Write for &Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(&self.master, bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
