//! File systems in memory, where they were asked for.

use std::fs;

use furnace_core::mount::{File, Tmpfs};
use furnace_core::{ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use crate::inside::{holds, sh, whole};
use crate::mounts::mount_at;
use crate::overlays::quiet;
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("a_tmpfs_is_empty_and_vanishes", &[Need::Root], vanishes),
        test("a_tmpfs_has_a_size", &[Need::Root], size),
        test("a_tmpfs_has_a_mode_and_an_owner", &[Need::Root], mode_and_owner),
        test("a_tmpfs_is_mounted_nosuid_and_nodev", &[Need::Root], attributes),
        test("a_tmpfs_can_be_noexec", &[Need::Root], no_exec),
        test("a_tmpfs_on_a_file_is_told", &[Need::Root], on_a_file),
        test("a_tmpfs_over_and_under_other_mounts", &[Need::Root], in_order),
        test("a_tmpfs_that_makes_no_sense_is_refused", &[Need::Root], nonsense),
    ]
}

fn vanishes() -> Outcome {
    let root = Root::small();
    fs::write(root.join("tmp/beneath"), "")?;
    let mut builder = quiet(&root);
    builder.mount(Tmpfs::new("tmp")).mount(Tmpfs::new("/a/b"));
    for _ in 0..2 {
        let container = builder.start()?;
        assert_eq!(
            sh(&container, "ls /tmp /a/b; echo > /tmp/new; echo > /a/b/new")?,
            "/a/b:\n\n/tmp:"
        );
    }
    assert_eq!(tree::names(&root.join("tmp")), ["beneath"]);
    assert!(tree::names(&root.join("a/b")).is_empty());
    Ok(())
}

fn size() -> Outcome {
    let root = Root::small();
    let mut builder = quiet(&root);
    builder
        .mount(Tmpfs::new("/tmp").size(1 << 20))
        .mount(Tmpfs::new("/root").size(1))
        .mount(Tmpfs::new("/mnt"));
    let container = builder.start()?;
    assert_eq!(
        sh(
            &container,
            "dd if=/dev/zero of=/tmp/big bs=4096 2>/dev/null; wc -c < /tmp/big"
        )?,
        "1048576"
    );
    // Rounded up to a page, whatever that is.
    let page = rustix::param::page_size().to_string();
    assert_eq!(
        sh(
            &container,
            "dd if=/dev/zero of=/root/big bs=4096 2>/dev/null; wc -c < /root/big"
        )?,
        page
    );
    assert!(
        mount_at(&container, "/mnt")?
            .options
            .iter()
            .all(|option| !option.starts_with("size="))
    );
    Ok(())
}

fn mode_and_owner() -> Outcome {
    let root = Root::small();
    let mut builder = quiet(&root);
    builder
        .mount(Tmpfs::new("/tmp").mode(0o1777))
        .mount(Tmpfs::new("/root").mode(0o700).owner(1000, 2000))
        .mount(Tmpfs::new("/a"))
        .mount(Tmpfs::new("/b").mode(0));
    let container = builder.start()?;
    assert_eq!(
        sh(&container, "stat -c '%a %u:%g' /tmp /root /a /b")?,
        "1777 0:0\n700 1000:2000\n755 0:0\n0 0:0"
    );
    let made = container
        .command("touch")
        .args(["/root/new", "/tmp/new"])
        .uid(1000)
        .gid(2000)
        .status()?;
    assert!(made.success());
    Ok(())
}

fn attributes() -> Outcome {
    let root = Root::small();
    let container = quiet(&root).mount(Tmpfs::new("/tmp")).start()?;
    let mount = mount_at(&container, "/tmp")?;
    assert_eq!((mount.kind.as_str(), mount.source.as_str()), ("tmpfs", "tmpfs"));
    assert_eq!(mount.attributes.join(","), "rw,nosuid,nodev,relatime");
    assert!(!holds(&container, "mknod /tmp/null c 1 3 && echo > /tmp/null")?);
    Ok(())
}

fn no_exec() -> Outcome {
    let root = Root::small();
    let mut builder = quiet(&root);
    builder
        .mount(Tmpfs::new("/tmp").no_exec(true))
        .mount(Tmpfs::new("/mnt").no_exec(true).no_exec(false));
    let container = builder.start()?;
    for (place, executes) in [("/tmp", false), ("/mnt", true)] {
        let script = format!("cat /bin/true > {place}/true; chmod 755 {place}/true; {place}/true");
        assert_eq!(holds(&container, &script)?, executes, "{place}");
    }
    Ok(())
}

fn on_a_file() -> Outcome {
    let root = Root::small();
    for place in ["/etc/passwd", "/etc/passwd/below"] {
        let error = quiet(&root).mount(Tmpfs::new(place)).start().unwrap_err();
        assert_eq!((error.kind(), error.phase()), (ErrorKind::NotADirectory, Phase::Start));
        assert!(error.to_string().contains(place), "{error}");
        assert!(error.remedy().is_some());
    }
    Ok(())
}

fn in_order() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    fs::write(source.join("file"), "outside")?;
    let mut builder = quiet(&root);
    builder
        .bind(source.path(), "/tmp")
        .mount(Tmpfs::new("/tmp"))
        .mount(Tmpfs::new("/tmp/a/b"))
        .bind(source.path(), "/tmp/a/b/c")
        .mount(File::new("/tmp/a/file", "from memory"))
        .mount(Tmpfs::new("/mnt"))
        .bind(source.path(), "/mnt");
    let container = builder.start()?;
    assert_eq!(
        sh(&container, "ls /tmp /tmp/a/b; cat /tmp/a/b/c/file /tmp/a/file; ls /mnt")?,
        "/tmp:\na\n\n/tmp/a/b:\nc\noutsidefrom memoryfile"
    );
    // The targets were made in the file systems that lie there, not beneath them.
    assert_eq!(tree::names(source.path()), ["file"]);
    assert!(tree::names(&root.join("tmp")).is_empty());
    Ok(())
}

fn nonsense() -> Outcome {
    let root = Root::bare();
    let before = tree::snapshot(root.path());
    for (tmpfs, word) in [
        (Tmpfs::new("/tmp").size(0), "size"),
        (Tmpfs::new("/tmp").size(u64::MAX), "size"),
        (Tmpfs::new("/tmp").mode(0o10000), "mode"),
        (Tmpfs::new("/tmp").owner(u32::MAX, 0), "user"),
        (Tmpfs::new("/tmp").owner(0, u32::MAX), "group"),
        (Tmpfs::new("/"), "root"),
        (Tmpfs::new(""), "root"),
        (Tmpfs::new("/a/../b"), ".."),
        (Tmpfs::new("a\0b"), "NUL"),
    ] {
        let error = quiet(&root).mount(tmpfs).start().unwrap_err();
        assert_eq!(
            (error.kind(), error.phase()),
            (ErrorKind::InvalidInput, Phase::Configure)
        );
        assert!(whole(&error).contains(word), "{word}: {}", whole(&error));
    }
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}
