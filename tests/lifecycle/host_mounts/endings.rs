//! How mounts on the host go, whatever happened to them.

use std::fs::{self, File};
use std::io::Read;

use furnace_core::host_mounts::{BindMount, MountGuard, OverlayMount};
use furnace_core::{ErrorKind, Phase};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;
use rustix::mount::{MountFlags, UnmountFlags, unmount};
use rustix::thread::{UnshareFlags, unshare_unsafe};

use super::events::warnings;
use super::{mounts_at, with};
use crate::binds::WorkingDirectory;
use crate::inside::whole;
use crate::mounted::{Mounted, scratch_tmpfs};
use crate::tree;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        test("host_mount_in_use_goes_lazily", &[Need::Root], in_use),
        test(
            "host_mount_in_use_goes_lazily_when_asked",
            &[Need::Root],
            in_use_and_asked,
        ),
        test("host_mount_of_a_tree_in_use_goes_lazily", &[Need::Root], tree_in_use),
        test(
            "host_mount_that_goes_leaves_its_source_alone",
            &[Need::Root],
            source_stays,
        ),
        test("host_mount_goes_with_a_panic", &[Need::Root], panicking),
        test("host_mount_that_is_gone_is_gone", &[Need::Root], gone_before),
        test("host_mount_of_somebody_else_stays", &[Need::Root], somebody_elses),
        test("host_mount_that_is_covered_waits", &[Need::Root], covered),
        test("host_mount_goes_after_a_directory_was_renamed", &[Need::Root], renamed),
        test("host_mount_goes_from_another_thread", &[Need::Root], another_thread),
        test(
            "host_mount_does_not_go_from_another_mount_namespace",
            &[Need::Root],
            another_namespace,
        ),
    ]
}

fn in_use() -> Outcome {
    let there = with(&["there"]);
    let (_scratch, source) = scratch_tmpfs(MountFlags::empty());
    fs::write(source.join("file"), "still there")?;
    let guard = BindMount::new(source.path(), there.join("there")).mount()?;
    let mut file = File::open(guard.path().join("file"))?;
    let told = warnings(|| drop(guard));
    assert!(told.contains("WARN") && told.contains("lazily"), "{told}");
    assert!(told.contains(there.join("there").to_str().unwrap()), "{told}");
    assert!(mounts_at(&there.join("there")).is_empty());
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    assert_eq!(text, "still there");
    Ok(())
}

fn in_use_and_asked() -> Outcome {
    let scratch = with(&["lower", "upper", "work", "there"]);
    let guard = OverlayMount::new(scratch.join("there"))
        .lower(scratch.join("lower"))
        .upper(scratch.join("upper"), scratch.join("work"))
        .mount()?;
    let inside = WorkingDirectory::enter(guard.path());
    let told = warnings(|| guard.unmount().unwrap());
    assert_eq!(told.matches("lazily").count(), 1, "{told}");
    assert!(mounts_at(&scratch.join("there")).is_empty());
    drop(inside);
    Ok(())
}

fn tree_in_use() -> Outcome {
    let scratch = with(&["source", "there"]);
    let below = Mounted::tmpfs(scratch.join("source/below"), MountFlags::empty());
    fs::write(below.join("file"), "")?;
    let guard = BindMount::new(scratch.join("source"), scratch.join("there"))
        .recursive(true)
        .mount()?;
    let _file = File::open(guard.path().join("below/file"))?;
    let told = warnings(|| drop(guard));
    assert_eq!(told.matches("lazily").count(), 1, "{told}");
    assert!(tree::names(&scratch.join("there")).is_empty());
    Ok(())
}

/// Unmounting one of two peers, lazily and with what is below it, unmounts what is below the other.
fn source_stays() -> Outcome {
    for recursive in [false, true] {
        let there = with(&["there"]);
        let (_scratch, source) = scratch_tmpfs(MountFlags::empty());
        let source = source.shared();
        let below = Mounted::tmpfs(source.join("below"), MountFlags::empty()).shared();
        let further = Mounted::tmpfs(below.join("further"), MountFlags::empty()).shared();
        fs::write(further.join("file"), "")?;
        let guard = BindMount::new(source.path(), there.join("there"))
            .recursive(recursive)
            .mount()?;
        let _inside = WorkingDirectory::enter(&guard.path().join("below"));
        assert!(warnings(|| drop(guard)).contains("lazily"));
        assert_eq!(tree::names(further.path()), ["file"], "recursive: {recursive}");
    }
    Ok(())
}

