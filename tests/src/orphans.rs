//! Processes whose parent has gone before them.

use std::fs;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, getpid, set_child_subreaper, wait, waitpid};

/// Far longer than anything takes that has been killed.
const PATIENCE: Duration = Duration::from_secs(60);

/// While it lives, orphans come to the test: whoever gets them otherwise may take its time to reap them, and nobody would
/// know how many there were.
#[derive(Debug)]
pub struct Orphans(());

impl Orphans {
    /// From now on.
    #[must_use]
    pub fn adopt() -> Self {
        set_child_subreaper(Some(getpid())).unwrap();
        Self(())
    }

    /// Reaps until the test has no child left, and gives how many there were.
    ///
    /// # Panics
    ///
    /// If one goes on and on.
    #[must_use]
    pub fn reap_all(&self) -> usize {
        self.reap(usize::MAX)
    }

    /// The same, but no more than `most`.
    ///
    /// # Panics
    ///
    /// If one goes on and on.
    pub fn reap(&self, most: usize) -> usize {
        let deadline = Instant::now() + PATIENCE;
        let mut reaped = 0;
        while reaped < most {
            match wait(WaitOptions::NOHANG) {
                Ok(Some(_)) => reaped += 1,
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Err(errno) => {
                    assert_eq!(errno, Errno::CHILD);
                    break;
                }
            }
            assert!(Instant::now() < deadline, "something goes on");
        }
        reaped
    }

    /// Reaps those that have ended, but for one that somebody else waits for; whether there is none left.
    pub fn reap_ended(&self, but: Option<u32>) -> bool {
        let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
        let lists: String = tasks
            .flat_map(|task| fs::read_to_string(task.path().join("children")))
            .collect();
        let pids = lists.split_whitespace().map(|pid| pid.parse::<i32>().unwrap());
        let others = pids.filter(|pid| Some(pid.unsigned_abs()) != but);
        let left = others.filter(|pid| matches!(waitpid(Pid::from_raw(*pid), WaitOptions::NOHANG), Ok(None)));
        left.count() == 0
    }
}

impl Drop for Orphans {
    fn drop(&mut self) {
        set_child_subreaper(None).unwrap();
    }
}
