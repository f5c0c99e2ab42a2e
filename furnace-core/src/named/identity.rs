//! Which process a record means. A pid is used again, within a tick of the clock if need be; but not by a process that
//! started at the same time in the same pid namespace.

use std::fs;
use std::time::Duration;

use crate::error::errno_of;
use furnace_sys::Errno;
use furnace_sys::pidfd::Pidfd;
use rustix::fs::{AtFlags, CWD, statat};
use serde::{Deserialize, Serialize};

/// One process of this machine, ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) pid: u32,
    /// In ticks of the clock since the boot (proc_pid_stat(5), field 22).
    start_time: u64,
    /// Which boot that was.
    boot: String,
    /// The inode of the pid namespace in which `pid` means it.
    pid_namespace: u64,
    /// That of the pid namespace in which it is itself.
    own_pid_namespace: u64,
}

/// What has become of it.
#[derive(Debug)]
pub(super) enum Fate {
    Runs(Pidfd),
    Ended,
    /// Nobody can tell from this pid namespace.
    Elsewhere,
}

impl Identity {
    /// Of a process that has not been reaped.
    pub(super) fn of(pid: u32) -> Result<Self, Errno> {
        Ok(Self {
            pid,
            start_time: start_time(pid)?,
            boot: boot()?,
            pid_namespace: pid_namespace("self")?,
            own_pid_namespace: pid_namespace(&pid.to_string())?,
        })
    }

    pub(super) fn fate(&self) -> Result<Fate, Errno> {
        if self.boot != boot()? {
            return Ok(Fate::Ended);
        }
        if self.pid_namespace != pid_namespace("self")? {
            return Ok(Fate::Elsewhere);
        }
        let Some(pidfd) = Pidfd::of(self.pid)? else {
            return Ok(Fate::Ended);
        };
        // Whatever the pid means, it has meant since the pidfd was opened, if that process runs even now.
        let is_same = match (start_time(self.pid), pid_namespace(&self.pid.to_string())) {
            (Ok(start_time), Ok(namespace)) => (start_time, namespace) == (self.start_time, self.own_pid_namespace),
            (Err(Errno::NOENT | Errno::SRCH), _) | (_, Err(Errno::NOENT | Errno::SRCH)) => false,
            // Who may not look must not take it for ended: its name would be freed.
            (Err(errno), _) | (_, Err(errno)) => return Err(errno),
        };
        if is_same && !pidfd.ends_within(Duration::ZERO)? {
            Ok(Fate::Runs(pidfd))
        } else {
            Ok(Fate::Ended)
        }
    }
}

fn start_time(pid: u32) -> Result<u64, Errno> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    // The second field, in parentheses, is a name that may hold anything, parentheses too.
    let (_, after_name) = stat.rsplit_once(')').ok_or(Errno::IO)?;
    let field = after_name.split_ascii_whitespace().nth(19);
    field.and_then(|ticks| ticks.parse().ok()).ok_or(Errno::IO)
}

fn boot() -> Result<String, Errno> {
    Ok(read("/proc/sys/kernel/random/boot_id")?.trim_end().to_owned())
}

/// In which `process` is.
fn pid_namespace(process: &str) -> Result<u64, Errno> {
    Ok(statat(CWD, format!("/proc/{process}/ns/pid"), AtFlags::empty())?.st_ino)
}

fn read(path: &str) -> Result<String, Errno> {
    fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .map_err(|error| errno_of(&error))
}

#[cfg(test)]
mod tests {
    use super::{Fate, Identity};

    fn own() -> Identity {
        Identity::of(std::process::id()).expect("this process runs")
    }

    #[test]
    fn a_process_that_runs_is_found() {
        assert!(matches!(own().fate(), Ok(Fate::Runs(_))));
    }

    #[test]
    fn another_process_of_the_same_pid_is_not_taken_for_it() {
        let earlier = Identity {
            start_time: own().start_time - 1,
            ..own()
        };
        assert!(matches!(earlier.fate(), Ok(Fate::Ended)));
        let of_the_same_time = Identity {
            own_pid_namespace: 1,
            ..own()
        };
        assert!(matches!(of_the_same_time.fate(), Ok(Fate::Ended)));
        let last_boot = Identity {
            boot: "another".to_owned(),
            ..own()
        };
        assert!(matches!(last_boot.fate(), Ok(Fate::Ended)));
    }

    #[test]
    fn nothing_is_said_of_another_pid_namespace() {
        let elsewhere = Identity {
            pid_namespace: 1,
            ..own()
        };
        assert!(matches!(elsewhere.fate(), Ok(Fate::Elsewhere)));
    }

    #[test]
    fn who_has_ended_has_ended_reaped_or_not() {
        let mut child = std::process::Command::new("true").spawn().expect("there is a true");
        let identity = Identity::of(child.id()).expect("it is not reaped");
        while matches!(identity.fate(), Ok(Fate::Runs(_))) {
            std::thread::yield_now();
        }
        assert!(matches!(identity.fate(), Ok(Fate::Ended)), "not yet reaped");
        child.wait().expect("it is a child");
        assert!(matches!(identity.fate(), Ok(Fate::Ended)));
    }
}
