//! Where a container's terminals come from.

use std::fs;
use std::os::fd::OwnedFd;

use furnace_sys::Errno;
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, StatxFlags, open, openat2, statx};

use super::terminal::Terminal;
use crate::error::{Error, ErrorKind, Phase, Result};

/// The container's own devpts.
#[derive(Debug)]
pub(super) enum Terminals {
    /// It was handed over with the container.
    InHand(OwnedFd),
    /// The container is a joined one: whatever devpts is at its /dev/pts then.
    ToBeFound,
    None,
}

impl From<Option<OwnedFd>> for Terminals {
    fn from(handed: Option<OwnedFd>) -> Self {
        handed.map_or(Self::None, Self::InHand)
    }
}

impl Terminals {
    /// A new terminal, in the container with this PID 1.
    pub(super) fn open(&self, pid1: u32) -> Result<Terminal> {
        let attempt = "cannot make a terminal in the container";
        let lacks = |why: &'static str| Err(Error::new(Phase::Spawn, ErrorKind::Unsupported, attempt).because(why));
        let opened = match self {
            Self::InHand(terminals) => Terminal::open(terminals, pid1),
            Self::ToBeFound => match find_devpts(pid1) {
                Some(terminals) => Terminal::open(&terminals, pid1),
                None => return lacks("it has no devpts on its /dev/pts"),
            },
            Self::None => return lacks("it has no /dev/pts of its own, for the host's /dev has no place for it"),
        };
        opened.map_err(|errno| {
            Error::os(Phase::Spawn, attempt, errno).with_any_remedy(match errno {
                Errno::NOSPC => Some("the most terminals are in use; see the sysctl kernel.pty.max"),
                _ => None,
            })
        })
    }
}

/// What is at /dev/pts of a process, if it is a devpts. No other file system is asked anything: one in user space may
/// never answer.
fn find_devpts(pid: u32) -> Option<OwnedFd> {
    let there = open_cached(pid)?;
    let known = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    let about = statx(&there, c"", known, StatxFlags::INO).ok()?;
    let device = format!("{}:{}", about.stx_dev_major, about.stx_dev_minor);
    let mounts = fs::read(format!("/proc/{pid}/mountinfo")).ok()?;
    mounts
        .split(|byte| *byte == b'\n')
        .any(|line| is_devpts(line, device.as_bytes()))
        .then_some(there)
}

/// The directory /dev/pts as a process sees it, as far as the kernel knows its way without asking a file system.
pub(super) fn open_cached(pid: u32) -> Option<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = open(format!("/proc/{pid}/root"), flags, Mode::empty()).ok()?;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS | ResolveFlags::CACHED;
    openat2(root, c"dev/pts", flags, Mode::empty(), resolve).ok()
}

/// Whether a line of proc_pid_mountinfo(5) tells of a devpts of this device.
fn is_devpts(line: &[u8], device: &[u8]) -> bool {
    let mut fields = line.split(|byte| *byte == b' ');
    fields.nth(2) == Some(device) && fields.skip_while(|field| *field != b"-").nth(1) == Some(b"devpts")
}

#[cfg(test)]
mod tests {
    use super::is_devpts;

    #[test]
    fn only_a_devpts_of_that_device_is_taken_for_one() {
        let line = b"35 27 0:28 / /dev/pts rw,nosuid,noexec master:3 - devpts devpts rw,gid=5,mode=620";
        assert!(is_devpts(line, b"0:28"));
        assert!(!is_devpts(line, b"0:2"));
        let in_user_space = b"35 27 0:28 / /dev/pts rw - fuse.devpts devpts rw";
        assert!(!is_devpts(in_user_space, b"0:28"));
        assert!(!is_devpts(b"", b"0:28"));
    }
}
