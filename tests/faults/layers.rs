//! Overlays, and every kind of mount.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use furnace_core::mount::{Bind, File, IdMap, Tmpfs};
use furnace_core::{Builder, Container, Dev, Phase, Propagation};
use furnace_tests::{Leftovers, Memory, Need, Outcome, Root, test};
use libtest_mimic::Trial;

use crate::every_step_fails;

pub(crate) fn trials() -> Vec<Trial> {
    let maps_ids = [Need::Root, Need::Kernel(6, 3)];
    vec![
        test(
            "every_step_with_the_hosts_devices_fails_closed",
            &[Need::Root],
            host_dev,
        ),
        test("every_step_of_every_mount_fails_closed", &maps_ids, every_mount),
        test("every_step_of_an_overlay_fails_closed", &[Need::Root], overlay),
        test(
            "a_start_that_fails_leaves_no_work_directory",
            &maps_ids,
            work_directories,
        ),
    ]
}

fn host_dev() -> Outcome {
    let root = Root::bare();
    every_step_fails(Container::builder(&root).read_only(true).dev(Dev::Host))
}

/// A builder with every kind of mount.
fn with_all_mounts(root: &Root, memory: &Memory) -> Builder {
    let mapped = memory.directory("mapped");
    let mut builder = Container::builder(root);
    builder
        .isolate_network(true)
        .read_only(true)
        .propagation(Propagation::Private)
        .device("/dev/null")
        .mount(Tmpfs::new("/t").size(1 << 20).mode(0o1777).owner(1, 2).no_exec(true))
        .mount(
            Bind::new(&mapped, "/t/mapped")
                .id_map(IdMap::new(0, 1000, 1))
                .read_only(true),
        )
        .mount(
            Bind::new(&mapped, "/t/slave")
                .recursive(false)
                .propagation(Propagation::Slave),
        )
        .mount(File::new("/etc/hosts", "hosts"))
        .mount(File::new("/t/secret", "secret").mode(0o400).owner(3, 4));
    if Path::new("/dev/net/tun").exists() {
        builder.device("/dev/net/tun");
    }
    builder
}

/// What is in a directory, but for when it was changed.
fn tree(directory: &Path) -> BTreeMap<PathBuf, (OsString, u32, u64)> {
    let mut found = BTreeMap::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(path) = pending.pop() {
        for entry in fs::read_dir(&path).unwrap() {
            let entry = entry.unwrap();
            let about = entry.metadata().unwrap();
            if about.is_dir() {
                pending.push(entry.path());
            }
            let size = if about.is_dir() { 0 } else { about.size() };
            found.insert(entry.path(), (entry.file_name(), about.mode(), size));
        }
    }
    found
}

fn every_mount() -> Outcome {
    let (root, memory) = (Root::bare(), Memory::new());
    let trees = [root.path().to_owned(), memory.directory("one"), memory.directory("two")];
    let mut builder = with_all_mounts(&root, &memory);
    builder
        .lower(&trees[1])
        .lower(&trees[2])
        .ephemeral(true)
        .ephemeral_size(1 << 20);
    let before = trees.each_ref().map(|path| tree(path));
    every_step_fails(&builder)?;
    assert_eq!(trees.each_ref().map(|path| tree(path)), before);
    assert!(tree(&memory.join("mapped")).is_empty());
    Ok(())
}

fn overlay() -> Outcome {
    let (root, memory) = (Root::bare(), Memory::new());
    let lower = memory.directory("lower");
    fs::write(lower.join("file"), "")?;
    let before = [root.path(), &lower].map(tree);
    let mut builder = Container::builder(&root);
    builder
        .tmpfiles(false)
        .lower(&lower)
        .overlay(memory.directory("upper"))
        .overlay_work(memory.directory("work"));
    every_step_fails(&builder)?;
    assert_eq!([root.path(), &lower].map(tree), before);
    // What they have left in the work directory is no hindrance.
    Ok(builder.start()?.stop()?)
}

/// A failure of each kind after the work directory was made.
fn work_directories() -> Outcome {
    let (root, memory) = (Root::bare(), Memory::new());
    let upper = memory.directory("upper");
    fs::write(root.join("file"), "")?;
    let fail = |spoil: for<'a> fn(&'a mut Builder) -> &'a mut Builder| -> Outcome {
        let before = Leftovers::now();
        let mut builder = with_all_mounts(&root, &memory);
        spoil(builder.overlay(&upper));
        let error = builder.start().unwrap_err();
        assert_eq!(error.phase(), Phase::Start, "{error}");
        assert!(!memory.join("upper.work").exists(), "{error}");
        drop(builder);
        Ok(before.compare()?)
    };
    fail(|builder| builder.bind("/etc", "/file"))?;
    fail(|builder| builder.mount(Tmpfs::new("/file/below")))?;
    fail(|builder| builder.mount(Bind::new("/proc", "/p").id_map(IdMap::new(0, 1, 1))))?;
    fail(|builder| builder.mount(File::new("/etc", "")))?;
    // In PID 1.
    fs::remove_dir(root.join("proc"))?;
    fs::write(root.join("proc"), "")?;
    fail(|builder| builder)?;
    fs::remove_file(root.join("proc"))?;
    with_all_mounts(&root, &memory).overlay(&upper).start()?.stop()?;
    assert!(!memory.join("upper.work").exists());
    Ok(())
}
