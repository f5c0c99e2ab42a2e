//! A PID 1 on its way out: the kernel holds it there until all that was in its namespace has been reaped, and lets nobody
//! in any more.

use std::fs;

/// Of the flags in field 9 of proc_pid_stat(5).
const PF_EXITING: u32 = 0x4;

/// Whether a process is; one that has been reaped was.
pub(super) fn is_exiting(pid: i32) -> bool {
    let Ok(stat) = fs::read(format!("/proc/{pid}/stat")) else {
        return true;
    };
    let stat = String::from_utf8_lossy(&stat);
    // The second field, in parentheses, is a name that may hold anything, parentheses too.
    let flags = stat
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.split_ascii_whitespace().nth(6));
    let flags = flags.and_then(|flags| flags.parse::<u32>().ok());
    flags.is_none_or(|flags| flags & PF_EXITING != 0)
}

#[cfg(test)]
mod tests {
    use super::is_exiting;

    #[test]
    fn a_process_is_exiting_from_its_end_on() {
        assert!(!is_exiting(std::process::id().cast_signed()));
        let mut child = std::process::Command::new("true").spawn().expect("there is a true");
        let pid = child.id().cast_signed();
        while !is_exiting(pid) {
            std::thread::yield_now();
        }
        child.wait().expect("it is a child");
    }
}
