//! What binds can be told to be, on themselves and on what is mounted below.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use furnace_core::mount::{Bind, IdMap};
use furnace_core::{Container, Propagation};
use furnace_tests::{Memory, Need, Outcome, Root, Scratch, test};
use libtest_mimic::{Failed, Trial};
use rustix::mount::MountFlags;

use crate::inside::{holds, sh};
use crate::mounted::Mounted;
use crate::mounts::mount_at;
use crate::overlays::quiet;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("each_flag_of_a_bind_goes_all_the_way_down", &[Need::Root], each_flag),
        test("flags_of_a_bind_do_what_they_say", &[Need::Root], behaviour),
        test(
            "flags_of_the_source_are_never_lost",
            &[Need::Root, Need::Kernel(6, 3)],
            never_lost,
        ),
        test("flags_of_a_bind_are_not_the_sources", &[Need::Root], not_the_sources),
        test(
            "a_bind_that_is_not_recursive_shows_what_is_beneath",
            &[Need::Root],
            not_recursive,
        ),
        test("the_propagation_of_a_bind_is_its_own", &[Need::Root], propagation),
        test(
            "what_is_mounted_in_a_bind_inside_stays_inside",
            &[Need::Root],
            stays_inside,
        ),
        test("a_read_only_bind_is_never_writable", &[Need::Root], || {
            never_writable(true)
        }),
        test("a_bind_that_is_not_read_only_is_caught_at_it", &[Need::Root], || {
            never_writable(false)
        }),
    ]
}

/// A directory with two file systems mounted below each other.
struct Tree {
    _further: Mounted,
    _below: Mounted,
    scratch: Scratch,
}

impl Tree {
    fn new() -> Self {
        let scratch = Scratch::new();
        fs::create_dir(scratch.join("below")).unwrap();
        fs::write(scratch.join("below/beneath"), "").unwrap();
        let below = Mounted::tmpfs(scratch.join("below"), MountFlags::empty());
        let further = Mounted::tmpfs(scratch.join("below/further"), MountFlags::empty());
        Self {
            _further: further,
            _below: below,
            scratch,
        }
    }

    fn path(&self) -> &Path {
        self.scratch.path()
    }
}

/// The mounts of such a tree, bound to `/b`.
const PLACES: [&str; 3] = ["/b", "/b/below", "/b/below/further"];

fn attributes_at(container: &Container, place: &str) -> Result<String, Failed> {
    let all = mount_at(container, place)?.attributes;
    let kept: Vec<_> = all.into_iter().filter(|attribute| attribute != "relatime").collect();
    Ok(kept.join(","))
}

type SetFlag = fn(Bind) -> Bind;

fn each_flag() -> Outcome {
    let (root, tree) = (Root::small(), Tree::new());
    let flags: [(&str, SetFlag); 6] = [
        ("rw", |bind| bind),
        ("ro", |bind| bind.read_only(true)),
        ("rw,nosuid", |bind| bind.no_suid(true)),
        ("rw,nodev", |bind| bind.no_dev(true)),
        ("rw,noexec", |bind| bind.no_exec(true)),
        ("ro,nosuid,nodev,noexec", |bind| {
            bind.no_exec(true).no_dev(true).no_suid(true).read_only(true)
        }),
    ];
    for (expected, set) in flags {
        let container = quiet(&root).mount(set(Bind::new(tree.path(), "/b"))).start()?;
        for place in PLACES {
            assert_eq!(attributes_at(&container, place)?, expected, "{place}");
        }
    }
    // What was asked for and taken back is not asked for.
    let bind = Bind::new(tree.path(), "/b")
        .read_only(true)
        .read_only(false)
        .no_exec(true)
        .no_exec(false);
    let container = quiet(&root).mount(bind).start()?;
    assert_eq!(attributes_at(&container, "/b/below")?, "rw");
    Ok(())
}

fn behaviour() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    fs::copy(root.join("bin/true"), memory.join("true"))?;
    let mode = rustix::fs::Mode::from_raw_mode(0o666);
    let null = rustix::fs::makedev(1, 3);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        memory.join("null"),
        rustix::fs::FileType::CharacterDevice,
        mode,
        null,
    )?;
    let mut builder = quiet(&root);
    builder
        .mount(Bind::new(memory.path(), "/plain"))
        .mount(Bind::new(memory.path(), "/ro").read_only(true))
        .mount(Bind::new(memory.path(), "/nodev").no_dev(true))
        .mount(Bind::new(memory.path(), "/noexec").no_exec(true));
    let container = builder.start()?;
    for (place, writes, opens, executes) in [
        ("/plain", true, true, true),
        ("/ro", false, true, true),
        ("/nodev", true, false, true),
        ("/noexec", true, true, false),
    ] {
        assert_eq!(holds(&container, &format!("touch {place}/new"))?, writes, "{place}");
        assert_eq!(holds(&container, &format!("echo > {place}/null"))?, opens, "{place}");
        assert_eq!(holds(&container, &format!("{place}/true"))?, executes, "{place}");
    }
    Ok(())
}

