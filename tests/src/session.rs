//! A terminal as a person has it: a program runs at one end, the test types and reads at the other.

use std::ffi::OsStr;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{read, write};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};

/// Far longer than anything takes, and shorter than anybody waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// A new terminal, of 24 rows and 80 columns.
#[derive(Debug)]
pub struct Window {
    screen: OwnedFd,
    line: OwnedFd,
}

/// A program that leads a session on it.
#[derive(Debug)]
pub struct Session {
    window: Window,
    child: Child,
    /// All that came, and how much of it was looked for already.
    shown: Vec<u8>,
    expected: usize,
}

impl Window {
    /// One that nobody uses.
    #[must_use]
    pub fn new() -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let screen = openpt(flags).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let line = ioctl_tiocgptpeer(&screen, flags).unwrap();
        let window = Self { screen, line };
        window.resize(24, 80);
        window
    }

    /// Starts `command` as the leader of a session that the terminal controls. Of its streams, `change` may lead output
    /// and error elsewhere. Unless it is told otherwise, it is a terminal on which nothing can be erased: then no line
    /// about a slow start comes between what is expected.
    #[must_use]
    pub fn start(self, command: &Command, change: impl FnOnce(&mut Command)) -> Session {
        let mut leader = Command::new("setsid");
        leader.arg("--ctty").arg(command.get_program()).args(command.get_args());
        leader.env("TERM", "dumb");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => leader.env(name, value),
                None => leader.env_remove(name),
            };
        }
        let line = || self.line.try_clone().unwrap();
        leader.stdin(line()).stdout(line()).stderr(line());
        change(&mut leader);
        let child = leader.spawn().unwrap();
        Session {
            window: self,
            child,
            shown: Vec::new(),
            expected: 0,
        }
    }

    /// Gives it another size.
    pub fn resize(&self, rows: u16, columns: u16) {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&self.screen, size).unwrap();
    }

    /// Its modes, as a text that can be compared.
    #[must_use]
    pub fn modes(&self) -> String {
        format!("{:?}", tcgetattr(&self.line).unwrap())
    }

    /// Gives it the modes of another.
    pub fn set_modes_of(&self, other: &Self) {
        let modes = tcgetattr(&other.line).unwrap();
        tcsetattr(&self.line, OptionalActions::Now, &modes).unwrap();
    }

    /// Types on it.
    pub fn enter(&self, keys: impl AsRef<OsStr>) {
        let mut keys = keys.as_ref().as_encoded_bytes();
        while !keys.is_empty() {
            let count = write(&self.screen, keys).unwrap();
            keys = &keys[count..];
        }
    }

    /// What is typed on it and nobody has read.
    #[must_use]
    pub fn unread(&self) -> Vec<u8> {
        let mut modes = tcgetattr(&self.line).unwrap();
        modes.make_raw();
        tcsetattr(&self.line, OptionalActions::Now, &modes).unwrap();
        let mut typed = Vec::new();
        while wait_for(&self.line, Duration::ZERO) {
            let mut bytes = [0; 4096];
            let count = read(&self.line, &mut bytes).unwrap();
            typed.extend_from_slice(&bytes[..count]);
        }
        typed
    }

    /// The end that programs have.
    #[must_use]
    pub fn line(&self) -> &OwnedFd {
        &self.line
    }
}

impl Default for Window {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// Its window.
    #[must_use]
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// Types on it.
    pub fn enter(&self, keys: impl AsRef<OsStr>) {
        self.window.enter(keys);
    }

    /// Waits until `text` is shown, after what was expected before.
    ///
    /// # Panics
    ///
    /// If it never is.
    pub fn expect(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let new = &self.shown[self.expected..];
            let found = new.windows(text.len()).position(|bytes| bytes == text.as_bytes());
            if let Some(position) = found {
                self.expected += position + text.len();
                return;
            }
            assert!(Instant::now() < deadline, "{text:?} is not shown, but: {}", self.text());
            self.read_for(Duration::from_millis(200));
        }
    }

    /// Waits until something is so.
    ///
    /// # Panics
    ///
    /// If it never is.
    pub fn until(&mut self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(Instant::now() < deadline, "never {what}: {}", self.text());
            self.read_for(Duration::from_millis(10));
        }
    }

    /// All that was shown so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    /// The process that leads the session.
    #[must_use]
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// The state of the process that leads the session: a letter, see proc_pid_stat(5).
    #[must_use]
    pub fn state(&self) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, rest) = stat.rsplit_once(") ").unwrap();
        rest.chars().next().unwrap()
    }

    /// Its descendants that run the program `name`, as numbers.
    #[must_use]
    pub fn running(&self, name: &str) -> Vec<String> {
        fn below(pid: &str, name: &str) -> Vec<String> {
            let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
            let program = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            let itself = (program.trim_end() == name).then(|| pid.to_owned());
            let others = children.split_whitespace().flat_map(|child| below(child, name));
            itself.into_iter().chain(others).collect()
        }
        below(&self.child.id().to_string(), name)
    }

    /// Whether one of them is what its terminal listens to, and goes on.
    #[must_use]
    pub fn has_in_foreground(&self, name: &str) -> bool {
        self.running(name).iter().any(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // proc_pid_stat(5): state, parent, group, session, terminal, group in the foreground.
            let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
            matches!(fields[..], [state, _, group, _, _, foreground, ..] if state != "T" && group == foreground)
        })
    }

    /// Waits for its end, and gives what was shown until then.
    ///
    /// # Panics
    ///
    /// If it does not end.
    pub fn end(mut self) -> (ExitStatus, Vec<u8>, Window) {
        let deadline = Instant::now() + PATIENCE;
        let pidfd = pidfd_open(self.pid(), PidfdFlags::empty()).unwrap();
        while !wait_for(&pidfd, Duration::ZERO) {
            assert!(Instant::now() < deadline, "it does not end: {}", self.text());
            self.read_for(Duration::from_millis(20));
        }
        let status = self.child.wait().unwrap();
        while self.read_for(Duration::ZERO) {}
        let shown = std::mem::take(&mut self.shown);
        let window = std::mem::take(&mut self.window);
        (status, shown, window)
    }

    /// Closes the window, as if a person did; gives how the program ended.
    ///
    /// # Panics
    ///
    /// If it does not.
    #[must_use]
    pub fn close(mut self) -> ExitStatus {
        let pidfd = pidfd_open(self.pid(), PidfdFlags::empty()).unwrap();
        drop(std::mem::take(&mut self.window));
        assert!(wait_for(&pidfd, PATIENCE), "it does not end");
        self.child.wait().unwrap()
    }

    fn read_for(&mut self, limit: Duration) -> bool {
        if !wait_for(&self.window.screen, limit) {
            return false;
        }
        let mut bytes = [0; 65536];
        let count = read(&self.window.screen, &mut bytes).unwrap();
        self.shown.write_all(&bytes[..count]).unwrap();
        count > 0
    }
}

impl Drop for Session {
    /// A test that has failed must not leave it behind.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn wait_for(fd: &OwnedFd, limit: Duration) -> bool {
    let limit = Timespec::try_from(limit).unwrap();
    let mut watched = [PollFd::new(fd, PollFlags::IN)];
    rustix::io::retry_on_intr(|| poll(&mut watched, Some(&limit))).unwrap() > 0
}
