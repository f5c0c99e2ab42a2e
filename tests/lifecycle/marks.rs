//! Finds what is left of a program and of everything that it has started, wherever that is.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use furnace_tests::Outcome;

use crate::parts;

const VARIABLE: &str = "FURNACE_TEST_MARK";

/// How long the kernel may take to end what has been killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// A variable of the environment, of a value that no other process has but those that inherited it.
#[derive(Debug)]
pub(crate) struct Mark(String);

impl Mark {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(format!("{}-{number}", std::process::id()))
    }

    /// A program that has the mark, and that all it starts inherits it from.
    pub(crate) fn part(&self, name: &str) -> std::process::Command {
        self.put_on(parts::command(name))
    }

    pub(crate) fn put_on(&self, mut command: std::process::Command) -> std::process::Command {
        command.env(VARIABLE, &self.0);
        command
    }

    /// The processes that have it.
    pub(crate) fn bearers(&self) -> Vec<u32> {
        let variable = format!("{VARIABLE}={}", self.0);
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
        let bears = |id: &u32| {
            let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|other| other == variable.as_bytes())
        };
        ids.filter(bears).collect()
    }

    /// That soon so many processes have it: one that is about to become another program has none for a moment.
    pub(crate) fn is_borne_by(&self, count: usize) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        while self.bearers().len() < count {
            if Instant::now() > deadline {
                return Err(format!("fewer than {count} have the mark: {:?}", self.bearers()).into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// That soon nothing with the mark is left.
    pub(crate) fn is_gone(&self) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = self.bearers();
            if left.is_empty() {
                return Ok(());
            }
            if Instant::now() > deadline {
                let name = |id: &u32| fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
                let names: Vec<_> = left.iter().map(|id| format!("{id} {}", name(id).trim_end())).collect();
                return Err(format!("still running: {}", names.join(", ")).into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
