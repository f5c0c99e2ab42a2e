//! A runtime directory of a test's own, and a root directory for the containers in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use furnace_tests::{Outcome, Root, Scratch};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::transcript::{PATIENCE, Transcript};

pub(crate) struct Names {
    scratch: Scratch,
    root: Root,
}

impl Names {
    pub(crate) fn new() -> Self {
        Self::with(Root::small())
    }

    pub(crate) fn with(root: Root) -> Self {
        Self {
            scratch: Scratch::new(),
            root,
        }
    }

    /// The runtime directory.
    pub(crate) fn path(&self) -> PathBuf {
        self.scratch.join("run")
    }

    pub(crate) fn record(&self, name: &str) -> PathBuf {
        self.path().join(format!("{name}.json"))
    }

    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    /// `furnace COMMAND --runtime-dir ... WORDS`.
    pub(crate) fn typed(&self, command: &str, words: &[&str]) -> Transcript {
        let typed = typed![command, "--runtime-dir", self.path()];
        words.iter().fold(typed, |typed, word| typed.then(word))
    }

    /// `furnace start` of a container with that name.
    pub(crate) fn starting(&self, name: &str) -> Transcript {
        self.typed("start", &["--name", name]).then(self.root.path())
    }

    /// A container with that name; gives the pid of its PID 1.
    pub(crate) fn start(&self, name: &str) -> Pid {
        self.starting(name).check().unwrap();
        self.pid(name)
    }

    pub(crate) fn exec(&self, name: &str, script: &str) -> Transcript {
        self.typed("exec", &[name, "sh", "-c", script])
    }

    /// What `ps` tells as JSON.
    pub(crate) fn list(&self) -> Vec<Value> {
        let output = self.typed("ps", &["--json"]).output();
        assert!(output.status.success(), "{output:?}");
        lines(&output.stdout)
    }

    /// Each name, and how it stands.
    pub(crate) fn standings(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.list()
            .iter()
            .map(|line| (text(&line["name"]), text(&line["standing"])))
            .collect()
    }

    pub(crate) fn pid(&self, name: &str) -> Pid {
        let list = self.list();
        let line = list.iter().find(|line| line["name"] == name).unwrap();
        Pid::from_raw(line["pid"].as_i64().unwrap().try_into().unwrap()).unwrap()
    }

    /// Waits until this is how all stands.
    pub(crate) fn until(&self, expected: &[(&str, &str)]) {
        let expected: Vec<(String, String)> = expected.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
        within_patience("as expected", || self.standings() == expected);
    }

    /// Stops what the test has left running, and makes sure that nothing is left.
    pub(crate) fn end(&self) -> Outcome {
        for (name, standing) in self.standings() {
            if standing != "unknown" {
                self.typed("stop", &[&name]).check()?;
            }
        }
        self.is_clean()
    }

    /// That neither a record nor a process is left.
    pub(crate) fn is_clean(&self) -> Outcome {
        let left: Vec<_> = match fs::read_dir(self.path()) {
            Ok(entries) => entries.collect::<Result<_, _>>()?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        assert!(left.is_empty(), "{left:?}");
        let deadline = Instant::now() + PATIENCE;
        while !self.processes().is_empty() {
            if Instant::now() > deadline {
                return Err(format!("processes are left: {:?}", self.processes()).into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Those that run where the root directory is the root.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let ids = fs::read_dir("/proc").unwrap().flatten();
        let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        ids.filter(|id| is_root_of(*id, self.root.path())).collect()
    }
}

/// Whether the tree at `path` is what is mounted as the root of a process; one that has ended has none.
fn is_root_of(id: i32, path: &Path) -> bool {
    let mounts = fs::read_to_string(format!("/proc/{id}/mountinfo")).unwrap_or_default();
    mounts.lines().any(|mount| {
        let mut fields = mount.split(' ').skip(3);
        let (source, target) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        target == "/" && source.ends_with(path.file_name().unwrap().to_str().unwrap())
    })
}

/// One JSON value a line.
pub(crate) fn lines(output: &[u8]) -> Vec<Value> {
    let text = str::from_utf8(output).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn within_patience(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn kill(pid: Pid) {
    kill_process(pid, Signal::KILL).unwrap();
}