fn panicking() -> Outcome {
    let scratch = with(&["source", "there"]);
    let there = scratch.join("there");
    let bind = BindMount::new(scratch.join("source"), &there);
    let panicked = std::thread::spawn(move || {
        let _guard = bind.mount().unwrap();
        // Not by a panic!(), which would be told on standard error.
        std::panic::resume_unwind(Box::new(()));
    })
    .join();
    assert!(panicked.is_err());
    assert!(mounts_at(&there).is_empty());
    Ok(())
}

fn gone_before() -> Outcome {
    let scratch = with(&["source", "there"]);
    let bind = BindMount::new(scratch.join("source"), scratch.join("there"));
    let (one, two) = (bind.mount()?, bind.mount()?);
    unmount(two.path(), UnmountFlags::empty())?;
    unmount(one.path(), UnmountFlags::empty())?;
    two.unmount()?;
    assert_eq!(warnings(|| drop(one)), "");
    Ok(())
}

fn somebody_elses() -> Outcome {
    let scratch = with(&["source", "there"]);
    // Mostly it gets the number of the one that has gone; other tests on the machine may take that.
    for _ in 0..20 {
        let guard = BindMount::new(scratch.join("source"), scratch.join("there")).mount()?;
        unmount(guard.path(), UnmountFlags::empty())?;
        let others = Mounted::tmpfs(scratch.join("there"), MountFlags::empty());
        guard.unmount()?;
        assert_eq!(mounts_at(others.path()).len(), 1);
    }
    Ok(())
}

fn covered() -> Outcome {
    let scratch = with(&["source", "there", "elsewhere"]);
    let there = scratch.join("there");
    let mount = || BindMount::new(scratch.join("source"), &there).mount();
    let (asked, dropped) = (mount()?, mount()?);
    let others = Mounted::tmpfs(&there, MountFlags::empty());
    let told = warnings(|| drop(dropped));
    assert!(told.contains("another mount lies over it"), "{told}");
    let error = asked.unmount().unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::ResourceBusy, Phase::Unmount),
        "{}",
        whole(&error)
    );
    assert!(error.to_string().contains(there.to_str().unwrap()), "{error}");
    assert!(error.remedy().is_some());
    assert_eq!(mounts_at(&there).len(), 3);
    // They go with the next that goes after it.
    drop(others);
    assert_eq!(mounts_at(&there).len(), 2);
    drop(BindMount::new(scratch.join("source"), scratch.join("elsewhere")).mount()?);
    assert!(mounts_at(&there).is_empty());
    Ok(())
}

fn renamed() -> Outcome {
    let scratch = with(&["source", "a/b/there"]);
    let mount = || BindMount::new(scratch.join("source"), scratch.join("a/b/there")).mount();
    let (below, above): (MountGuard, MountGuard) = (mount()?, mount()?);
    fs::rename(scratch.join("a"), scratch.join("c"))?;
    fs::create_dir_all(scratch.join("a/b/there"))?;
    assert!(warnings(|| drop(below)).contains("lies over it"));
    above.unmount()?;
    assert!(mounts_at(&scratch.join("c/b/there")).is_empty());
    Ok(())
}

fn another_thread() -> Outcome {
    let scratch = with(&["source", "there"]);
    let guard = BindMount::new(scratch.join("source"), scratch.join("there")).mount()?;
    std::thread::spawn(move || guard.unmount()).join().unwrap()?;
    assert!(mounts_at(&scratch.join("there")).is_empty());
    Ok(())
}

fn another_namespace() -> Outcome {
    let scratch = with(&["source", "there"]);
    let there = scratch.join("there");
    let guard = BindMount::new(scratch.join("source"), &there).mount()?;
    let outcome = std::thread::spawn(move || {
        let alone = UnshareFlags::FS | UnshareFlags::NEWNS;
        #[allow(unsafe_code, reason = "rustix has nothing else for it")]
        // SAFETY: the table of descriptors stays shared.
        unsafe { unshare_unsafe(alone) }.unwrap();
        guard.unmount()
    })
    .join()
    .unwrap();
    let error = outcome.unwrap_err();
    assert_eq!(error.phase(), Phase::Unmount, "{}", whole(&error));
    assert!(error.remedy().unwrap().contains("mount namespace"), "{}", whole(&error));
    assert_eq!(mounts_at(&there).len(), 1);
    unmount(&there, UnmountFlags::empty())?;
    Ok(())
}