fn never_lost() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let all = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    let source = Mounted::tmpfs(scratch.join("source"), all);
    let _below = Mounted::tmpfs(source.join("below"), MountFlags::NOEXEC | MountFlags::RDONLY);
    let sets: [SetFlag; 6] = [
        |bind| bind,
        |bind| bind.read_only(false).no_exec(false).no_dev(false).no_suid(false),
        |bind| bind.propagation(Propagation::Private),
        |bind| bind.propagation(Propagation::Slave),
        |bind| bind.recursive(false),
        |bind| bind.id_map(IdMap::new(0, 0, 1)),
    ];
    for (number, set) in sets.into_iter().enumerate() {
        let container = quiet(&root).mount(set(Bind::new(source.path(), "/b"))).start()?;
        let at = attributes_at(&container, "/b")?;
        assert!(at.starts_with("rw,nosuid,nodev,noexec"), "{number}: {at}");
        if number != 4 {
            let below = attributes_at(&container, "/b/below")?;
            assert!(below.starts_with("ro,noexec"), "{number}: {below}");
        }
    }
    Ok(())
}

fn not_the_sources() -> Outcome {
    let (root, tree) = (Root::small(), Tree::new());
    let before = fs::read_to_string("/proc/self/mountinfo")?;
    let _container = quiet(&root)
        .mount(
            Bind::new(tree.path(), "/b")
                .read_only(true)
                .no_exec(true)
                .propagation(Propagation::Private),
        )
        .start()?;
    assert_eq!(fs::read_to_string("/proc/self/mountinfo")?, before);
    fs::write(tree.path().join("below/further/new"), "")?;
    Ok(())
}

fn not_recursive() -> Outcome {
    let (root, tree) = (Root::small(), Tree::new());
    for read_only in [false, true] {
        let bind = Bind::new(tree.path(), "/b").recursive(false).read_only(read_only);
        let container = quiet(&root).mount(bind).start()?;
        assert_eq!(sh(&container, "ls /b/below")?, "beneath");
        assert!(mount_at(&container, "/b/below").is_err());
        assert_eq!(
            holds(&container, "touch /b/new /b/below/new && rm /b/new /b/below/new")?,
            !read_only
        );
    }
    Ok(())
}

/// Whether what the host mounts in the source of a bind after the start is seen in the bind.
fn is_seen(whole: Propagation, of_the_bind: Option<Propagation>) -> Result<bool, Failed> {
    let (root, scratch) = (Root::small(), Scratch::new());
    fs::create_dir(scratch.join("source"))?;
    let source = Mounted::over_itself(scratch.join("source")).shared();
    let mut bind = Bind::new(source.path(), "/b");
    if let Some(propagation) = of_the_bind {
        bind = bind.propagation(propagation);
    }
    let container = quiet(&root).propagation(whole).mount(bind).start()?;
    let later = Mounted::tmpfs(source.join("later"), MountFlags::empty());
    fs::write(later.join("file"), "")?;
    holds(&container, "test -e /b/later/file")
}

fn propagation() -> Outcome {
    use Propagation::{Private, Slave};
    for (whole, of_the_bind, seen) in [
        (Slave, None, true),
        (Slave, Some(Slave), true),
        (Slave, Some(Private), false),
        (Private, None, false),
        (Private, Some(Private), false),
        (Private, Some(Slave), true),
    ] {
        assert_eq!(is_seen(whole, of_the_bind)?, seen, "{whole:?} {of_the_bind:?}");
    }
    Ok(())
}

fn stays_inside() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    fs::create_dir_all(scratch.join("source/place"))?;
    let source = Mounted::over_itself(scratch.join("source")).shared();
    for propagation in [None, Some(Propagation::Slave), Some(Propagation::Private)] {
        let mut bind = Bind::new(source.path(), "/b");
        if let Some(propagation) = propagation {
            bind = bind.propagation(propagation);
        }
        let container = quiet(&root).mount(bind).start()?;
        let before = fs::read_to_string("/proc/self/mountinfo")?;
        sh(&container, "mount -t tmpfs tmpfs /b/place && echo > /b/place/inside")?;
        assert!(!source.join("place/inside").exists());
        assert_eq!(fs::read_to_string("/proc/self/mountinfo")?, before);
    }
    Ok(())
}

/// The processes that any thread of this one has, and theirs.
fn descendants() -> Vec<String> {
    let children = |of: PathBuf| fs::read_to_string(of.join("children")).unwrap_or_default();
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let mut found: Vec<String> = tasks
        .flat_map(|task| {
            let text = children(task.path());
            text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    for child in found.clone() {
        let text = children(format!("/proc/{child}/task/{child}").into());
        found.extend(text.split_whitespace().map(str::to_owned));
    }
    found
}

/// Tries to write through a bind, by way of every process that there is, while containers start.
fn never_writable(read_only: bool) -> Outcome {
    const STARTS: usize = 300;
    let (root, source) = (Root::bare(), Scratch::new());
    let below = Mounted::tmpfs(source.join("below"), MountFlags::empty());
    // A name that nothing else has: until the root has changed, a path leads to the host's.
    let name = format!("furnace-test-bound-{}", std::process::id());
    let mut builder = quiet(&root);
    builder.mount(Bind::new(source.path(), Path::new("/").join(&name)).read_only(read_only));
    drop(builder.start()?);
    let (done, refused) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for process in descendants() {
                    for place in ["new", "below/new"] {
                        let path = format!("/proc/{process}/root/{name}/{place}");
                        if let Err(error) = fs::File::create(path)
                            && error.kind() == std::io::ErrorKind::ReadOnlyFilesystem
                        {
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            }
        });
        let started = (0..STARTS).try_for_each(|_| builder.start()?.stop());
        done.store(true, Ordering::Relaxed);
        started
    })?;
    let written = source.join("new").exists() || below.join("new").exists();
    assert_eq!(written, !read_only);
    // Otherwise nobody has tried.
    assert!(!read_only || refused.load(Ordering::Relaxed) > 0);
    Ok(())
}
