//! One run of `furnace` from what is typed to how it ends. Whatever a test does not state is expected to be nothing:
//! no output, no error, status 0.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use furnace_tests::{Outcome, furnace};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// Far longer than any run takes, and shorter than anybody waits.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What is typed after `furnace`: strings and paths.
macro_rules! typed {
    ($($word:expr),* $(,)?) => {
        $crate::transcript::Transcript::new(vec![$(std::ffi::OsString::from(&$word)),*])
    };
}

#[must_use = "it does nothing before it is checked"]
pub(crate) struct Transcript {
    command: Command,
    input: Vec<u8>,
    status: i32,
    stdout: Vec<u8>,
    stderr: Expected,
}

enum Expected {
    Exactly(Vec<u8>),
    /// A message in the form of all of them, in which each of these appears.
    Complaint(Vec<String>),
}

impl Transcript {
    pub(crate) fn new(typed: Vec<OsString>) -> Self {
        let mut command = Command::new(furnace());
        command.args(typed);
        Self {
            command,
            input: Vec::new(),
            status: 0,
            stdout: Vec::new(),
            stderr: Expected::Exactly(Vec::new()),
        }
    }

    /// Types one more word.
    pub(crate) fn then(mut self, word: impl AsRef<OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    /// Lets a shell run `script`, to which `"$@"` is `furnace` and all that is typed.
    pub(crate) fn by_shell(mut self, script: &str) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(self.command.get_program());
        shell.args(self.command.get_args());
        self.command = shell;
        self
    }

    /// Changes how `furnace` is started.
    pub(crate) fn started(mut self, change: impl FnOnce(&mut Command)) -> Self {
        change(&mut self.command);
        self
    }

    pub(crate) fn in_directory(self, directory: &Path) -> Self {
        self.started(|command| {
            command.current_dir(directory);
        })
    }

    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    pub(crate) fn stdout(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdout = bytes.into();
        self
    }

    pub(crate) fn stderr(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stderr = Expected::Exactly(bytes.into());
        self
    }

    pub(crate) fn status(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// Expects `furnace` to fail with `status`, and to say so in words, among them these.
    pub(crate) fn complains(mut self, status: i32, of: &[&str]) -> Self {
        self.status = status;
        self.stderr = Expected::Complaint(of.iter().map(|word| (*word).to_owned()).collect());
        self
    }

    /// Runs it and compares.
    pub(crate) fn check(self) -> Outcome {
        let Self {
            mut command,
            input,
            status,
            stdout,
            stderr,
        } = self;
        let output = finish(&mut command, input);
        let wrong = if output.status.code() != Some(status) {
            Some(format!("status {status}"))
        } else if output.stdout != stdout {
            Some(format!("stdout {:?}", String::from_utf8_lossy(&stdout)))
        } else {
            stderr.misses(&output.stderr)
        };
        match wrong {
            None => Ok(()),
            Some(expected) => Err(format!(
                "expected {expected} of {command:?}, but: {}{}, stdout {:?}, stderr:\n{}",
                output.status,
                if output.status.core_dumped() {
                    " (core dumped)"
                } else {
                    ""
                },
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr),
            )
            .into()),
        }
    }

    /// Runs it, for what can't be said in advance.
    pub(crate) fn output(mut self) -> Output {
        finish(&mut self.command, self.input)
    }

    /// How it is started, for who wants to talk to it.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }
}

impl Expected {
    fn misses(&self, stderr: &[u8]) -> Option<String> {
        match self {
            Self::Exactly(bytes) => (bytes != stderr).then(|| format!("stderr {:?}", String::from_utf8_lossy(bytes))),
            Self::Complaint(words) => {
                let Ok(text) = str::from_utf8(stderr) else {
                    return Some("an error in UTF-8".to_owned());
                };
                if !text.starts_with("furnace: ") || !text.ends_with('\n') {
                    return Some("an error in the form of all".to_owned());
                }
                if text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}') {
                    return Some("an error without control characters".to_owned());
                }
                let missing = words.iter().find(|word| !text.contains(word.as_str()));
                missing.map(|word| format!("an error with `{word}`"))
            }
        }
    }
}

fn finish(command: &mut Command, input: Vec<u8>) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Who does not read it all is no failure of the writer.
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let stdout = collect(child.stdout.take().unwrap());
    let stderr = collect(child.stderr.take().unwrap());
    if !ends_in_time(&child) {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    writer.join().unwrap();
    Output {
        status,
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
    }
}

/// Reads a stream to its end, in a thread.
pub(crate) fn collect(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// Waits for the end of `child`, but does not reap it.
pub(crate) fn ends_in_time(child: &std::process::Child) -> bool {
    let pidfd = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).unwrap();
    let limit = Timespec::try_from(PATIENCE).unwrap();
    poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&limit)).unwrap() == 1
}
