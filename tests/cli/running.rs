//! A `furnace` that runs while the test does something to it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, ExitStatus, Stdio};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::transcript::{Transcript, collect, ends_in_time};

pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: Option<JoinHandle<Vec<u8>>>,
}

/// What it has left to say, and how it ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Running {
    /// Starts it as the leader of a process group of its own, as a shell does.
    pub(crate) fn start(transcript: Transcript) -> Self {
        use std::os::unix::process::CommandExt;
        let mut command = transcript.into_command();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = child.stderr.take().map(collect);
        Self { child, stdout, stderr }
    }

    /// Starts `sh -c script` in `root`, and waits until it says `ready`.
    pub(crate) fn shell(root: &Path, script: &str) -> Self {
        let mut running = Self::start(typed!["run", root, "sh", "-c", script]);
        running.expect("ready");
        running
    }

    /// Waits for a line of the command's.
    pub(crate) fn expect(&mut self, line: &str) {
        let mut read = String::new();
        self.stdout.read_line(&mut read).unwrap();
        assert_eq!(read.trim_end_matches('\n'), line);
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    pub(crate) fn signal_group(&self, signal: Signal) {
        kill_process_group(self.pid(), signal).unwrap();
    }

    /// Its children: the fork server, and the command.
    pub(crate) fn children(&self) -> Vec<(Pid, String)> {
        let pid = self.pid().as_raw_nonzero();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        children
            .split_whitespace()
            .map(|child| {
                let name = std::fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
                (
                    Pid::from_raw(child.parse().unwrap()).unwrap(),
                    name.trim_end().to_owned(),
                )
            })
            .collect()
    }

    /// Waits until it has ended, and nothing of it can write any more.
    pub(crate) fn end(mut self) -> End {
        let in_time = ends_in_time(&self.child);
        assert!(in_time, "it did not end");
        let status = self.child.wait().unwrap();
        let mut stdout = String::new();
        std::io::Read::read_to_string(&mut self.stdout, &mut stdout).unwrap();
        let stderr = self.stderr.take().unwrap().join().unwrap();
        End {
            status,
            stdout,
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }
}

impl Drop for Running {
    /// A test that has failed must not leave it behind.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl End {
    /// Compares it: with nothing more said, unless stated.
    pub(crate) fn check(&self, status: i32, stdout: &str) -> furnace_tests::Outcome {
        if self.status.code() == Some(status) && self.stdout == stdout && self.stderr.is_empty() {
            Ok(())
        } else {
            Err(format!("expected status {status} and stdout {stdout:?}, but: {self:?}").into())
        }
    }
}
