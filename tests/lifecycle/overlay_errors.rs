//! Overlays that can't be: each is told for what it is, before anything is touched where that can be known.

use std::ffi::CString;
use std::fs;
use std::path::Path;

use furnace_core::{Builder, Error, ErrorKind, Phase};
use furnace_tests::{Memory, Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::inside::{holds, sh, whole};
use crate::mounted::Mounted;
use crate::mounts::mount_at;
use crate::overlays::quiet;
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("an_upper_directory_must_be_one", &[Need::Root], no_directory),
        test(
            "an_upper_and_a_lower_directory_are_apart",
            &[Need::Root],
            within_each_other,
        ),
        test("lower_directories_are_apart", &[Need::Root], lower_within_lower),
        test(
            "lower_directories_must_be_directories",
            &[Need::Root],
            lower_no_directory,
        ),
        test(
            "an_upper_directory_on_an_overlay_is_refused",
            &[Need::Root],
            upper_on_an_overlay,
        ),
        test(
            "an_upper_directory_that_is_read_only_is_refused",
            &[Need::Root],
            upper_read_only,
        ),
        test("an_upper_directory_on_proc_is_refused", &[Need::Root], upper_on_proc),
        test("a_work_directory_that_makes_no_sense_is_refused", &[Need::Root], work),
        test(
            "an_upper_directory_that_is_a_mount_point",
            &[Need::Root],
            upper_is_a_mount_point,
        ),
        test("changes_are_kept_in_one_place", &[Need::Root], both),
        test("sizes_of_a_layer_that_make_no_sense_are_refused", &[Need::Root], sizes),
        test("an_upper_directory_without_room_explains_itself", &[Need::Root], full),
        test(
            "an_upper_directory_without_inodes_explains_itself",
            &[Need::Root],
            no_inodes,
        ),
    ]
}

/// It is refused before anything is touched, with these words.
fn refused(builder: &Builder, kind: ErrorKind, words: &[&str]) -> Error {
    let error = builder.start().expect_err(words[0]);
    let text = whole(&error);
    assert_eq!((error.phase(), error.kind()), (Phase::Configure, kind), "{text}");
    for word in words {
        assert!(text.contains(word), "{word} is not in: {text}");
    }
    error
}

fn no_directory() -> Outcome {
    let (root, memory) = (Root::bare(), Memory::new());
    fs::write(memory.join("file"), "")?;
    let error = refused(
        quiet(&root).overlay(memory.join("none")),
        ErrorKind::NotFound,
        &["none", "upper"],
    );
    assert!(error.remedy().is_some());
    refused(
        quiet(&root).overlay(memory.join("file")),
        ErrorKind::NotADirectory,
        &["file", "upper"],
    );
    refused(
        quiet(&root).overlay(memory.join("file/below")),
        ErrorKind::NotADirectory,
        &["below"],
    );
    refused(quiet(&root).overlay(""), ErrorKind::InvalidInput, &["empty"]);
    refused(quiet(&root).overlay("a\0b"), ErrorKind::InvalidInput, &["NUL"]);
    assert_eq!(tree::names(memory.path()), ["file"]);
    Ok(())
}

fn within_each_other() -> Outcome {
    let memory = Memory::new();
    let outer = memory.directory("outer");
    let inner = memory.directory("outer/a/inner");
    let other = memory.directory("other");
    let before = tree::snapshot(memory.path());
    let kind = ErrorKind::InvalidInput;
    refused(
        quiet(&outer).overlay(&inner),
        kind,
        &["inner", "outer", "lies in another"],
    );
    refused(
        quiet(&inner).overlay(&outer),
        kind,
        &["inner", "outer", "lies in another"],
    );
    refused(quiet(&outer).overlay(&outer), kind, &["outer", "lies in another"]);
    refused(
        quiet(&other).lower(&outer).overlay(&inner),
        kind,
        &["inner", "outer", "lies in another"],
    );
    refused(
        quiet(&other).lower(&inner).overlay(&outer),
        kind,
        &["inner", "outer", "lies in another"],
    );
    // Beside it, with a name that begins like its own.
    let container = quiet(&outer).overlay(memory.directory("outermost")).start()?;
    container.stop()?;
    fs::remove_dir_all(memory.join("outermost"))?;
    let after = tree::snapshot(memory.path());
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    Ok(())
}

