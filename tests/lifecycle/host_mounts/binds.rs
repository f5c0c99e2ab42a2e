//! A part of the host's tree at a second place of it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use furnace_core::Propagation;
use furnace_core::host_mounts::BindMount;
use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;
use rustix::mount::MountFlags;

use super::events::warnings;
use super::{mounts_at, with};
use crate::binds::WorkingDirectory;
use crate::mounted::{Mounted, scratch_tmpfs};
use crate::tree;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        test("host_bind_of_a_directory", &[Need::Root], directory),
        test("host_bind_of_a_file", &[Need::Root], file),
        test("host_bind_over_itself", &[Need::Root], over_itself),
        test("host_bind_of_and_to_relative_paths", &[Need::Root], relative),
        test("host_bind_through_symlinks", &[Need::Root], symlinks),
        test("host_bind_of_and_to_strange_names", &[Need::Root], strange_names),
        test("host_bind_is_not_recursive", &[Need::Root], not_recursive),
        test("host_bind_can_be_recursive", &[Need::Root], recursive),
        test("host_bind_read_only", &[Need::Root], read_only),
        test(
            "host_bind_read_only_all_the_way_down",
            &[Need::Root],
            read_only_recursive,
        ),
        test("host_bind_read_only_is_never_writable", &[Need::Root], never_writable),
        test("host_bind_keeps_the_flags_of_its_source", &[Need::Root], keeps_flags),
        test("host_bind_sees_what_is_mounted_later", &[Need::Root], later),
        test(
            "host_bind_that_is_private_or_read_only_does_not",
            &[Need::Root],
            not_later,
        ),
        test("host_bind_is_seen_where_its_parent_is", &[Need::Root], shared_parent),
    ]
}

fn directory() -> Outcome {
    let scratch = with(&["source", "there/below"]);
    fs::write(scratch.join("source/file"), "shown")?;
    let guard = BindMount::new(scratch.join("source"), scratch.join("there")).mount()?;
    assert_eq!(guard.path(), scratch.join("there"));
    assert_eq!(tree::names(guard.path()), ["file"]);
    fs::write(guard.path().join("new"), "")?;
    drop(guard);
    assert_eq!(tree::names(&scratch.join("there")), ["below"]);
    assert_eq!(tree::names(&scratch.join("source")), ["file", "new"]);
    Ok(())
}

fn file() -> Outcome {
    let scratch = Scratch::new();
    fs::write(scratch.join("source"), "shown")?;
    fs::write(scratch.join("there"), "covered")?;
    let guard = BindMount::new(scratch.join("source"), scratch.join("there")).mount()?;
    assert_eq!(fs::read_to_string(guard.path())?, "shown");
    guard.unmount()?;
    assert_eq!(fs::read_to_string(scratch.join("there"))?, "covered");
    Ok(())
}

fn over_itself() -> Outcome {
    let scratch = with(&["here"]);
    let here = scratch.join("here");
    let guard = BindMount::new(&here, &here).read_only(true).mount()?;
    assert!(File::create(here.join("file")).is_err());
    drop(guard);
    File::create(here.join("file"))?;
    Ok(())
}

fn relative() -> Outcome {
    let scratch = with(&["source", "there"]);
    fs::write(scratch.join("source/file"), "")?;
    let guard = {
        let _inside = WorkingDirectory::enter(scratch.path());
        BindMount::new("source", "there/../there/.").mount()?
    };
    assert_eq!(guard.path(), scratch.join("there"));
    assert_eq!(tree::names(&scratch.join("there")), ["file"]);
    guard.unmount()?;
    assert!(tree::names(&scratch.join("there")).is_empty());
    Ok(())
}

