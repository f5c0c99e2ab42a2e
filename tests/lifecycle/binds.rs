//! What of the host is shown in a container.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use furnace_core::Container;
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;
use rustix::mount::MountFlags;

use crate::inside::{holds, sh, system};
use crate::mounted::{Mounted, scratch_tmpfs};
use crate::mounts::mount_at;
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("bind_of_a_directory", &[Need::Root], directory),
        test("bind_of_a_file", &[Need::Root], file),
        test("bind_of_a_fifo", &[Need::Root], fifo),
        test("bind_through_a_symlink_outside", &[Need::Root], source_is_a_symlink),
        test("bind_of_a_relative_source", &[Need::Root], relative_source),
        test("bind_to_a_relative_destination", &[Need::Root], relative_destination),
        test("bind_makes_what_is_missing", &[Need::Root], missing_parents),
        test(
            "bind_works_where_the_root_is_a_mount_point",
            &[Need::Root],
            root_is_a_mount_point,
        ),
        test("bind_below_a_default_mount", &[Need::Root], below_a_default_mount),
        test("bind_over_a_default_mount", &[Need::Root], over_a_default_mount),
        test("later_binds_lie_over_earlier_ones", &[Need::Root], later_over_earlier),
        test("bind_in_an_ephemeral_root_leaves_the_tree", &[Need::Root], ephemeral),
        test("bind_is_not_visible_outside", &[Need::Root], not_visible_outside),
        test("bind_shows_what_is_mounted_below", &[Need::Root], recursive),
        test("read_only_bind", &[Need::Root], read_only),
        test("read_only_bind_of_a_file", &[Need::Root], read_only_file),
        test("read_only_bind_is_recursive", &[Need::Root], read_only_recursive),
        test("bind_keeps_the_flags_of_its_source", &[Need::Root], keeps_flags),
        test("bind_of_strange_names", &[Need::Root], strange_names),
        test(
            "bind_through_a_symlink_stays_inside",
            &[Need::Root],
            symlink_stays_inside,
        ),
        test(
            "two_binds_and_one_symlink_stay_inside",
            &[Need::Root],
            two_binds_and_a_symlink,
        ),
        test("bind_of_the_root_into_itself", &[Need::Root], root_into_itself),
    ]
}

/// A directory with a file in it.
fn source() -> Scratch {
    let source = Scratch::new();
    fs::write(source.join("file"), "outside\n").unwrap();
    source
}

fn directory() -> Outcome {
    let (root, source) = (Root::small(), source());
    let container = Container::builder(&root).bind(source.path(), "/tmp").start()?;
    assert_eq!(sh(&container, "cat /tmp/file")?, "outside");
    sh(&container, "echo inside > /tmp/new")?;
    assert_eq!(fs::read_to_string(source.join("new"))?, "inside\n");
    Ok(())
}

fn file() -> Outcome {
    let (root, source) = (Root::small(), source());
    let container = Container::builder(&root)
        .bind(source.join("file"), "/etc/there")
        .start()?;
    sh(&container, "echo inside >> /etc/there")?;
    assert_eq!(fs::read_to_string(source.join("file"))?, "outside\ninside\n");
    Ok(())
}

fn fifo() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        source.join("fifo"),
        rustix::fs::FileType::Fifo,
        mode,
        0,
    )?;
    let container = Container::builder(&root).bind(source.join("fifo"), "/fifo").start()?;
    assert!(holds(&container, "test -p /fifo")?);
    Ok(())
}

fn source_is_a_symlink() -> Outcome {
    let (root, source) = (Root::small(), source());
    symlink("file", source.join("link"))?;
    let container = Container::builder(&root).bind(source.join("link"), "/there").start()?;
    assert_eq!(sh(&container, "cat /there")?, "outside");
    Ok(())
}

/// Sets the working directory back.
pub(crate) struct WorkingDirectory(std::path::PathBuf);

impl WorkingDirectory {
    pub(crate) fn enter(path: &Path) -> Self {
        let before = std::env::current_dir().unwrap();
        std::env::set_current_dir(path).unwrap();
        Self(before)
    }
}

impl Drop for WorkingDirectory {
    fn drop(&mut self) {
        std::env::set_current_dir(&self.0).unwrap();
    }
}

fn relative_source() -> Outcome {
    let (root, source) = (Root::small(), source());
    let _there = WorkingDirectory::enter(source.path());
    let container = Container::builder(&root).bind("file", "/there").start()?;
    assert_eq!(sh(&container, "cat /there")?, "outside");
    Ok(())
}

