//! Mounts on the host that make no sense, or can't be.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use furnace_core::host_mounts::{BindMount, OverlayMount};
use furnace_core::{Error, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;
use rustix::mount::MountFlags;

use super::with;
use crate::inside::whole;
use crate::mounted::Mounted;
use crate::{start_errors, tree};

pub(super) fn trials() -> Vec<Trial> {
    vec![
        test("host_bind_errors", &[Need::Root], binds),
        test("host_bind_makes_nothing", &[Need::Root], nothing_made),
        test("host_overlay_errors_of_paths", &[Need::Root], overlay_paths),
        test(
            "host_overlay_errors_of_layers_in_each_other",
            &[Need::Root],
            overlapping,
        ),
        test(
            "host_overlay_errors_of_the_upper_directory",
            &[Need::Root],
            unsuitable_upper,
        ),
        test(
            "host_overlay_errors_of_the_work_directory",
            &[Need::Root],
            unsuitable_work,
        ),
        test("host_overlay_errors_of_numbers", &[Need::Root], numbers),
        test("host_mounts_need_rights", &[Need::Root], not_root),
        test("host_mount_errors_are_harmless_text", &[Need::Root], harmless_text),
    ]
}

/// That it failed like this, with a remedy, and names what is to be looked at.
fn is(error: &Error, kind: ErrorKind, phase: Phase, named: &Path) {
    let text = whole(error);
    assert_eq!((error.kind(), error.phase()), (kind, phase), "{text}");
    assert!(error.to_string().contains(named.to_str().unwrap()), "{text}");
}

fn failure(bind: &BindMount) -> Error {
    bind.mount().map(drop).unwrap_err()
}

fn binds() -> Outcome {
    let scratch = with(&["directory"]);
    let (directory, file, missing) = (scratch.join("directory"), scratch.join("file"), scratch.join("missing"));
    fs::write(&file, "")?;
    symlink("circle", scratch.join("circle"))?;
    let error = failure(&BindMount::new(&missing, &directory));
    is(&error, ErrorKind::NotFound, Phase::Configure, &missing);
    assert!(error.remedy().unwrap().contains("source"));
    let error = failure(&BindMount::new(&directory, &missing));
    is(&error, ErrorKind::NotFound, Phase::Configure, &missing);
    assert!(error.remedy().unwrap().contains("destination"));
    for (source, destination) in [(&directory, &file), (&file, &directory), (&file, &file.join("x"))] {
        let error = failure(&BindMount::new(source, destination));
        is(&error, ErrorKind::NotADirectory, Phase::Configure, destination);
    }
    let error = failure(&BindMount::new(&directory, scratch.join("circle")));
    is(&error, ErrorKind::Other, Phase::Configure, &scratch.join("circle"));
    for (source, destination) in [
        ("", "/mnt"),
        ("/mnt", ""),
        ("/a\0b", "/mnt"),
        ("/mnt", "/a\0b"),
        ("/mnt", "/"),
    ] {
        let error = failure(&BindMount::new(source, destination));
        is(&error, ErrorKind::InvalidInput, Phase::Configure, Path::new(""));
    }
    Ok(())
}

fn nothing_made() -> Outcome {
    let scratch = with(&["source"]);
    let before = tree::snapshot(scratch.path());
    for missing in ["there", "a/b"] {
        failure(&BindMount::new(scratch.join("source"), scratch.join(missing)));
    }
    assert_eq!(tree::snapshot(scratch.path()), before);
    Ok(())
}

/// An overlay at `there` of directories below one, by name.
fn overlay(below: &Scratch, lower: &[&str], upper: &str, work: &str) -> Result<(), Error> {
    let mut overlay = OverlayMount::new(below.join("there"));
    for lower in lower {
        overlay.lower(below.join(lower));
    }
    overlay.upper(below.join(upper), below.join(work)).mount().map(drop)
}

fn overlay_paths() -> Outcome {
    let scratch = with(&["lower", "upper", "work", "there"]);
    fs::write(scratch.join("file"), "")?;
    for [lower, upper, work] in [
        ["missing", "upper", "work"],
        ["lower", "missing", "work"],
        ["lower", "upper", "missing"],
    ] {
        let error = overlay(&scratch, &[lower], upper, work).unwrap_err();
        is(&error, ErrorKind::NotFound, Phase::Configure, &scratch.join("missing"));
        assert!(error.remedy().is_some());
    }
    for [lower, upper, work] in [
        ["file", "upper", "work"],
        ["lower", "file", "work"],
        ["lower", "upper", "file"],
    ] {
        let error = overlay(&scratch, &[lower], upper, work).unwrap_err();
        is(
            &error,
            ErrorKind::NotADirectory,
            Phase::Configure,
            &scratch.join("file"),
        );
    }
    for there in ["missing", "file"] {
        let mut overlay = OverlayMount::new(scratch.join(there));
        overlay
            .lower(scratch.join("lower"))
            .upper(scratch.join("upper"), scratch.join("work"));
        let error = overlay.mount().unwrap_err();
        let kind = if there == "file" {
            ErrorKind::NotADirectory
        } else {
            ErrorKind::NotFound
        };
        is(&error, kind, Phase::Configure, &scratch.join(there));
    }
    for path in ["", "/a\0b"] {
        let error = OverlayMount::new(scratch.join("there"))
            .lower(path)
            .lower("/")
            .mount()
            .unwrap_err();
        is(&error, ErrorKind::InvalidInput, Phase::Configure, Path::new(""));
    }
    Ok(())
}

fn overlapping() -> Outcome {
    let scratch = with(&["lower/in", "upper/in", "work/in", "alias", "there"]);
    symlink("lower", scratch.join("link"))?;
    let before = tree::snapshot(scratch.path());
    let _alias = Mounted::over_itself(scratch.join("alias"));
    for (lower, upper, work) in [
        (&["lower"][..], "lower", "work"),
        (&["lower"], "lower/in", "work"),
        (&["lower"], "link/in", "work"),
        (&["lower"], "upper", "lower/in"),
        (&["lower/in"], "lower", "work"),
        (&["work/in"], "upper", "work"),
        (&["lower"], "upper", "upper"),
        (&["lower"], "upper", "upper/in"),
        (&["lower"], "work/in", "work"),
        (&["lower", "lower"], "upper", "work"),
        (&["lower", "link"], "upper", "work"),
        (&["lower", "lower/in"], "upper", "work"),
        (&["lower/in", "lower"], "upper", "work"),
    ] {
        let error = overlay(&scratch, lower, upper, work).unwrap_err();
        is(&error, ErrorKind::InvalidInput, Phase::Configure, scratch.path());
        let text = whole(&error);
        assert_eq!(text.matches(scratch.path().to_str().unwrap()).count(), 2, "{text}");
        assert!(error.remedy().unwrap().contains("none lies in another"), "{text}");
    }
    assert_eq!(tree::snapshot(scratch.path()), before);
    Ok(())
}

fn unsuitable_upper() -> Outcome {
    let scratch = with(&[
        "lower",
        "one",
        "two",
        "there",
        "below",
        "read_only/upper",
        "read_only/work",
    ]);
    let below = OverlayMount::new(scratch.join("below"))
        .lower(scratch.join("lower"))
        .upper(scratch.join("one"), scratch.join("two"))
        .mount()?;
    for name in ["upper", "work", "other"] {
        fs::create_dir(below.path().join(name))?;
    }
    let error = overlay(&scratch, &["below/other"], "below/upper", "below/work").unwrap_err();
    is(
        &error,
        ErrorKind::Unsupported,
        Phase::Configure,
        &scratch.join("below/upper"),
    );
    assert!(whole(&error).contains("type overlay"));
    assert!(error.remedy().unwrap().contains("ext4"));
    drop(below);

    let _read_only = Mounted::over_itself(scratch.join("read_only")).read_only();
    let error = overlay(&scratch, &["lower"], "read_only/upper", "read_only/work").unwrap_err();
    is(
        &error,
        ErrorKind::ReadOnlyFilesystem,
        Phase::Configure,
        &scratch.join("read_only/upper"),
    );

    // A file system that no overlay can write to.
    let error = OverlayMount::new(scratch.join("there"))
        .lower(scratch.join("lower"))
        .upper("/proc/self", "/proc/sys")
        .mount()
        .unwrap_err();
    assert!(error.remedy().is_some(), "{}", whole(&error));
    Ok(())
}

fn unsuitable_work() -> Outcome {
    let scratch = with(&["lower", "upper", "work", "there", "full/work"]);
    let disk = Mounted::tmpfs(scratch.join("disk"), MountFlags::empty());
    fs::create_dir(disk.join("work"))?;
    let error = overlay(&scratch, &["lower"], "upper", "disk/work").unwrap_err();
    is(&error, ErrorKind::InvalidInput, Phase::Configure, &disk.join("work"));
    assert!(error.remedy().unwrap().contains("beside the upper directory"));

    // Something of somebody's own, of a name that the kernel would take for its own and delete.
    fs::write(scratch.join("full/work/precious"), "")?;
    let error = overlay(&scratch, &["lower"], "upper", "full").unwrap_err();
    is(&error, ErrorKind::InvalidInput, Phase::Configure, &scratch.join("full"));
    assert!(whole(&error).contains("not empty"), "{}", whole(&error));
    fs::write(scratch.join("work/file"), "")?;
    let error = overlay(&scratch, &["lower"], "upper", "work").unwrap_err();
    is(&error, ErrorKind::InvalidInput, Phase::Configure, &scratch.join("work"));
    assert!(scratch.join("full/work/precious").exists() && scratch.join("work/file").exists());
    Ok(())
}

fn numbers() -> Outcome {
    let scratch = with(&["lower", "upper", "work", "there"]);
    let there = scratch.join("there");
    let too_few = |upper: bool, lower: usize| {
        let mut overlay = OverlayMount::new(&there);
        (0..lower).for_each(|_| drop(overlay.lower(scratch.join("lower")).clone()));
        if upper {
            overlay.upper(scratch.join("upper"), scratch.join("work"));
        }
        overlay.mount().unwrap_err()
    };
    for (upper, lower) in [(true, 0), (false, 0), (false, 1), (true, 501)] {
        is(
            &too_few(upper, lower),
            ErrorKind::InvalidInput,
            Phase::Configure,
            &there,
        );
    }
    assert!(whole(&too_few(true, 501)).contains("501"));
    Ok(())
}

fn not_root() -> Outcome {
    start_errors::without_rights("host_nobody")
}

/// Has no rights.
pub(crate) fn nobody() -> Outcome {
    let error = failure(BindMount::new("/proc", "/tmp").read_only(true));
    is(&error, ErrorKind::PermissionDenied, Phase::Mount, Path::new("/tmp"));
    assert!(error.remedy().unwrap().contains("root"), "{}", whole(&error));
    let error = OverlayMount::new("/tmp")
        .lower("/proc")
        .lower("/sys")
        .mount()
        .unwrap_err();
    is(&error, ErrorKind::PermissionDenied, Phase::Mount, Path::new("/tmp"));
    assert!(error.remedy().unwrap().contains("root"), "{}", whole(&error));
    Ok(())
}

fn harmless_text() -> Outcome {
    let scratch = with(&["there"]);
    let hostile = scratch.join(OsStr::from_bytes(b"\x1b]0;x\x07\xff\n"));
    let paths: [(PathBuf, PathBuf); 2] = [
        (hostile.clone(), scratch.join("there")),
        (scratch.join("there"), hostile.clone()),
    ];
    for (source, destination) in paths {
        let text = whole(&failure(&BindMount::new(source, destination)));
        assert!(!text.contains(['\x1b', '\x07', '\n']), "{text:?}");
    }
    let error = OverlayMount::new(scratch.join("there"))
        .lower(&hostile)
        .lower("/")
        .mount()
        .unwrap_err();
    assert!(!whole(&error).contains(['\x1b', '\x07', '\n']), "{}", whole(&error));
    Ok(())
}
