//! Lower trees that are more than a directory, and overlays that are mounted otherwise.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use furnace_core::{Change, Changes};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;
use rustix::fs::{FileType, OFlags, getxattr};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::case::{check, line};
use crate::copy;
use crate::operations::{append, attribute, directory, mode, node, remove, rename, write};
use crate::overlay::{Overlay, Redirect, attach, detached};
use crate::tree::age;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("two_lower_directories", &[Need::Root], two_lower_directories),
        test("an_overlay_on_an_overlay", &[Need::Root], overlay_on_overlay),
        test("metadata_only_copies", &[Need::Root], metadata_only_copies),
        test(
            "files_that_stand_for_whiteouts",
            &[Need::Root, Need::Kernel(6, 7)],
            whiteout_files,
        ),
        test(
            "mounts_in_the_lower_tree_are_no_part_of_it",
            &[Need::Root],
            mounts_in_lower,
        ),
        test("path_descriptors_will_do", &[Need::Root], path_descriptors),
        test("a_list_outlives_what_it_was_made_from", &[Need::Root], outlives),
    ]
}

fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().map(line).collect()
}

fn two_lower_directories() -> Outcome {
    let overlay = Overlay::of_two(|one, two| {
        for lower in [one, two] {
            directory(lower.join("both"));
            directory(lower.join("opaque"));
        }
        for path in ["both/two", "both/covered", "both/hidden", "opaque/two", "two"] {
            write(two.join(path), "two");
        }
        for path in ["both/one", "both/covered", "opaque/one", "one"] {
            write(one.join(path), "one");
        }
        node(one.join("both/hidden"), FileType::CharacterDevice, 0, 0);
        attribute(one.join("opaque"), "trusted.overlay.opaque", b"y");
        age(one);
        age(two);
    });
    check(&overlay, &[])?;
    let merged = overlay.merged();
    write(merged.join("both/hidden"), "three");
    append(merged.join("both/two"), "!");
    rename(merged.join("opaque"), merged.join("renamed"));
    remove(merged.join("one"));
    mode(merged.join("two"), 0o600);
    let expected = [
        "modified directory both: metadata",
        "created file both/hidden 5",
        "modified file both/two 4: content, metadata",
        "deleted file one 3",
        "deleted directory opaque",
        "created directory renamed",
        "created file renamed/one 3",
        "modified file two 3: metadata",
    ];
    check(&overlay, &expected)?;
    rename(merged.join("both"), merged.join("renamed/both"));
    overlay.remount();
    let expected = [
        "deleted directory both",
        "deleted file one 3",
        "deleted directory opaque",
        "created directory renamed",
        "created directory renamed/both",
        "created file renamed/both/covered 3",
        "created file renamed/both/hidden 5",
        "created file renamed/both/one 3",
        "created file renamed/both/two 4",
        "created file renamed/one 3",
        "modified file two 3: metadata",
    ];
    check(&overlay, &expected)
}

fn overlay_on_overlay() -> Outcome {
    let below = Overlay::new(Redirect::On, |lower| {
        directory(lower.join("d"));
        write(lower.join("d/a"), "bytes");
        write(lower.join("d/b"), "bytes");
        write(lower.join("gone"), "bytes");
        age(lower);
    });
    remove(below.merged().join("gone"));
    rename(below.merged().join("d"), below.merged().join("r"));
    let above = below.join("above");
    for name in ["upper", "work", "merged"] {
        directory(above.join(name));
    }
    let options = [
        ("lowerdir", below.merged()),
        ("upperdir", above.join("upper")),
        ("workdir", above.join("work")),
    ];
    attach(
        detached(&options.map(|(key, path)| (key, path.to_str().unwrap().to_owned()))),
        &above.join("merged"),
    );
    append(above.join("merged/r/a"), "!");
    write(above.join("merged/gone"), "abc");
    let changes = Changes::between(File::open(above.join("upper"))?, File::open(below.merged())?)?;
    let changes = changes.collect::<Result<Vec<_>, _>>()?;
    unmount(above.join("merged"), UnmountFlags::empty())?;
    let expected = ["created file gone 3", "modified file r/a 6: content, metadata"];
    assert_eq!(lines(&changes), expected);
    Ok(())
}

