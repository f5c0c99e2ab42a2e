//! Directories of the host over each other.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;

use furnace_core::host_mounts::OverlayMount;
use furnace_core::{Container, ErrorKind};
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;
use rustix::mount::MountFlags;

use super::binds::STRANGE_NAMES;
use super::{mounts_at, with};
use crate::mounted::Mounted;
use crate::tree;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        test(
            "host_overlay_keeps_changes_in_the_upper_directory",
            &[Need::Root],
            changes,
        ),
        test(
            "host_overlay_has_the_first_lower_directory_on_top",
            &[Need::Root],
            order,
        ),
        test(
            "host_overlay_without_an_upper_directory_is_read_only",
            &[Need::Root],
            read_only,
        ),
        test("host_overlay_of_strange_names", &[Need::Root], strange_names),
        test("host_overlay_of_long_names", &[Need::Root], long_names),
        test(
            "host_overlay_of_many_directories",
            &[Need::Root, Need::Kernel(6, 8)],
            many,
        ),
        test("host_overlay_on_one_of_its_layers", &[Need::Root], on_a_layer),
        test("host_overlay_of_a_lower_overlay", &[Need::Root], of_an_overlay),
        test(
            "host_overlay_upper_on_a_disk_below_its_lower",
            &[Need::Root],
            upper_on_another_disk,
        ),
        test(
            "host_overlays_never_share_an_upper_directory",
            &[Need::Root],
            never_shared,
        ),
        test(
            "host_overlays_never_share_one_with_a_container",
            &[Need::Root],
            never_shared_with_a_container,
        ),
    ]
}

fn changes() -> Outcome {
    let scratch = with(&["lower", "upper", "work", "there"]);
    for name in ["stays", "changes", "goes"] {
        fs::write(scratch.join("lower").join(name), "lower")?;
    }
    let mut overlay = OverlayMount::new(scratch.join("there"));
    overlay
        .lower(scratch.join("lower"))
        .upper(scratch.join("upper"), scratch.join("work"));
    let guard = overlay.mount()?;
    assert_eq!(guard.path(), scratch.join("there"));
    fs::write(guard.path().join("changes"), "upper")?;
    fs::write(guard.path().join("new"), "upper")?;
    fs::remove_file(guard.path().join("goes"))?;
    drop(guard);
    assert!(tree::names(&scratch.join("there")).is_empty());
    assert_eq!(tree::names(&scratch.join("lower")), ["changes", "goes", "stays"]);
    assert_eq!(fs::read_to_string(scratch.join("lower/changes"))?, "lower");
    assert_eq!(tree::names(&scratch.join("upper")), ["changes", "goes", "new"]);

    // The work directory is not empty by now.
    let guard = overlay.mount()?;
    assert_eq!(tree::names(guard.path()), ["changes", "new", "stays"]);
    assert_eq!(fs::read_to_string(guard.path().join("changes"))?, "upper");
    guard.unmount()?;
    Ok(())
}

fn order() -> Outcome {
    let scratch = with(&["top", "middle", "bottom", "upper", "work", "there"]);
    for (directory, names) in [("top", "a"), ("middle", "ab"), ("bottom", "abc")] {
        for name in names.chars() {
            fs::write(scratch.join(directory).join(name.to_string()), directory)?;
        }
    }
    let guard = OverlayMount::new(scratch.join("there"))
        .lower(scratch.join("top"))
        .lower(scratch.join("middle"))
        .lower(scratch.join("bottom"))
        .upper(scratch.join("upper"), scratch.join("work"))
        .mount()?;
    for (name, directory) in [("a", "top"), ("b", "middle"), ("c", "bottom")] {
        assert_eq!(fs::read_to_string(guard.path().join(name))?, directory);
    }
    Ok(())
}

fn read_only() -> Outcome {
    let scratch = with(&["one/a", "two/b", "there"]);
    let guard = OverlayMount::new(scratch.join("there"))
        .lower(scratch.join("one"))
        .lower(scratch.join("two"))
        .mount()?;
    assert_eq!(tree::names(guard.path()), ["a", "b"]);
    assert!(File::create(guard.path().join("new")).is_err());
    Ok(())
}

fn strange_names() -> Outcome {
    let scratch = Scratch::new();
    for name in STRANGE_NAMES.map(OsStr::from_bytes) {
        let of = |what: &str| scratch.join(name).join(what).join(name);
        for what in ["one", "two", "upper", "work", "there"] {
            fs::create_dir_all(of(what))?;
        }
        fs::write(of("one").join("1"), "")?;
        fs::write(of("two").join("2"), "")?;
        let guard = OverlayMount::new(of("there"))
            .lower(of("one"))
            .lower(of("two"))
            .upper(of("upper"), of("work"))
            .mount()?;
        fs::write(guard.path().join("3"), "")?;
        assert_eq!(tree::names(&of("there")), ["1", "2", "3"], "{name:?}");
        guard.unmount()?;
        assert_eq!(tree::names(&of("upper")), ["3"], "{name:?}");
        assert!(tree::names(&of("there")).is_empty(), "{name:?}");
    }
    Ok(())
}

