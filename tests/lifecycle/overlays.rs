//! A root of several directories, of which the upper one keeps what is changed.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use furnace_core::{Builder, Container, ErrorKind};
use furnace_tests::{Memory, Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use crate::inside::{holds, sh, whole};
use crate::mounts::mounts;
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("an_upper_directory_keeps_changes", &[Need::Root], keeps_changes),
        test("an_upper_directory_can_be_linked_to", &[Need::Root], through_a_symlink),
        test(
            "an_upper_directory_may_be_anywhere_mounted",
            &[Need::Root],
            mounted_within,
        ),
        test("later_lower_directories_lie_over_earlier_ones", &[Need::Root], order),
        test("lower_directories_are_merged", &[Need::Root], merged),
        test("lower_directories_alone_cannot_be_written_to", &[Need::Root], read_only),
        test("lower_directories_below_a_layer_in_memory", &[Need::Root], below_memory),
        test("lower_directories_below_an_upper_one", &[Need::Root], below_an_upper),
        test("overlays_of_strange_names", &[Need::Root], strange_names),
        test("64_directories_are_an_overlay_and_65_too_many", &[Need::Root], most),
        test("directories_of_a_lower_tree_can_be_renamed", &[Need::Root], rename),
        test("an_overlay_takes_mount_targets", &[Need::Root], mount_targets),
        test(
            "an_overlay_is_used_by_many_starts_of_one_builder",
            &[Need::Root],
            one_builder,
        ),
    ]
}

/// A builder with nothing besides what is being tested.
pub(crate) fn quiet(root: impl AsRef<Path>) -> Builder {
    let mut builder = Container::builder(root);
    builder.tmpfiles(false).resolv_conf(false);
    builder
}

fn keeps_changes() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    let before = tree::snapshot(root.path());
    let builder = {
        let mut builder = quiet(&root);
        builder.overlay(&upper);
        builder
    };
    let first = builder.start()?;
    sh(
        &first,
        "echo new > /new; echo more >> /etc/passwd; rm /etc/group; chmod 700 /root; mkdir /d",
    )?;
    first.stop()?;
    assert_eq!(tree::names(memory.path()), ["upper"]);
    assert_eq!(tree::snapshot(root.path()), before);

    let second = builder.start()?;
    assert_eq!(
        sh(
            &second,
            "cat /new /etc/passwd; test -e /etc/group || echo gone; stat -c %a /root; rm -r /d"
        )?,
        "new\nroot:x:0:0:root:/root:/bin/sh\nmore\ngone\n700"
    );
    drop(second);
    assert!(!upper.join("d").exists());
    assert_eq!(fs::read_to_string(upper.join("new"))?, "new\n");
    assert_eq!(tree::names(memory.path()), ["upper"]);
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}

fn through_a_symlink() -> Outcome {
    let (root, memory, scratch) = (Root::small(), Memory::new(), Scratch::new());
    let upper = memory.directory("upper");
    symlink(&upper, scratch.join("link"))?;
    let container = quiet(&root).overlay(scratch.join("link")).start()?;
    sh(&container, "echo > /new")?;
    assert_eq!(tree::names(memory.path()), ["upper", "upper.work"]);
    container.stop()?;
    assert!(upper.join("new").exists());
    assert_eq!(tree::names(scratch.path()), ["link"]);
    Ok(())
}

/// A mount within the root directory is not seen by an overlay of it, so that an upper directory may be there.
fn mounted_within() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    rustix::mount::mount_bind(memory.path(), root.join("tmp"))?;
    let started = quiet(&root).overlay(root.join("tmp/upper")).start();
    let done = started.map_err(|error| whole(&error)).and_then(|container| {
        sh(&container, "echo > /tmp/new").map_err(|failed| failed.message().unwrap_or_default().to_owned())
    });
    rustix::mount::unmount(root.join("tmp"), rustix::mount::UnmountFlags::DETACH)?;
    done?;
    assert!(upper.join("tmp/new").exists());
    Ok(())
}

/// Three directories with a file `name` in each of the given ones.
fn three(memory: &Memory) -> [PathBuf; 2] {
    ["one", "two"].map(|name| memory.directory(name))
}

fn order() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let [one, two] = three(&memory);
    fs::write(root.join("etc/a"), "root")?;
    fs::write(root.join("etc/b"), "root")?;
    fs::write(root.join("etc/c"), "root")?;
    for (lower, names) in [(&one, &["b", "c"][..]), (&two, &["c"][..])] {
        fs::create_dir(lower.join("etc"))?;
        for name in names {
            fs::write(lower.join("etc").join(name), lower.file_name().unwrap().as_bytes())?;
        }
    }
    let container = quiet(&root).lower(&one).lower(&two).start()?;
    assert_eq!(
        sh(&container, "cd /etc; for f in a b c; do cat $f; echo; done")?,
        "root\none\ntwo"
    );
    drop(container);
    let container = quiet(&root).lower(&two).lower(&one).start()?;
    assert_eq!(
        sh(&container, "cd /etc; for f in a b c; do cat $f; echo; done")?,
        "root\none\none"
    );
    Ok(())
}

