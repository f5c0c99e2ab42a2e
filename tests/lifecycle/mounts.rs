//! What is mounted in every container.

use std::fs;

use furnace_core::{Container, ErrorKind, Propagation};
use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::{Failed, Trial};
use rustix::mount::MountFlags;

use crate::inside::{holds, sh, system};
use crate::mounted::Mounted;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("default_mounts", &[Need::Root], default_mounts),
        test("default_mounts_have_their_modes", &[Need::Root], modes),
        test("a_terminal_can_be_made", &[Need::Root], terminals),
        test("a_caller_without_terminals", &[Need::Root], without_terminals),
        test("sys_is_read_only", &[Need::Root], sys_is_read_only),
        test("run_lock_is_there", &[Need::Root], run_lock),
        test(
            "mounts_made_inside_are_not_seen_outside",
            &[Need::Root],
            inside_is_not_seen,
        ),
        test("mounts_made_outside_are_seen_inside", &[Need::Root], outside_is_seen),
        test(
            "mounts_made_outside_are_not_seen_when_private",
            &[Need::Root],
            outside_is_not_seen,
        ),
        test("mounts_below_the_root_are_seen", &[Need::Root], below_the_root),
    ]
}

/// A line of mountinfo: see proc_pid_mountinfo(5).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) at: String,
    pub(crate) attributes: Vec<String>,
    pub(crate) kind: String,
    pub(crate) source: String,
    pub(crate) options: Vec<String>,
}

/// What is mounted inside, in the order in which it was.
pub(crate) fn mounts(container: &Container) -> Result<Vec<Mount>, Failed> {
    let words = |text: &str| text.split(',').map(str::to_owned).collect();
    let text = sh(container, "cat /proc/self/mountinfo")?;
    let parse = |line: &str| {
        let (mount, fs) = line.split_once(" - ")?;
        let (mount, fs): (Vec<_>, Vec<_>) = (mount.split(' ').collect(), fs.split(' ').collect());
        Some(Mount {
            at: (*mount.get(4)?).to_owned(),
            attributes: words(mount.get(5)?),
            kind: (*fs.first()?).to_owned(),
            source: (*fs.get(1)?).to_owned(),
            options: words(fs.get(2)?),
        })
    };
    Ok(text.lines().map(|line| parse(line).unwrap()).collect())
}

/// The mount at `path`.
pub(crate) fn mount_at(container: &Container, path: &str) -> Result<Mount, Failed> {
    let found = mounts(container)?.into_iter().rev().find(|mount| mount.at == path);
    found.ok_or_else(|| format!("nothing is mounted at {path}").into())
}

/// Where, type, source, attributes; and options among those that the file system shows.
const EXPECTED: [(&str, &str, &str, &str, &[&str]); 7] = [
    ("/proc", "proc", "proc", "rw,relatime", &["rw"]),
    (
        "/dev",
        "tmpfs",
        "tmpfs",
        "rw,nosuid",
        &["rw", "size=65536k", "mode=755"],
    ),
    (
        "/dev/pts",
        "devpts",
        "devpts",
        "rw,nosuid,noexec,relatime",
        &["rw", "gid=5", "mode=620", "ptmxmode=666"],
    ),
    (
        "/dev/shm",
        "tmpfs",
        "tmpfs",
        "rw,nosuid,nodev,noexec,relatime",
        &["rw", "size=65536k"],
    ),
    (
        "/dev/mqueue",
        "mqueue",
        "mqueue",
        "rw,nosuid,nodev,noexec,relatime",
        &["rw"],
    ),
    ("/sys", "sysfs", "sysfs", "ro,nosuid,nodev,noexec,relatime", &[]),
    (
        "/run",
        "tmpfs",
        "tmpfs",
        "rw,nosuid,nodev,noexec,relatime",
        &["rw", "size=65536k"],
    ),
];