fn relative_destination() -> Outcome {
    let (root, source) = (Root::small(), source());
    let container = Container::builder(&root).bind(source.path(), "./a//b/").start()?;
    assert_eq!(sh(&container, "cat /a/b/file")?, "outside");
    Ok(())
}

fn missing_parents() -> Outcome {
    let (root, source) = (Root::small(), source());
    let mut builder = Container::builder(&root);
    builder
        .bind(source.path(), "/a/b/c")
        .bind(source.join("file"), "/d/e/f");
    let container = builder.start()?;
    assert_eq!(sh(&container, "cat /a/b/c/file /d/e/f")?, "outside\noutside");
    container.stop()?;
    for directory in ["a", "a/b", "a/b/c", "d", "d/e"] {
        let metadata = fs::metadata(root.join(directory))?;
        assert!(metadata.is_dir());
        assert_eq!(metadata.permissions().mode() & 0o7777, 0o755, "{directory}");
    }
    assert_eq!(fs::metadata(root.join("d/e/f"))?.len(), 0);
    Ok(())
}

fn root_is_a_mount_point() -> Outcome {
    let (root, source) = (Root::small(), source());
    let _mounted = Mounted::over_itself(&root);
    let container = Container::builder(&root).bind(source.path(), "/a/b").start()?;
    assert_eq!(sh(&container, "cat /a/b/file")?, "outside");
    Ok(())
}

fn below_a_default_mount() -> Outcome {
    let (root, source) = (Root::small(), source());
    let mut builder = Container::builder(&root);
    builder
        .bind(source.path(), "/run/a/b")
        .bind(source.join("file"), "/dev/there");
    let container = builder.start()?;
    assert_eq!(sh(&container, "cat /run/a/b/file /dev/there")?, "outside\noutside");
    container.stop()?;
    assert!(tree::names(&root.join("run")).is_empty() && tree::names(&root.join("dev")).is_empty());
    Ok(())
}

fn over_a_default_mount() -> Outcome {
    let (root, source) = (Root::small(), source());
    let container = Container::builder(&root).bind(source.path(), "/run").start()?;
    assert_eq!(sh(&container, "ls /run")?, "file");
    Ok(())
}

fn later_over_earlier() -> Outcome {
    let (root, one, other) = (Root::small(), source(), source());
    fs::write(other.join("file"), "later\n")?;
    let mut builder = Container::builder(&root);
    builder
        .bind(one.path(), "/tmp")
        .bind(other.path(), "/tmp")
        .bind(one.path(), "/tmp/below");
    let container = builder.start()?;
    assert_eq!(sh(&container, "cat /tmp/file /tmp/below/file")?, "later\noutside");
    Ok(())
}

fn ephemeral() -> Outcome {
    let (root, source) = (Root::small(), source());
    let before = tree::snapshot(root.path());
    let mut builder = Container::builder(&root);
    builder
        .ephemeral(true)
        .bind(source.path(), "/a/b")
        .bind(source.join("file"), "/c/d");
    let container = builder.start()?;
    assert_eq!(sh(&container, "cat /a/b/file /c/d")?, "outside\noutside");
    container.stop()?;
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}

fn not_visible_outside() -> Outcome {
    let (root, source) = (Root::small(), source());
    let _container = Container::builder(&root).bind(source.path(), "/tmp").start()?;
    assert!(tree::names(&root.join("tmp")).is_empty());
    Ok(())
}

fn recursive() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    let below = Mounted::tmpfs(source.join("below"), MountFlags::empty());
    fs::write(below.join("file"), "")?;
    let container = Container::builder(&root).bind(source.path(), "/tmp").start()?;
    assert_eq!(sh(&container, "ls /tmp/below")?, "file");
    Ok(())
}

fn read_only() -> Outcome {
    let (root, source) = (Root::small(), source());
    let container = Container::builder(&root).bind_ro(source.path(), "/tmp").start()?;
    assert_eq!(sh(&container, "cat /tmp/file")?, "outside");
    assert!(!holds(&container, "touch /tmp/new")? && !holds(&container, "rm -f /tmp/file")?);
    assert!(mount_at(&container, "/tmp")?.attributes.contains(&"ro".into()));
    fs::write(source.join("file"), "changed\n")?;
    assert_eq!(sh(&container, "cat /tmp/file")?, "changed");
    Ok(())
}

fn read_only_file() -> Outcome {
    let (root, source) = (Root::small(), source());
    let container = Container::builder(&root)
        .bind_ro(source.join("file"), "/there")
        .start()?;
    assert!(!holds(&container, "echo inside > /there")?);
    assert_eq!(fs::read_to_string(source.join("file"))?, "outside\n");
    Ok(())
}