/// overlayfs: a character device 0:0 hides what is below.
fn whiteout(path: &Path) {
    let mode = rustix::fs::Mode::empty();
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::CharacterDevice, mode, 0).unwrap();
}

fn merged() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let [one, two] = three(&memory);
    fs::create_dir_all(root.join("d/opaque"))?;
    fs::write(root.join("d/root"), "")?;
    fs::write(root.join("d/hidden"), "")?;
    fs::write(root.join("d/opaque/hidden"), "")?;
    fs::create_dir_all(one.join("d/opaque"))?;
    fs::write(one.join("d/one"), "")?;
    whiteout(&one.join("d/hidden"));
    fs::write(one.join("d/opaque/seen"), "")?;
    rustix::fs::setxattr(
        one.join("d/opaque"),
        "trusted.overlay.opaque",
        b"y",
        rustix::fs::XattrFlags::empty(),
    )?;
    fs::create_dir_all(two.join("d"))?;
    fs::write(two.join("d/two"), "")?;
    // The mode of a merged directory is that of the topmost.
    fs::set_permissions(two.join("d"), fs::Permissions::from_mode(0o711))?;
    let container = quiet(&root).lower(&one).lower(&two).start()?;
    assert_eq!(
        sh(&container, "ls -d /d/*; ls /d/opaque; stat -c %a /d")?,
        "/d/one\n/d/opaque\n/d/root\n/d/two\nseen\n711"
    );
    Ok(())
}

fn read_only() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let [one, two] = three(&memory);
    fs::write(one.join("file"), "")?;
    let before = [root.path(), memory.path()].map(tree::snapshot);
    let container = quiet(&root).lower(&one).lower(&two).start()?;
    for attempt in ["touch /new", "rm -f /file", "chmod 600 /file", "mkdir /tmp/d"] {
        assert!(!holds(&container, attempt)?, "{attempt}");
    }
    assert!(holds(&container, "touch /run/new /dev/shm/new")?);
    assert_eq!(container.layer_usage()?, None);
    container.stop()?;
    let after = [root.path(), memory.path()].map(tree::snapshot);
    assert_eq!(after, before);
    Ok(())
}

fn below_memory() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let [one, two] = three(&memory);
    fs::write(one.join("file"), "one")?;
    fs::write(two.join("file"), "two")?;
    let before = [root.path(), memory.path()].map(tree::snapshot);
    let container = quiet(&root).lower(&one).lower(&two).ephemeral(true).start()?;
    assert_eq!(
        sh(&container, "cat /file; rm /file; echo new > /file; cat /file")?,
        "twonew"
    );
    assert_eq!(mounts(&container)?.iter().filter(|mount| mount.at == "/").count(), 1);
    container.stop()?;
    assert_eq!([root.path(), memory.path()].map(tree::snapshot), before);
    Ok(())
}

fn below_an_upper() -> Outcome {
    let (root, memory, kept) = (Root::small(), Memory::new(), Memory::new());
    let [one, two] = three(&memory);
    let upper = kept.directory("upper");
    fs::write(one.join("file"), "one")?;
    fs::write(two.join("other"), "two")?;
    let before = [root.path(), memory.path()].map(tree::snapshot);
    let mut builder = quiet(&root);
    builder.lower(&one).lower(&two).overlay(&upper);
    sh(&builder.start()?, "cat /file /other; rm /file; echo new > /other")?;
    assert_eq!(
        sh(&builder.start()?, "cat /other; test -e /file || echo gone")?,
        "new\ngone"
    );
    assert_eq!([root.path(), memory.path()].map(tree::snapshot), before);
    assert_eq!(tree::names(kept.path()), ["upper"]);
    Ok(())
}

const STRANGE_NAMES: [&[u8]; 10] = [
    b"a space",
    b"a:colon",
    b"a::b\\:c",
    b"a\nnewline",
    b"a\\backslash,comma",
    b"\\",
    b"not UTF-8: \xff\xfe",
    b"-dash",
    b" \t*?'\"$(x)",
    b"upperdir=x,workdir=y",
];

