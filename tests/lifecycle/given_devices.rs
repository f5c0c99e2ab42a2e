//! Devices of the host that a container is given, by name or all of them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use furnace_core::{Builder, Dev, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::inside::{holds, sh, whole};
use crate::mounts::mounts;
use crate::overlays::quiet;
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    let needs_fuse = [Need::Root, Need::File("/dev/fuse")];
    let needs_tun = [Need::Root, Need::File("/dev/net/tun")];
    vec![
        test("a_device_is_given_by_its_name", &needs_fuse, fuse),
        test("a_device_in_a_directory_is_given", &needs_tun, tun),
        test("a_device_is_given_through_a_symlink", &[Need::Root], through_a_symlink),
        test("devices_can_be_named_twice", &[Need::Root], twice),
        test("no_device_is_given_that_was_not_named", &needs_fuse, others),
        test("what_is_no_device_of_the_host_is_refused", &[Need::Root], refused),
        test(
            "a_device_where_the_container_has_something_else_is_refused",
            &[Need::Root],
            covered,
        ),
        test("all_devices_of_the_host", &[Need::Root], all),
        test("the_devices_of_the_host_stay_as_they_are", &[Need::Root], stay),
    ]
}

fn fuse() -> Outcome {
    let root = Root::small();
    let of_host = fs::metadata("/dev/fuse")?;
    for name in ["/dev/fuse", "/dev//./fuse"] {
        let container = quiet(&root).device(name).start()?;
        assert_eq!(
            sh(&container, "stat -c '%F %t:%T %a %u:%g' /dev/fuse")?,
            format!("character special file a:e5 {:o} 0:0", of_host.mode() & 0o777)
        );
        assert!(holds(&container, "exec 3<> /dev/fuse")?);
    }
    assert!(tree::names(&root.join("dev")).is_empty());
    Ok(())
}

fn tun() -> Outcome {
    let root = Root::small();
    let container = quiet(&root).device("/dev/net/tun").device("/dev/null").start()?;
    assert_eq!(
        sh(&container, "stat -c '%F %t:%T' /dev/net/tun")?,
        "character special file a:c8"
    );
    assert_eq!(
        sh(&container, "stat -c '%F %a' /dev/net; ls /dev/net")?,
        "directory 755\ntun"
    );
    Ok(())
}

/// A name in /dev of the host, gone with this.
struct InDev(PathBuf);

impl InDev {
    fn new(name: &str) -> Self {
        Self(Path::new("/dev").join(format!("furnace-test-{}-{name}", std::process::id())))
    }
}