fn lower_within_lower() -> Outcome {
    let memory = Memory::new();
    let outer = memory.directory("outer");
    let inner = memory.directory("outer/a/inner");
    let other = memory.directory("other");
    let kind = ErrorKind::InvalidInput;
    for ephemeral in [false, true] {
        let with = |root: &Path, lower: &[&Path]| {
            let mut builder = quiet(root);
            builder.ephemeral(ephemeral);
            for lower in lower {
                builder.lower(lower);
            }
            builder
        };
        refused(&with(&outer, &[&inner]), kind, &["inner", "outer", "lies in another"]);
        refused(&with(&inner, &[&outer]), kind, &["inner", "outer", "lies in another"]);
        refused(&with(&outer, &[&outer]), kind, &["outer"]);
        refused(
            &with(&other, &[&outer, &inner]),
            kind,
            &["inner", "outer", "lies in another"],
        );
        refused(&with(&other, &[&inner, &inner]), kind, &["inner"]);
    }
    Ok(())
}

fn lower_no_directory() -> Outcome {
    let (root, memory) = (Root::bare(), Memory::new());
    fs::write(memory.join("file"), "")?;
    let error = refused(
        quiet(&root).lower(memory.join("none")),
        ErrorKind::NotFound,
        &["none", "lower"],
    );
    assert!(error.remedy().is_some());
    refused(
        quiet(&root).lower(memory.join("file")),
        ErrorKind::NotADirectory,
        &["file", "lower"],
    );
    Ok(())
}

/// An overlay on the host, as the root of many a machine is.
struct Overlay(Scratch);

impl Overlay {
    fn new(lower: &Path, memory: &Memory) -> Self {
        let scratch = Scratch::new();
        let options = format!(
            "lowerdir={},upperdir={},workdir={}",
            lower.display(),
            memory.directory("upper").display(),
            memory.directory("work").display()
        );
        let options = CString::new(options).unwrap();
        mount(
            "overlay",
            scratch.path(),
            "overlay",
            MountFlags::empty(),
            options.as_c_str(),
        )
        .unwrap();
        Self(scratch)
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        let _ = unmount(self.0.path(), UnmountFlags::DETACH);
    }
}

fn upper_on_an_overlay() -> Outcome {
    let (root, other, memory) = (Root::small(), Root::small(), Memory::new());
    let overlay = Overlay::new(root.path(), &memory);
    fs::create_dir(overlay.0.join("upper"))?;
    let error = refused(
        quiet(&other).overlay(overlay.0.join("upper")),
        ErrorKind::Unsupported,
        &["overlay", "upper"],
    );
    assert!(
        error.remedy().is_some_and(|remedy| remedy.contains("tmpfs")),
        "{}",
        whole(&error)
    );
    assert!(!overlay.0.join("upper.work").exists());
    // As the lower directory it will do.
    let container = quiet(overlay.0.path()).ephemeral(true).start()?;
    sh(&container, "echo > /new; rm /etc/passwd")?;
    container.stop()?;
    assert!(overlay.0.join("etc/passwd").exists() && !overlay.0.join("new").exists());
    let kept = Memory::new();
    sh(
        &quiet(overlay.0.path()).overlay(kept.directory("upper")).start()?,
        "echo > /new",
    )?;
    assert!(kept.join("upper/new").exists());
    Ok(())
}

fn upper_read_only() -> Outcome {
    let (root, memory) = (Root::bare(), Memory::new());
    let upper = memory.directory("a/upper");
    let _mounted = Mounted::over_itself(memory.join("a")).read_only();
    refused(quiet(&root).overlay(&upper), ErrorKind::ReadOnlyFilesystem, &["upper"]);
    Ok(())
}

fn upper_on_proc() -> Outcome {
    let root = Root::bare();
    let error = refused(
        quiet(&root).overlay("/proc/self/fdinfo"),
        ErrorKind::Unsupported,
        &["proc", "upper"],
    );
    assert!(error.remedy().is_some());
    Ok(())
}