fn symlinks() -> Outcome {
    let scratch = with(&["source", "one/there", "two/there"]);
    fs::write(scratch.join("source/file"), "")?;
    symlink("source", scratch.join("from"))?;
    symlink("one", scratch.join("to"))?;
    let guard = BindMount::new(scratch.join("from"), scratch.join("to/there")).mount()?;
    let other = BindMount::new(scratch.join("source"), scratch.join("two/there")).mount()?;
    assert_eq!(guard.path(), scratch.join("one/there"));
    // What the path means later does not matter.
    fs::remove_file(scratch.join("to"))?;
    symlink("two", scratch.join("to"))?;
    guard.unmount()?;
    assert!(tree::names(&scratch.join("one/there")).is_empty());
    assert_eq!(tree::names(other.path()), ["file"]);
    Ok(())
}

pub(super) const STRANGE_NAMES: [&[u8]; 8] = [
    b"a space",
    b"a:colon",
    b"a\nnewline",
    b"a\\backslash,comma",
    b"ends in a backslash\\",
    b"not UTF-8: \xff\xfe",
    b"-dash=\"#\\040",
    b" (deleted)",
];

fn strange_names() -> Outcome {
    let scratch = Scratch::new();
    for name in STRANGE_NAMES.map(OsStr::from_bytes) {
        let (source, there) = (scratch.join("source").join(name), scratch.join("there").join(name));
        fs::create_dir_all(source.join("below"))?;
        fs::create_dir_all(&there)?;
        fs::write(source.join("file"), "")?;
        let _below = Mounted::tmpfs(source.join("below"), MountFlags::empty());
        let guard = BindMount::new(&source, &there).recursive(true).mount()?;
        assert_eq!(guard.path(), there);
        assert_eq!(tree::names(&there), ["below", "file"]);
        assert_eq!(warnings(|| guard.unmount().unwrap()), "", "{name:?}");
        assert!(tree::names(&there).is_empty(), "{name:?}");
    }
    Ok(())
}

fn not_recursive() -> Outcome {
    let scratch = with(&["source", "there"]);
    let below = Mounted::tmpfs(scratch.join("source/below"), MountFlags::empty());
    fs::write(below.join("file"), "")?;
    let guard = BindMount::new(scratch.join("source"), scratch.join("there")).mount()?;
    assert!(tree::names(&guard.path().join("below")).is_empty());
    Ok(())
}

fn recursive() -> Outcome {
    let scratch = with(&["source", "there"]);
    let below = Mounted::tmpfs(scratch.join("source/below"), MountFlags::empty());
    let _further = Mounted::tmpfs(below.join("further"), MountFlags::empty());
    let over = Mounted::over_itself(below.join("further"));
    fs::write(over.join("file"), "")?;
    let guard = BindMount::new(scratch.join("source"), scratch.join("there"))
        .recursive(true)
        .mount()?;
    assert_eq!(tree::names(&guard.path().join("below/further")), ["file"]);
    assert_eq!(warnings(|| drop(guard)), "");
    assert_eq!(tree::names(over.path()), ["file"]);
    Ok(())
}

fn read_only() -> Outcome {
    let scratch = with(&["source", "there"]);
    fs::write(scratch.join("source/file"), "before")?;
    let guard = BindMount::new(scratch.join("source"), scratch.join("there"))
        .read_only(true)
        .mount()?;
    assert!(File::create(guard.path().join("new")).is_err());
    assert!(fs::write(guard.path().join("file"), "inside").is_err());
    fs::write(scratch.join("source/file"), "after")?;
    assert_eq!(fs::read_to_string(guard.path().join("file"))?, "after");
    Ok(())
}

fn read_only_recursive() -> Outcome {
    let scratch = with(&["source", "there"]);
    let below = Mounted::tmpfs(scratch.join("source/a"), MountFlags::empty());
    let further = Mounted::tmpfs(scratch.join("source/a/b"), MountFlags::empty());
    let guard = BindMount::new(scratch.join("source"), scratch.join("there"))
        .read_only(true)
        .recursive(true)
        .mount()?;
    for place in ["new", "a/new", "a/b/new"] {
        assert!(File::create(guard.path().join(place)).is_err(), "{place}");
    }
    File::create(below.join("new"))?;
    File::create(further.join("new"))?;
    assert!(guard.path().join("a/b/new").exists());
    Ok(())
}

