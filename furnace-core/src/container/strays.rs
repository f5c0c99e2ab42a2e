//! Commands that nobody was told of: their fork server was killed after it had cloned them, before it could say so.

use std::fs;
use std::path::PathBuf;

/// The children of this process that are in the same pid namespace as the process `pid`, ended ones included.
pub(crate) fn in_pid_namespace_of(pid: i32) -> Vec<i32> {
    match pid_namespace(pid) {
        Some(namespace) => children()
            .filter(|child| pid_namespace(*child).as_ref() == Some(&namespace))
            .collect(),
        None => Vec::new(),
    }
}

/// The name of a process's pid namespace; the kernel tells it until the process has been reaped.
fn pid_namespace(pid: i32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/pid")).ok()
}

fn children() -> impl Iterator<Item = i32> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| {
        list.split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect::<Vec<_>>()
    })
}
