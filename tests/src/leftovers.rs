//! What a test could leave behind, before it and after it.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use crate::root::SCRATCH_PREFIX;

const PROCESSES: &str = "processes of Furnace";

/// How long the kernel may take to clear away what has ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// Everything of which nothing may be left behind, as it stood at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftovers(BTreeMap<&'static str, Vec<String>>);

impl Leftovers {
    /// As it stands now.
    #[must_use]
    pub fn now() -> Self {
        Self(BTreeMap::from([
            ("descriptors", descriptors()),
            ("mounts", mounts()),
            ("children", children()),
            (PROCESSES, furnace_processes()),
            ("loop devices", loop_devices()),
        ]))
    }

    /// Whether everything is as it was then, as soon as the kernel is done clearing away.
    ///
    /// # Errors
    ///
    /// What has come or gone since.
    pub fn compare(&self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now = Self::now();
            if now.leaves_nothing_since(self) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(self.difference(&now));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn leaves_nothing_since(&self, before: &Self) -> bool {
        self.0.iter().all(|(what, after)| match *what {
            // Those that nobody owned before may have been of other tests, and gone since.
            PROCESSES => after.iter().all(|process| before.0[what].contains(process)),
            _ => *after == before.0[what],
        })
    }

    fn difference(&self, now: &Self) -> String {
        let mut text = String::from("something was left behind:");
        for (what, before) in &self.0 {
            let after = &now.0[what];
            for line in after.iter().filter(|line| !before.contains(line)) {
                text.push_str(&format!("\n  more {what}: {line}"));
            }
            for line in before.iter().filter(|line| !after.contains(line)) {
                text.push_str(&format!("\n  fewer {what}: {line}"));
            }
        }
        text
    }
}

fn mounts() -> Vec<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    mounts
        .lines()
        .filter(|mount| !is_of_another_test(mount))
        .map(str::to_owned)
        .collect()
}

/// Whether a directory of another process's tests is in the text: such come and go on the same machine.
fn is_of_another_test(text: &str) -> bool {
    let mut owners = text
        .split(SCRATCH_PREFIX)
        .skip(1)
        .filter_map(|rest| rest.split('-').next());
    owners.any(|owner| owner != std::process::id().to_string())
}

fn descriptors() -> Vec<String> {
    let mut all: Vec<String> = fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let to = fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned();
            // The directory that is being read.
            (!to.ends_with("/fd")).then(|| format!("{} {to}", entry.file_name().to_string_lossy()))
        })
        .collect();
    all.sort();
    all
}

fn children() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let mut all: Vec<String> = tasks
        .flat_map(|task| fs::read_to_string(task.path().join("children")))
        .flat_map(|children| children.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    all.sort();
    all
}

/// Those of this process, and those that nobody owns any more and that run; not those of other tests on the same
/// machine, nor what the machine's own init has not come to reap.
fn furnace_processes() -> Vec<String> {
    let ids = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .map(|process| process.file_name());
    let mut all: Vec<String> = ids
        .filter_map(|id| id.into_string().ok())
        .filter(|id| is_furnace_init(id))
        .filter(|id| match owner(id).as_str() {
            "1" => !is_zombie(id) && is_of_this_session(id),
            owner => owner == std::process::id().to_string(),
        })
        .collect();
    all.sort();
    all
}

fn is_furnace_init(id: &str) -> bool {
    fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name.trim_end() == "furnace-init")
}

fn is_zombie(id: &str) -> bool {
    status_field(id, "State:").is_none_or(|state| state.starts_with(['Z', 'X']))
}

/// Orphans keep the session that they were started in; it has the number 0 where its leader is outside of this pid
/// namespace.
fn is_of_this_session(id: &str) -> bool {
    session(id).is_some_and(|of_it| session("self") == Some(of_it))
}

fn session(id: &str) -> Option<String> {
    let in_each_namespace = status_field(id, "NSsid:")?;
    in_each_namespace.split_whitespace().next().map(str::to_owned)
}

fn status_field(id: &str, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(value.trim().to_owned())
}

/// The nearest ancestor that is not of Furnace.
fn owner(id: &str) -> String {
    let parent = status_field(id, "PPid:").unwrap_or_else(|| "0".to_owned());
    if is_furnace_init(&parent) {
        owner(&parent)
    } else {
        parent
    }
}

fn loop_devices() -> Vec<String> {
    let devices = fs::read_dir("/sys/block").into_iter().flatten().flatten();
    let mut all: Vec<String> = devices
        .filter_map(|device| fs::read_to_string(device.path().join("loop/backing_file")).ok())
        .filter(|file| !is_of_another_test(file))
        .map(|file| file.trim_end().to_owned())
        .collect();
    all.sort();
    all
}
