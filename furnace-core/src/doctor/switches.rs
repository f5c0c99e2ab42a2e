//! Settings of the kernel that forbid what it could do.

use super::finding::Finding;
use super::machine::Machine;
use crate::error::escape::escaped;

/// The limits on the namespaces that containers have (namespaces(7)), but for that on user namespaces.
const LIMITS: [&str; 6] = [
    "max_mnt_namespaces",
    "max_pid_namespaces",
    "max_ipc_namespaces",
    "max_uts_namespaces",
    "max_cgroup_namespaces",
    "max_net_namespaces",
];

/// A sysctl that is a number; a kernel without it forbids nothing.
pub(super) fn switch(machine: &Machine, path: &str, allows: fn(u64) -> bool) -> Finding {
    let said = match machine.read_proc(path) {
        Ok(Some(said)) => said,
        Ok(None) => return Finding::yes(format!("there is no {path} to forbid it")),
        Err(finding) => return finding,
    };
    let said = said.trim();
    let how = format!("{path} says {}", escaped(said));
    match said.parse() {
        Ok(number) if allows(number) => Finding::yes(how),
        _ => Finding::no(how),
    }
}

/// Whether namespaces of each kind may be made at all.
pub(super) fn limits(machine: &Machine) -> Finding {
    let mut reached = Vec::new();
    for name in LIMITS {
        match machine.read_proc(&format!("/proc/sys/user/{name}")) {
            Ok(Some(said)) if said.trim() == "0" => reached.push(name),
            Ok(_) => {}
            Err(finding) => return finding,
        }
    }
    if reached.is_empty() {
        Finding::yes("of those in /proc/sys/user none says 0")
    } else {
        Finding::no(format!(
            "of those in /proc/sys/user these say 0: {}",
            reached.join(", ")
        ))
    }
}

/// Linux 5.14: the first that has all that a container is made with.
pub(super) fn version(machine: &Machine) -> Finding {
    const FIRST: (u32, u32) = (5, 14);
    const PATH: &str = "/proc/sys/kernel/osrelease";
    let said = match machine.read_proc(PATH) {
        Ok(said) => said.unwrap_or_default(),
        Err(finding) => return finding,
    };
    let said = said.trim();
    let how = format!("{PATH} says {}", escaped(said));
    if release(said).is_some_and(|running| running >= FIRST) {
        Finding::yes(how)
    } else {
        Finding::no(how)
    }
}

/// The first two numbers of a release such as "6.1.0-42-amd64".
fn release(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Filters of system calls (seccomp(2)).
pub(super) fn seccomp(machine: &Machine) -> Finding {
    const ACTIONS: &str = "/proc/sys/kernel/seccomp/actions_avail";
    match machine.read_proc(ACTIONS) {
        Ok(Some(_)) if is_filtered(machine) => {
            Finding::yes(format!("there is {ACTIONS}; this process is under a filter already"))
        }
        Ok(Some(_)) => Finding::yes(format!("there is {ACTIONS}")),
        Ok(None) => Finding::no(format!("there is no {ACTIONS}")),
        Err(finding) => finding,
    }
}

fn is_filtered(machine: &Machine) -> bool {
    let status = machine
        .read_proc("/proc/self/status")
        .ok()
        .flatten()
        .unwrap_or_default();
    let mode = status.lines().find_map(|line| line.strip_prefix("Seccomp:"));
    mode.is_some_and(|mode| mode.trim() == "2")
}

#[cfg(test)]
mod tests {
    use super::release;

    #[test]
    fn a_release_begins_with_two_numbers() {
        assert_eq!(release("6.1.0-42-amd64"), Some((6, 1)));
        assert_eq!(release("5.14.0"), Some((5, 14)));
        assert_eq!(release("10.0-rc1"), Some((10, 0)));
        for odd in ["", "6", "6-rc", "x.y", "99999999999.1"] {
            assert_eq!(release(odd), None, "{odd}");
        }
    }
}