impl Drop for InDev {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn through_a_symlink() -> Outcome {
    let root = Root::small();
    let link = InDev::new("link");
    std::os::unix::fs::symlink("null", &link.0)?;
    let container = quiet(&root).device(&link.0).start()?;
    let name = link.0.display();
    assert_eq!(
        sh(&container, &format!("stat -c '%F %t:%T' {name}; echo > {name}"))?,
        "character special file 1:3"
    );
    Ok(())
}

fn twice() -> Outcome {
    let root = Root::small();
    let mut builder = quiet(&root);
    for name in ["/dev/null", "/dev/zero", "/dev/null", "/dev/tty"] {
        builder.device(name);
    }
    if Path::new("/dev/loop0").exists() {
        builder.device("/dev/loop0");
    }
    if Path::new("/dev/net/tun").exists() {
        builder.device("/dev/net/tun").device("/dev/net/tun");
    }
    let container = builder.start()?;
    assert_eq!(
        sh(&container, "stat -c '%n %t:%T %a' /dev/null /dev/zero")?,
        "/dev/null 1:3 666\n/dev/zero 1:5 666"
    );
    Ok(())
}

fn others() -> Outcome {
    let root = Root::small();
    let container = quiet(&root).start()?;
    assert!(!holds(&container, "test -e /dev/fuse -o -e /dev/net -o -e /dev/kmsg")?);
    Ok(())
}

fn is_refused(builder: &Builder, kind: ErrorKind, name: &Path) {
    let error = builder.start().unwrap_err();
    let text = whole(&error);
    assert_eq!(
        (error.kind(), error.phase()),
        (kind, Phase::Configure),
        "{}: {text}",
        name.display()
    );
    assert!(text.contains("device"), "{text}");
}

fn refused() -> Outcome {
    let root = Root::bare();
    let before = tree::snapshot(root.path());
    let file = InDev::new("file");
    fs::write(&file.0, "")?;
    let directory = InDev::new("directory");
    fs::create_dir(&directory.0)?;
    let outside = root.join("node");
    mknodat(
        CWD,
        &outside,
        FileType::CharacterDevice,
        Mode::from_raw_mode(0o600),
        rustix::fs::makedev(1, 3),
    )?;
    let invalid = ErrorKind::InvalidInput;
    for (name, kind) in [
        (Path::new("/dev/furnace-test-none"), ErrorKind::NotFound),
        (Path::new("/dev/null/below"), ErrorKind::NotADirectory),
        (&file.0, invalid),
        (&directory.0, invalid),
        (&outside, invalid),
        (Path::new("/dev"), invalid),
        (Path::new("/dev/"), invalid),
        (Path::new("/"), invalid),
        (Path::new(""), invalid),
        (Path::new("null"), invalid),
        (Path::new("dev/null"), invalid),
        (Path::new("/devices/null"), invalid),
        (Path::new("/etc/passwd"), invalid),
        (Path::new("/dev/../dev/null"), invalid),
        (Path::new("/dev/net/../null"), invalid),
        (Path::new("/dev/nu\0ll"), invalid),
    ] {
        is_refused(quiet(&root).device(name), kind, name);
        is_refused(quiet(&root).dev(Dev::Host).device(name), kind, name);
    }
    fs::remove_file(&outside)?;
    assert_eq!(tree::snapshot(root.path()).len(), before.len());
    Ok(())
}

/// Where a container has a mount of its own, or a link, a node would be covered or be made somewhere else.
fn covered() -> Outcome {
    let root = Root::bare();
    for name in [
        "/dev/shm/x",
        "/dev/pts/ptmx",
        "/dev/fd/0",
        "/dev/stdin",
        "/dev/mqueue/x",
    ] {
        is_refused(quiet(&root).device(name), ErrorKind::InvalidInput, Path::new(name));
    }
    Ok(())
}

/// What is in the host's /dev, but for what programs make and take away there all the time.
fn nodes() -> Vec<(PathBuf, u64, u32, u32)> {
    let (mut found, mut pending) = (Vec::new(), vec![PathBuf::from("/dev")]);
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let Ok(about) = entry.metadata() else { continue };
            let path = entry.path();
            let is_transient = ["/dev/pts", "/dev/shm"].iter().any(|place| path == Path::new(place));
            if about.is_dir() && !is_transient {
                pending.push(path.clone());
            }
            let name = entry.file_name();
            if !name.to_string_lossy().starts_with("furnace-test") {
                found.push((path, about.rdev(), about.mode(), about.uid()));
            }
        }
    }
    found.sort();
    found
}

fn all() -> Outcome {
    let root = Root::small();
    let container = quiet(&root).dev(Dev::Host).start()?;
    for (path, device, ..) in nodes().into_iter().filter(|node| node.1 != 0).take(50) {
        let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
        assert_eq!(
            sh(&container, &format!("stat -c %t:%T {}", path.display()))?,
            format!("{major:x}:{minor:x}"),
            "{}",
            path.display()
        );
    }
    assert_eq!(sh(&container, "ls /dev/pts")?, "ptmx");
    assert_eq!(sh(&container, "ls /dev/shm | wc -l; stat -c %a /dev/shm")?, "0\n1777");
    sh(
        &container,
        "echo > /dev/null; echo > /dev/shm/inside; exec 3<> /dev/pts/ptmx",
    )?;
    let at: Vec<_> = mounts(&container)?.into_iter().map(|mount| mount.at).collect();
    for place in ["pts", "shm", "mqueue"] {
        let wanted = Path::new("/dev").join(place).is_dir();
        assert_eq!(at.contains(&format!("/dev/{place}")), wanted, "{place}");
    }
    assert!(!Path::new("/dev/shm/inside").exists());
    Ok(())
}

fn stay() -> Outcome {
    let root = Root::small();
    let before = nodes();
    for ephemeral in [false, true] {
        let container = quiet(&root)
            .ephemeral(ephemeral)
            .dev(Dev::Host)
            .device("/dev/null")
            .start()?;
        sh(&container, "mount -t tmpfs tmpfs /dev/shm; umount -l /dev/pts")?;
        assert_eq!(nodes(), before);
        container.stop()?;
        assert_eq!(nodes(), before);
    }
    Ok(())
}