fn never_writable() -> Outcome {
    let scratch = with(&["source", "there"]);
    let (_below, done) = (
        Mounted::tmpfs(scratch.join("source/below"), MountFlags::empty()),
        AtomicBool::new(false),
    );
    let bind = || -> Outcome {
        for _ in 0..500 {
            drop(
                BindMount::new(scratch.join("source"), scratch.join("there"))
                    .read_only(true)
                    .recursive(true)
                    .mount()?,
            );
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // Where nothing is mounted the first is written to the destination itself.
                let _ = File::create(scratch.join("there/written"));
                let _ = File::create(scratch.join("there/below/written"));
            }
        });
        let outcome = bind();
        done.store(true, Ordering::Relaxed);
        outcome
    })?;
    assert_eq!(tree::names(&scratch.join("source")), ["below"]);
    assert!(tree::names(&scratch.join("source/below")).is_empty());
    Ok(())
}

fn keeps_flags() -> Outcome {
    let there = with(&["a", "b"]);
    let (_scratch, source) = scratch_tmpfs(MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC);
    let _plain = BindMount::new(source.path(), there.join("a")).mount()?;
    let _read_only = BindMount::new(source.path(), there.join("b")).read_only(true).mount()?;
    assert_eq!(mounts_at(&there.join("a")), ["rw,nosuid,nodev,noexec,relatime"]);
    assert_eq!(mounts_at(&there.join("b")), ["ro,nosuid,nodev,noexec,relatime"]);
    Ok(())
}

/// Whether what is mounted below a shared source is seen at the destination, and the other way round.
fn is_told(prepare: impl FnOnce(&mut BindMount)) -> Result<(bool, bool), libtest_mimic::Failed> {
    let (_scratch, source) = scratch_tmpfs(MountFlags::empty());
    let source = source.shared();
    let there = with(&["there"]);
    fs::create_dir(source.join("below"))?;
    fs::create_dir(source.join("back"))?;
    let mut bind = BindMount::new(source.path(), there.join("there"));
    prepare(&mut bind);
    let guard = bind.mount()?;
    let is_empty = |path: &Path| tree::names(path).is_empty();

    let below = Mounted::tmpfs(source.join("below"), MountFlags::empty());
    fs::write(below.join("file"), "")?;
    let forth = !is_empty(&guard.path().join("below"));

    let other = Mounted::tmpfs(guard.path().join("back"), MountFlags::empty());
    fs::write(other.join("file"), "")?;
    let back = !is_empty(&source.join("back"));
    drop(other);
    drop(below);
    Ok((forth, back))
}

fn later() -> Outcome {
    assert_eq!(is_told(|_| ())?, (true, false));
    assert_eq!(
        is_told(|bind| {
            bind.read_only(true).propagation(Propagation::Slave);
        })?,
        (true, false)
    );
    Ok(())
}

fn not_later() -> Outcome {
    assert_eq!(
        is_told(|bind| {
            bind.propagation(Propagation::Private);
        })?,
        (false, false)
    );
    assert_eq!(
        is_told(|bind| {
            bind.read_only(true);
        })?,
        (false, false)
    );
    Ok(())
}

fn shared_parent() -> Outcome {
    let scratch = with(&["source", "copy"]);
    fs::write(scratch.join("source/file"), "")?;
    let parent = Mounted::tmpfs(scratch.join("parent"), MountFlags::empty()).shared();
    fs::create_dir(parent.join("there"))?;
    let copy = BindMount::new(parent.path(), scratch.join("copy")).mount()?;
    let guard = BindMount::new(scratch.join("source"), parent.join("there")).mount()?;
    assert_eq!(tree::names(&copy.path().join("there")), ["file"]);
    assert_eq!(warnings(|| drop(guard)), "");
    assert!(tree::names(&copy.path().join("there")).is_empty());
    Ok(())
}