/// The kernel takes 255 bytes of an option.
fn long_names() -> Outcome {
    let scratch = Scratch::new();
    let deep = scratch.join("a".repeat(250)).join("b".repeat(250));
    for name in ["lower/file", "upper", "work", "there"] {
        fs::create_dir_all(deep.join(name))?;
    }
    let guard = OverlayMount::new(deep.join("there"))
        .lower(deep.join("lower"))
        .upper(deep.join("upper"), deep.join("work"))
        .mount()?;
    assert_eq!(tree::names(guard.path()), ["file"]);
    Ok(())
}

fn many() -> Outcome {
    const MANY: usize = 300;
    let scratch = with(&["upper", "work", "there"]);
    let mut overlay = OverlayMount::new(scratch.join("there"));
    for number in 0..MANY {
        let lower = scratch.join(format!("lower{number}"));
        fs::create_dir(&lower)?;
        fs::write(lower.join(number.to_string()), "")?;
        overlay.lower(lower);
    }
    let guard = overlay.upper(scratch.join("upper"), scratch.join("work")).mount()?;
    assert_eq!(tree::names(guard.path()).len(), MANY);
    Ok(())
}

fn on_a_layer() -> Outcome {
    for destination in ["lower", "upper"] {
        let scratch = with(&["lower", "upper", "work"]);
        fs::write(scratch.join("lower/file"), "")?;
        let guard = OverlayMount::new(scratch.join(destination))
            .lower(scratch.join("lower"))
            .upper(scratch.join("upper"), scratch.join("work"))
            .mount()?;
        fs::write(guard.path().join("new"), "")?;
        assert_eq!(tree::names(guard.path()), ["file", "new"]);
        guard.unmount()?;
        assert_eq!(tree::names(&scratch.join("upper")), ["new"]);
        assert_eq!(tree::names(&scratch.join("lower")), ["file"]);
    }
    Ok(())
}

fn of_an_overlay() -> Outcome {
    let scratch = with(&["one/a", "two/b", "three/c", "upper", "work", "there", "below"]);
    let below = OverlayMount::new(scratch.join("below"))
        .lower(scratch.join("one"))
        .lower(scratch.join("two"))
        .mount()?;
    let guard = OverlayMount::new(scratch.join("there"))
        .lower(scratch.join("three"))
        .lower(below.path())
        .upper(scratch.join("upper"), scratch.join("work"))
        .mount()?;
    assert_eq!(tree::names(guard.path()), ["a", "b", "c"]);
    Ok(())
}

/// Its path is in the lower directory, but it is not: that is not seen with what is mounted below it.
fn upper_on_another_disk() -> Outcome {
    let scratch = with(&["lower/file", "there"]);
    let disk = Mounted::tmpfs(scratch.join("lower/disk"), MountFlags::empty());
    fs::create_dir(disk.join("upper"))?;
    fs::create_dir(disk.join("work"))?;
    let guard = OverlayMount::new(scratch.join("there"))
        .lower(scratch.join("lower"))
        .upper(disk.join("upper"), disk.join("work"))
        .mount()?;
    fs::write(guard.path().join("disk/new"), "")?;
    guard.unmount()?;
    assert_eq!(tree::names(&disk.join("upper/disk")), ["new"]);
    assert!(tree::names(&scratch.join("there")).is_empty());
    Ok(())
}

fn never_shared() -> Outcome {
    let scratch = with(&["lower", "upper", "work", "upper2", "work2", "a", "b"]);
    let overlay = |there: &str, upper: &str, work: &str| {
        OverlayMount::new(scratch.join(there))
            .lower(scratch.join("lower"))
            .upper(scratch.join(upper), scratch.join(work))
            .mount()
    };
    let guard = overlay("a", "upper", "work")?;
    for (upper, work, named) in [
        ("upper", "work2", "upper"),
        ("upper2", "work", "work"),
        ("work", "upper", "work"),
    ] {
        let error = overlay("b", upper, work).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResourceBusy, "{upper} {work}");
        assert!(
            error.to_string().contains(scratch.join(named).to_str().unwrap()),
            "{error}"
        );
        assert!(error.remedy().is_some());
        assert!(mounts_at(&scratch.join("b")).is_empty());
    }
    drop(guard);
    overlay("b", "upper", "work2")?.unmount()?;
    Ok(())
}

fn never_shared_with_a_container() -> Outcome {
    let (root, scratch) = (Root::small(), with(&["upper", "work", "there"]));
    let mut builder = Container::builder(&root);
    builder.overlay(scratch.join("upper"));
    let mut overlay = OverlayMount::new(scratch.join("there"));
    overlay
        .lower(root.path())
        .upper(scratch.join("upper"), scratch.join("work"));

    let container = builder.start()?;
    assert_eq!(overlay.mount().unwrap_err().kind(), ErrorKind::ResourceBusy);
    container.stop()?;
    let guard = overlay.mount()?;
    assert_eq!(builder.start().unwrap_err().kind(), ErrorKind::ResourceBusy);
    guard.unmount()?;
    builder.start()?.stop()?;
    Ok(())
}