fn work() -> Outcome {
    let (root, memory, other) = (Root::bare(), Memory::new(), Memory::new());
    let upper = memory.directory("upper");
    let with = |work: &Path| {
        let mut builder = quiet(&root);
        builder.overlay(&upper).overlay_work(work);
        builder
    };
    let kind = ErrorKind::InvalidInput;
    fs::write(memory.join("file"), "")?;
    refused(&with(&memory.join("none")), ErrorKind::NotFound, &["none", "work"]);
    refused(&with(&memory.join("file")), ErrorKind::NotADirectory, &["file", "work"]);
    refused(&with(&other.directory("work")), kind, &["work", "the same mount"]);
    refused(
        &with(&memory.directory("upper/work")),
        kind,
        &["work", "lies in another"],
    );
    refused(&with(&upper), kind, &["upper", "lies in another"]);
    refused(&with(memory.path()), kind, &["lies in another"]);
    refused(quiet(&root).overlay_work(memory.join("file")), kind, &["upper"]);
    // The same file system in another place is another mount, which the kernel does not take.
    let elsewhere = memory.directory("elsewhere");
    let _mounted = Mounted::over_itself(&elsewhere);
    fs::create_dir(elsewhere.join("work"))?;
    refused(&with(&elsewhere.join("work")), kind, &["work", "mount"]);
    Ok(())
}

fn upper_is_a_mount_point() -> Outcome {
    let (root, memory) = (Root::bare(), Memory::new());
    let error = refused(
        quiet(&root).overlay(memory.path()),
        ErrorKind::InvalidInput,
        &["mount point", "work"],
    );
    assert!(error.remedy().is_some());
    let bound = memory.directory("bound");
    let _mounted = Mounted::over_itself(&bound);
    refused(
        quiet(&root).overlay(&bound),
        ErrorKind::InvalidInput,
        &["mount point", "work"],
    );
    assert_eq!(tree::names(memory.path()), ["bound"]);
    Ok(())
}

fn both() -> Outcome {
    let (root, memory) = (Root::bare(), Memory::new());
    let mut builder = quiet(&root);
    builder.overlay(memory.directory("upper")).ephemeral(true);
    refused(&builder, ErrorKind::InvalidInput, &["upper", "ephemeral"]);
    assert!(!memory.join("upper.work").exists());
    drop(builder.ephemeral(false).start()?);
    Ok(())
}

fn sizes() -> Outcome {
    let root = Root::bare();
    for size in [0, u64::MAX, u64::MAX - 4096] {
        refused(
            quiet(&root).ephemeral(true).ephemeral_size(size),
            ErrorKind::InvalidInput,
            &["size"],
        );
    }
    Ok(())
}

fn full() -> Outcome {
    let (root, memory) = (Root::small(), Memory::with("size=64k,mode=755"));
    let upper = memory.directory("upper");
    let mut builder = quiet(&root);
    builder.overlay(&upper);
    let container = builder.start()?;
    assert!(!holds(&container, "dd if=/dev/zero of=/big bs=4096 2>/dev/null")?);
    let usage = container.layer_usage()?.ok_or("it has a layer")?;
    assert!(
        usage.is_full() && usage.available() == 0 && usage.size() == 64 << 10,
        "{usage:?}"
    );
    container.stop()?;
    // It is full now; whatever comes of a start, it says why.
    if let Err(error) = builder.start() {
        assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "{}", whole(&error));
        assert!(error.remedy().is_some());
    }
    assert_eq!(tree::names(memory.path()), ["upper"]);
    let error = builder.bind("/etc", "/not/there").start();
    if let Err(error) = error {
        assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "{}", whole(&error));
    }
    Ok(())
}

/// With so few inodes left, the work directory can't be made, or the kernel can't make what it wants to have in it, and
/// would make a root that can't be written to.
fn no_inodes() -> Outcome {
    let root = Root::small();
    let mut fates = Vec::new();
    for left in 0..6 {
        let memory = Memory::with("nr_inodes=8,mode=755");
        let upper = memory.directory("upper");
        // The root of the file system has one too.
        for number in 0..6 - left {
            fs::write(memory.join(number.to_string()), "")?;
        }
        let started = quiet(&root).overlay(&upper).start();
        fates.push(started.is_ok());
        match started {
            Ok(container) => {
                let options = mount_at(&container, "/")?.options;
                assert!(options.contains(&"rw".to_owned()), "{left}: {options:?}");
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "{left}: {}", whole(&error));
                assert!(error.remedy().is_some(), "{left}: {}", whole(&error));
            }
        }
        assert!(!memory.join("upper.work").exists());
    }
    assert_eq!(fates.first(), Some(&false));
    assert_eq!(fates.last(), Some(&true), "{fates:?}");
    Ok(())
}