fn metadata_only_copies() -> Outcome {
    let overlay = Overlay::with(&[("metacopy", "on"), ("redirect_dir", "on")], |lower| {
        directory(lower.join("d"));
        for name in ["a", "b", "c", "d/e"] {
            write(lower.join(name), name);
        }
        age(lower);
    });
    let merged = overlay.merged();
    let metacopy =
        |name: &str| getxattr(overlay.upper().join(name), "trusted.overlay.metacopy", &mut [0_u8; 64]).is_ok();
    mode(merged.join("a"), 0o600);
    assert!(metacopy("a"));
    rename(merged.join("b"), merged.join("c"));
    assert!(metacopy("c"));
    rename(merged.join("d/e"), merged.join("f"));
    rename(merged.join("f"), merged.join("d/e"));
    assert!(metacopy("d/e"));
    rename(merged.join("a"), merged.join("new"));
    rename(merged.join("new"), merged.join("a"));
    age(&merged.join("d"));
    let expected = [
        "modified file a 1: metadata",
        "deleted file b 1",
        "modified file c 1: content",
    ];
    check(&overlay, &expected)?;
    overlay.remount();
    check(&overlay, &expected)
}

fn whiteout_files() -> Outcome {
    let overlay = Overlay::new(Redirect::On, |lower| {
        directory(lower.join("d"));
        for name in ["d/a", "d/b", "d/c"] {
            write(lower.join(name), "bytes");
        }
    });
    let upper = overlay.upper().join("d");
    directory(&upper);
    attribute(&upper, "trusted.overlay.opaque", b"x");
    for name in ["a", "b"] {
        write(upper.join(name), "");
    }
    attribute(upper.join("a"), "trusted.overlay.whiteout", b"");
    age(&overlay.lower());
    age(&overlay.upper());
    let expected = ["deleted file d/a 5", "modified file d/b 0: content"];
    assert_eq!(lines(&overlay.list()?), expected);
    Ok(())
}

fn mounts_in_lower() -> Outcome {
    let overlay = Overlay::new(Redirect::On, |lower| {
        directory(lower.join("d"));
        write(lower.join("d/a"), "bytes");
        write(lower.join("f"), "bytes");
        age(lower);
    });
    append(overlay.merged().join("d/a"), "!");
    let covered = overlay.lower().join("d");
    let no_options: Option<&std::ffi::CStr> = None;
    mount("tmpfs", &covered, "tmpfs", MountFlags::empty(), no_options)?;
    write(covered.join("not-of-the-tree"), "");
    let listed = overlay.list();
    unmount(&covered, UnmountFlags::empty())?;
    assert_eq!(lines(&listed?), ["modified file d/a 6: content, metadata"]);
    Ok(())
}

fn path_descriptors() -> Outcome {
    let overlay = Overlay::new(Redirect::On, |lower| write(lower.join("a"), "bytes"));
    remove(overlay.merged().join("a"));
    let path_only = |path: &Path| {
        let flags = OFlags::PATH.bits() as i32;
        OpenOptions::new().read(true).custom_flags(flags).open(path)
    };
    let changes = Changes::between(path_only(&overlay.upper())?, path_only(&overlay.lower())?)?;
    let changes = changes.collect::<Result<Vec<_>, _>>()?;
    assert_eq!(lines(&changes), ["deleted file a 5"]);
    copy::check(&overlay, &changes)?;
    Ok(())
}

/// The directories that it was given may be closed, and the overlay unmounted; another thread may have it.
fn outlives() -> Outcome {
    let overlay = Overlay::new(Redirect::On, |lower| write(lower.join("a"), "bytes"));
    fs::write(overlay.merged().join("b"), "abc")?;
    let changes = overlay.changes();
    drop(overlay);
    let listed = std::thread::spawn(move || changes.collect::<Result<Vec<_>, _>>())
        .join()
        .unwrap()?;
    assert_eq!(lines(&listed), ["created file b 3"]);
    Ok(())
}