fn read_only_recursive() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    let _below = Mounted::tmpfs(source.join("a"), MountFlags::empty());
    let _further = Mounted::tmpfs(source.join("a/b"), MountFlags::empty());
    let container = Container::builder(&root).bind_ro(source.path(), "/tmp").start()?;
    for place in ["/tmp", "/tmp/a", "/tmp/a/b"] {
        assert!(!holds(&container, &format!("touch {place}/new"))?, "{place}");
    }
    fs::write(source.join("a/b/new"), "")?;
    Ok(())
}

fn keeps_flags() -> Outcome {
    let root = Root::small();
    let (_scratch, source) = scratch_tmpfs(MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC);
    let mut builder = Container::builder(&root);
    builder.bind(source.path(), "/a").bind_ro(source.path(), "/b");
    let container = builder.start()?;
    assert_eq!(
        mount_at(&container, "/a")?.attributes.join(","),
        "rw,nosuid,nodev,noexec,relatime"
    );
    assert_eq!(
        mount_at(&container, "/b")?.attributes.join(","),
        "ro,nosuid,nodev,noexec,relatime"
    );
    Ok(())
}

const STRANGE_NAMES: [&[u8]; 7] = [
    b"a space",
    b"a:colon",
    b"a\nnewline",
    b"a\\backslash,comma",
    b"not UTF-8: \xff\xfe",
    b"-dash",
    b" \t*?'\"$(x)",
];

fn strange_names() -> Outcome {
    let (root, outside) = (Root::small(), Scratch::new());
    let mut builder = Container::builder(&root);
    for name in STRANGE_NAMES.map(OsStr::from_bytes) {
        fs::create_dir(outside.join(name))?;
        fs::write(outside.join(name).join("file"), name.as_bytes())?;
        builder.bind(outside.join(name), Path::new("/tmp").join(name));
    }
    let container = builder.start()?;
    for name in STRANGE_NAMES.map(OsStr::from_bytes) {
        let output = container
            .command("cat")
            .arg(Path::new("/tmp").join(name).join("file"))
            .output()?;
        assert_eq!(output.stdout, name.as_bytes(), "{name:?}");
    }
    Ok(())
}

fn symlink_stays_inside() -> Outcome {
    let (root, source, marker) = (Root::small(), source(), Scratch::new());
    // To a directory of the host that the container has none of: it leads to nowhere, inside and outside.
    symlink(marker.path(), root.join("link"))?;
    let error = Container::builder(&root)
        .bind(source.path(), "/link/there")
        .start()
        .unwrap_err();
    assert!(error.to_string().contains("/link/there"), "{error}");
    assert!(tree::names(marker.path()).is_empty());

    // Where the container has such a directory, that is the one.
    let twin = root.join(marker.path().strip_prefix("/")?);
    fs::create_dir_all(&twin)?;
    let container = Container::builder(&root).bind(source.path(), "/link/there").start()?;
    assert_eq!(sh(&container, "cat /link/there/file")?, "outside");
    assert_eq!(tree::names(&twin), ["there"]);
    assert!(tree::names(marker.path()).is_empty());
    Ok(())
}

fn two_binds_and_a_symlink() -> Outcome {
    let (root, one, other, marker) = (Root::small(), source(), source(), Scratch::new());
    symlink("/", one.join("up"))?;
    symlink("../../../../../../../..", one.join("dots"))?;
    let target = marker.path().strip_prefix("/")?;
    fs::create_dir_all(root.join(target))?;
    let mut builder = Container::builder(&root);
    builder
        .bind(one.path(), "/a")
        .bind(other.path(), Path::new("/a/up").join(target).join("one"))
        .bind(other.path(), Path::new("/a/dots").join(target).join("two"));
    let container = builder.start()?;
    assert!(tree::names(marker.path()).is_empty());
    let shown = format!("cat {0}/one/file {0}/two/file", marker.path().display());
    assert_eq!(sh(&container, &shown)?, "outside\noutside");
    assert_eq!(sh(&container, "ls -a /a/up/proc/1/root/ | head -1")?, ".");
    assert_eq!(tree::names(one.path()), ["dots", "file", "up"]);
    Ok(())
}

fn root_into_itself() -> Outcome {
    let root = Root::small();
    let container = Container::builder(&root).bind_ro(&root, "/tmp").start()?;
    assert!(holds(&container, "test -x /tmp/bin/sh && ! touch /tmp/new")?);
    drop(container);
    let container = system().bind_ro("/", "/mnt").start()?;
    assert!(holds(&container, "test -d /mnt/etc && ! touch /mnt/new")?);
    Ok(())
}