/// Each of them as the root directory, a lower directory, the upper and the work directory.
fn strange_names() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    for name in STRANGE_NAMES.map(OsStr::from_bytes) {
        let lower = memory.directory("lower").join(name);
        let kept = memory.directory("kept");
        let (upper, own) = (kept.join(name), kept.join("own"));
        fs::create_dir(&lower)?;
        fs::create_dir_all(own.join(name))?;
        fs::create_dir(&upper)?;
        fs::write(lower.join("file"), name.as_bytes())?;
        let renamed = Renamed::new(root.path(), name);
        let mut builder = quiet(&renamed.0);
        builder.lower(&lower).overlay(&upper);
        let container = builder.start()?;
        assert_eq!(container.command("cat").arg("/file").output()?.stdout, name.as_bytes());
        sh(&container, "echo kept > /kept")?;
        container.stop()?;
        let container = builder.overlay_work(own.join(name)).start()?;
        assert_eq!(sh(&container, "cat /kept")?, "kept", "{name:?}");
        container.stop()?;
        assert_eq!(fs::read_to_string(upper.join("kept"))?, "kept\n");
        drop(renamed);
        fs::remove_dir_all(&upper)?;
        fs::remove_dir_all(&own)?;
        assert!(tree::names(&kept).is_empty(), "{name:?}");
    }
    Ok(())
}

/// A directory under another name in the same place, as long as this lives.
struct Renamed(PathBuf, PathBuf);

impl Renamed {
    fn new(path: &Path, name: &OsStr) -> Self {
        let renamed = path
            .parent()
            .unwrap()
            .join(format!("furnace-test-{}", std::process::id()));
        fs::create_dir(&renamed).unwrap();
        let renamed = renamed.join(name);
        fs::rename(path, &renamed).unwrap();
        Self(renamed, path.to_owned())
    }
}

impl Drop for Renamed {
    fn drop(&mut self) {
        fs::rename(&self.0, &self.1).unwrap();
        fs::remove_dir(self.0.parent().unwrap()).unwrap();
    }
}

fn most() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    let mut builder = quiet(&root);
    for number in 1..=63 {
        let lower = memory.directory(number.to_string());
        fs::write(lower.join(number.to_string()), "")?;
        fs::write(lower.join("topmost"), number.to_string())?;
        builder.lower(&lower);
    }
    let all = "cat /topmost; echo; cd /; test -e 1 && test -e 32 && ls -d [1-9]* | wc -l";
    assert_eq!(sh(&builder.start()?, all)?, "63\n63");
    assert_eq!(sh(&builder.clone().ephemeral(true).start()?, all)?, "63\n63");
    assert_eq!(sh(&builder.clone().overlay(&upper).start()?, all)?, "63\n63");
    let error = builder.lower(memory.directory("one more")).start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(whole(&error).contains("63"), "{}", whole(&error));
    Ok(())
}

fn rename() -> Outcome {
    let memory = Memory::new();
    let (lower, upper) = (memory.directory("lower"), memory.directory("upper"));
    fs::create_dir_all(lower.join("d/e"))?;
    fs::write(lower.join("d/e/file"), "below")?;
    let over_the_system = || {
        let mut builder = quiet("/");
        builder.lower(&lower);
        builder
    };
    for builder in [over_the_system().overlay(&upper), over_the_system().ephemeral(true)] {
        let container = builder.start()?;
        sh(&container, "mv -T /d /moved")?;
        assert_eq!(
            sh(&container, "cat /moved/e/file; test -e /d || echo gone")?,
            "belowgone"
        );
    }
    assert_eq!(fs::read_to_string(lower.join("d/e/file"))?, "below");
    // It has the name only, not a copy.
    assert!(tree::names(&upper.join("moved")).is_empty());
    let again = over_the_system().overlay(&upper).start()?;
    assert_eq!(sh(&again, "cat /moved/e/file")?, "below");
    Ok(())
}

fn mount_targets() -> Outcome {
    let (root, memory, source) = (Root::small(), Memory::new(), Scratch::new());
    let upper = memory.directory("upper");
    fs::write(source.join("file"), "outside")?;
    let before = tree::snapshot(root.path());
    let mut builder = quiet(&root);
    builder
        .overlay(&upper)
        .bind(source.path(), "/a/b")
        .bind(source.join("file"), "/etc/c");
    assert_eq!(sh(&builder.start()?, "cat /a/b/file /etc/c")?, "outsideoutside");
    assert_eq!(tree::snapshot(root.path()), before);
    assert!(upper.join("a/b").is_dir() && upper.join("etc/c").is_file());
    Ok(())
}

fn one_builder() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let mut builder = quiet(&root);
    builder.overlay(memory.directory("upper"));
    for round in 0..20 {
        let container = builder.start()?;
        assert_eq!(
            sh(&container, "echo >> /rounds; wc -l < /rounds")?,
            (round + 1).to_string()
        );
    }
    Ok(())
}
