//! The devpts that a process inside sees.

use std::fs;
use std::os::fd::OwnedFd;
use std::thread::sleep;
use std::time::Duration;

use furnace_sys::Errno;
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, StatxFlags, open, openat2, statx};

/// The kernel gives up its way, as it does where it would have to ask, when something is mounted just then,
/// wherever that is. Only the former stays so.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(1);

/// What is at /dev/pts of a process, if it is a devpts. No other file system is asked anything: one in user space may
/// never answer.
pub(super) fn find(pid: u32) -> Option<OwnedFd> {
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
    for _ in 0..TRIES {
        match openat2(&root, c"dev/pts", flags, Mode::empty(), resolve) {
            Err(Errno::AGAIN) => sleep(PAUSE),
            opened => return opened.ok(),
        }
    }
    None
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