fn default_mounts() -> Outcome {
    let root = Root::small();
    let container = Container::builder(&root).isolate_network(true).start()?;
    let found = mounts(&container)?;
    let places: Vec<_> = found.iter().map(|mount| mount.at.as_str()).collect();
    let expected: Vec<_> = std::iter::once("/").chain(EXPECTED.iter().map(|row| row.0)).collect();
    assert_eq!(places, expected);
    for (mount, (at, kind, source, attributes, options)) in found.iter().skip(1).zip(EXPECTED) {
        assert_eq!((mount.kind.as_str(), mount.source.as_str()), (kind, source), "{at}");
        assert_eq!(mount.attributes.join(","), attributes, "{at}");
        for option in options {
            assert!(
                mount.options.iter().any(|other| other == option),
                "{at} lacks {option}: {mount:?}"
            );
        }
    }
    Ok(())
}

fn modes() -> Outcome {
    let container = system().start()?;
    for (path, mode) in [
        ("/dev", "755"),
        ("/dev/shm", "1777"),
        ("/run", "1777"),
        ("/dev/pts", "755"),
    ] {
        assert_eq!(sh(&container, &format!("stat -c %a {path}"))?, mode, "{path}");
    }
    Ok(())
}

fn terminals() -> Outcome {
    let container = system().start()?;
    assert_eq!(sh(&container, "exec 3<>/dev/ptmx; ls /dev/pts")?, "0\nptmx");
    assert_eq!(sh(&container, "stat -c %a /dev/pts/ptmx")?, "666");
    Ok(())
}

fn without_terminals() -> Outcome {
    let container = system().terminals(false).start()?;
    let error = container.terminal().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(format!("{error:?}").contains("it was started without"), "{error:?}");
    // Inside there are some all the same.
    assert_eq!(sh(&container, "exec 3<>/dev/ptmx; ls /dev/pts")?, "0\nptmx");
    Ok(())
}

fn sys_is_read_only() -> Outcome {
    let container = system().start()?;
    assert!(!holds(&container, "echo 1 > /sys/kernel/profiling")?);
    assert!(!holds(&container, "mkdir /sys/fs/furnace")?);
    Ok(())
}

fn run_lock() -> Outcome {
    let root = Root::small();
    fs::create_dir(root.join("var"))?;
    std::os::unix::fs::symlink("/run/lock", root.join("var/lock"))?;
    let container = Container::builder(&root).start()?;
    sh(&container, "echo $$ > /var/lock/test")?;
    assert_eq!(sh(&container, "stat -c %a /run/lock")?, "1777");
    assert!(!root.join("run/lock").exists());
    Ok(())
}

fn inside_is_not_seen() -> Outcome {
    let root = Root::small();
    let _mounted = Mounted::over_itself(&root).shared();
    let before = fs::read_to_string("/proc/self/mountinfo")?;
    let container = Container::builder(&root).start()?;
    sh(&container, "mount -t tmpfs tmpfs /tmp && touch /tmp/inside")?;
    assert!(!root.join("tmp/inside").exists());
    assert_eq!(fs::read_to_string("/proc/self/mountinfo")?, before);
    Ok(())
}

/// Mounts below the root after the start; whether it is seen inside.
fn is_seen_inside(propagation: Option<Propagation>) -> Result<bool, Failed> {
    let root = Root::small();
    let _mounted = Mounted::over_itself(&root).shared();
    let mut builder = Container::builder(&root);
    if let Some(propagation) = propagation {
        builder.propagation(propagation);
    }
    let container = builder.start()?;
    let later = Mounted::tmpfs(root.join("tmp"), MountFlags::empty());
    fs::write(later.join("outside"), "")?;
    holds(&container, "test -e /tmp/outside")
}

fn outside_is_seen() -> Outcome {
    assert!(is_seen_inside(None)?);
    Ok(())
}

fn outside_is_not_seen() -> Outcome {
    assert!(!is_seen_inside(Some(Propagation::Private))?);
    Ok(())
}

fn below_the_root() -> Outcome {
    let root = Root::small();
    let mounted = Mounted::tmpfs(root.join("tmp"), MountFlags::NOSUID | MountFlags::NODEV);
    fs::write(mounted.join("there"), "")?;
    let container = Container::builder(&root).start()?;
    assert!(holds(&container, "test -e /tmp/there")?);
    let attributes = mount_at(&container, "/tmp")?.attributes;
    assert!(
        ["nosuid", "nodev"]
            .iter()
            .all(|wanted| attributes.iter().any(|other| other == wanted))
    );
    Ok(())
}
