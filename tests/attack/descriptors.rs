//! No descriptor, directory or socket of the caller's gets in.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::path::Path;

use furnace_core::{Container, Phase, Stdio};
use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;
use rustix::io::{FdFlags, fcntl_setfd};

use crate::attackers::{builder, root_with};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("no_extra_descriptor", &[Need::Root], no_extra_descriptor),
        test("cwd_is_inside", &[Need::Root], cwd_is_inside),
        test("no_named_socket", &[Need::Root], no_named_socket),
    ]
}

pub(crate) const OWN: (&str, &str) = ("own", include_str!("programs/own.c"));

fn own(container: &Container, change: impl FnOnce(&mut furnace_core::Command)) -> furnace_core::Result<String> {
    let mut command = container.command("/bin/own");
    change(&mut command);
    Ok(String::from_utf8_lossy(&command.output()?.stdout).into_owned())
}

fn no_extra_descriptor() -> Outcome {
    let root = root_with(&[OWN]);
    let held: Vec<OwnedFd> = (0..200)
        .map(|number| {
            let path = if number % 2 == 0 { "/" } else { "/etc/passwd" };
            let fd = OwnedFd::from(File::open(path).unwrap());
            fcntl_setfd(&fd, FdFlags::empty()).unwrap();
            fd
        })
        .collect();
    let container = builder(&root).start()?;
    let said = own(&container, |_| {})?;
    assert!(
        said.contains("fds of self: 0 1 2\n") && said.contains("fds of 1: 0\n"),
        "{said}"
    );
    let said = own(&container, |command| {
        command
            .descriptor(7, held[0].try_clone().unwrap())
            .descriptor(150, held[1].try_clone().unwrap());
    })?;
    assert!(said.contains("fds of self: 0 1 2 7 150\n"), "{said}");

    assert_eq!(numbers(container.id()), BTreeSet::from([0]));
    let fork_server = parent_of(container.id());
    assert_eq!(numbers(fork_server), BTreeSet::from([0, 1, 2, 3]));
    for process in [container.id(), fork_server] {
        for number in numbers(process) {
            let to = fs::read_link(format!("/proc/{process}/fd/{number}")).unwrap();
            assert!(!to.is_absolute(), "{} is open in {process}", to.display());
        }
    }
    Ok(())
}

/// The descriptors of a process.
pub(crate) fn numbers(pid: u32) -> BTreeSet<u32> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

fn parent_of(pid: u32) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

/// No way leads through a descriptor that a command is given, or that it happens to have for a moment.
fn cwd_is_inside() -> Outcome {
    let root = root_with(&[OWN]);
    let scratch = Scratch::new();
    std::os::unix::fs::symlink("/proc/self/fd/7", root.join("tmp/link")).unwrap();
    let container = builder(&root).start()?;
    let said = own(&container, |_| {})?;
    assert!(said.contains("cwd: /\n") && said.contains("cwd is root: 1\n"), "{said}");

    let directories = (0..12).map(|number| format!("/proc/self/fd/{number}"));
    let others = [
        "/proc/self/fd/7/..",
        "/proc/self/cwd",
        "/proc/self/root",
        "/proc/1/cwd",
        "/proc/1/root",
        "/tmp/link",
    ]
    .map(str::to_owned);
    for directory in directories.chain(others) {
        let mut command = container.command("/bin/true");
        command
            .current_dir(&directory)
            .descriptor(7, File::open(scratch.path()).unwrap());
        let error = match command.stdin(Stdio::null()).status() {
            Err(error) => error,
            Ok(_) => return Err(format!("{directory} was entered").into()),
        };
        assert_eq!(error.phase(), Phase::Spawn, "{error}");
        assert!(error.to_string().contains(&directory), "{error}");
    }
    for (directory, expected) in [
        (".", "/"),
        ("..", "/"),
        ("../../..", "/"),
        ("bin/../..", "/"),
        ("/proc/self/..", "/proc"),
    ] {
        let said = own(&container, |command| {
            command.current_dir(Path::new(directory));
        })?;
        assert!(said.contains(&format!("cwd: {expected}\n")), "{directory}: {said}");
    }
    Ok(())
}

/// A socket with a name, abstract or not, could be spoken to by others.
fn no_named_socket() -> Outcome {
    let root = root_with(&[]);
    let container = builder(&root).start()?;
    let processes = [std::process::id(), container.id(), parent_of(container.id())];
    let links = processes.into_iter().flat_map(|pid| {
        numbers(pid)
            .into_iter()
            .filter_map(move |number| fs::read_link(format!("/proc/{pid}/fd/{number}")).ok())
    });
    let sockets: BTreeSet<String> = links
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    assert!(sockets.len() >= 4, "two pairs are expected: {sockets:?}");
    for line in fs::read_to_string("/proc/net/unix").unwrap().lines().skip(1) {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(
            !sockets.contains(words[6]) || words.len() == 7,
            "a socket with a name: {line}"
        );
    }
    Ok(())
}
