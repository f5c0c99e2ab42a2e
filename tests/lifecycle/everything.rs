//! Containers with everything at once: many of them, with little, and killed at any moment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio as StdStdio;
use std::time::{Duration, Instant};

use furnace_core::mount::{Bind, File, IdMap, Tmpfs};
use furnace_core::{Builder, Container, ErrorKind, Propagation};
use furnace_tests::{Memory, Need, Outcome, Root, Scratch, test};
use libtest_mimic::{Failed, Trial};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::inside::{holds, sh, whole};
use crate::marks::Mark;
use crate::overlays::quiet;
use crate::{parts, tree};

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Kernel(6, 3)];
    vec![
        test("a_container_with_everything", &needs, one),
        test("64_containers_with_everything_at_once", &needs, at_once),
        test("an_owner_is_killed_while_it_starts_everything", &needs, killed),
        test("everything_with_a_limit_of_256_descriptors", &needs, few_descriptors),
        test("1000_binds_of_which_each_is_there", &[Need::Root], many_binds),
    ]
}

/// What containers with everything are made of.
struct Parts {
    root: Root,
    source: Scratch,
    memory: Memory,
}

impl Parts {
    fn new() -> Self {
        let (root, source, memory) = (Root::small(), Scratch::new(), Memory::new());
        fs::write(source.join("file"), "outside").unwrap();
        for lower in ["one", "two"] {
            fs::write(memory.directory(lower).join(lower), lower).unwrap();
        }
        fs::write(memory.directory("mapped").join("file"), "mapped").unwrap();
        Self { root, source, memory }
    }

    fn builder(&self, upper: &str) -> Builder {
        let upper = self.memory.directory("uppers").join(upper);
        fs::create_dir_all(&upper).unwrap();
        builder(self.root.path(), self.source.path(), self.memory.path(), &upper)
    }
}

fn builder(root: &Path, source: &Path, memory: &Path, upper: &Path) -> Builder {
    let mut builder = quiet(root);
    builder
        .lower(memory.join("one"))
        .lower(memory.join("two"))
        .overlay(upper)
        .isolate_network(true)
        .propagation(Propagation::Private)
        .device("/dev/null")
        .mount(Tmpfs::new("/scratch").size(1 << 20).mode(0o1777))
        .mount(Bind::new(source, "/scratch/bound").read_only(true).no_exec(true))
        .mount(
            Bind::new(source, "/bound")
                .no_suid(true)
                .recursive(false)
                .propagation(Propagation::Slave),
        )
        .mount(Bind::new(memory.join("mapped"), "/mapped").id_map(IdMap::new(0, 1000, 1)))
        .mount(File::new("/etc/hosts", "hosts"))
        .mount(File::new("/scratch/secret", vec![0; 100_000]).mode(0o400).owner(1, 1));
    if Path::new("/dev/net/tun").exists() {
        builder.device("/dev/net/tun");
    }
    builder
}

/// That everything is there.
fn check(container: &Container) -> Outcome {
    assert_eq!(
        sh(
            container,
            "cat /one /two /scratch/bound/file /bound/file /mapped/file /etc/hosts; \
             stat -c %u /mapped/file; wc -c < /scratch/secret; echo > /scratch/new; echo > /new"
        )?,
        "onetwooutsideoutsidemappedhosts1000\n100000"
    );
    assert!(!holds(container, "echo > /scratch/bound/new")?);
    Ok(())
}

fn one() -> Outcome {
    let parts = Parts::new();
    let before = [parts.root.path(), parts.source.path()].map(tree::snapshot);
    let builder = parts.builder("upper");
    for read_only in [false, true] {
        let container = builder.clone().read_only(read_only).start()?;
        if read_only {
            assert!(!holds(&container, "echo > /other")? && holds(&container, "echo > /scratch/new")?);
        } else {
            check(&container)?;
        }
    }
    assert_eq!([parts.root.path(), parts.source.path()].map(tree::snapshot), before);
    assert_eq!(tree::names(&parts.memory.join("uppers")), ["upper"]);
    Ok(())
}

fn at_once() -> Outcome {
    let parts = Parts::new();
    let containers: Vec<Container> = std::thread::scope(|scope| {
        let starters: Vec<_> = (0..64)
            .map(|number| {
                let builder = parts.builder(&number.to_string());
                scope.spawn(move || builder.start())
            })
            .collect();
        let started = starters.into_iter().map(|starter| starter.join().unwrap());
        started.collect::<Result<_, _>>()
    })
    .map_err(|error| whole(&error))?;
    for container in containers.iter().step_by(9) {
        check(container)?;
    }
    std::thread::scope(|scope| {
        let stoppers: Vec<_> = containers
            .iter()
            .map(|container| scope.spawn(|| container.stop()))
            .collect();
        stoppers.into_iter().try_for_each(|stopper| stopper.join().unwrap())
    })?;
    assert_eq!(tree::names(&parts.memory.join("uppers")).len(), 64);
    Ok(())
}

/// Starts and stops containers with everything without end.
pub(crate) fn everything() -> Outcome {
    let [root, source, memory, upper] = [1, 2, 3, 4].map(|number| PathBuf::from(parts::argument(number)));
    let builder = builder(&root, &source, &memory, &upper);
    loop {
        match builder.start() {
            Ok(container) => container.stop()?,
            // Of the one that was killed before, whose end may take a moment.
            Err(error) if error.kind() == ErrorKind::ResourceBusy => {}
            Err(error) => return Err(Failed::from(whole(&error))),
        }
    }
}

fn killed() -> Outcome {
    let parts = Parts::new();
    let upper = parts.memory.directory("uppers/upper");
    let before = [parts.root.path(), parts.source.path()].map(tree::snapshot);
    // Any sequence will do, as long as a failure can be had again.
    let mut random: u32 = 54321;
    for _ in 0..100 {
        random = random.wrapping_mul(1_103_515_245).wrapping_add(12345);
        let delay = Duration::from_micros(u64::from(random >> 16) % 30_000);
        let mark = Mark::new();
        let mut owner = mark
            .part("everything")
            .args([parts.root.path(), parts.source.path(), parts.memory.path(), &upper])
            .stdin(StdStdio::null())
            .stdout(StdStdio::null())
            .spawn()?;
        std::thread::sleep(delay);
        assert_eq!(owner.try_wait()?, None);
        owner.kill()?;
        owner.wait()?;
        mark.is_gone()?;
    }
    assert_eq!([parts.root.path(), parts.source.path()].map(tree::snapshot), before);
    // Whatever they have left there is of use.
    let begun = Instant::now();
    let container = parts.builder("upper").start().map_err(|error| whole(&error))?;
    assert!(begun.elapsed() < Duration::from_secs(20));
    check(&container)?;
    container.stop()?;
    assert_eq!(tree::names(&parts.memory.join("uppers")), ["upper"]);
    Ok(())
}

/// Sets the soft limit of descriptors back.
struct Descriptors(Rlimit);

impl Descriptors {
    fn limit(count: u64) -> Self {
        let before = getrlimit(Resource::Nofile);
        let limit = Rlimit {
            current: Some(count),
            ..before
        };
        setrlimit(Resource::Nofile, limit).unwrap();
        Self(before)
    }
}

impl Drop for Descriptors {
    fn drop(&mut self) {
        setrlimit(Resource::Nofile, self.0).unwrap();
    }
}

fn few_descriptors() -> Outcome {
    let parts = Parts::new();
    let mut builder = parts.builder("upper");
    for number in 0..300 {
        builder.mount(Bind::new(parts.source.path(), format!("/many/{number}")));
    }
    let _limit = Descriptors::limit(256);
    let container = builder.start().map_err(|error| whole(&error))?;
    check(&container)?;
    assert_eq!(sh(&container, "ulimit -n; cat /many/299/file")?, "256\noutside");
    Ok(())
}

fn many_binds() -> Outcome {
    let (root, source) = (Root::small(), Memory::new());
    let mut builder = quiet(&root);
    builder.ephemeral(true);
    for number in 0..1000 {
        let file = source.join(number.to_string());
        fs::write(&file, format!("{number}\n"))?;
        let bind = Bind::new(file, format!("/tmp/{number}"));
        builder.mount(bind.read_only(number % 2 == 0).no_exec(true));
    }
    let _limit = Descriptors::limit(256);
    let container = builder.start().map_err(|error| whole(&error))?;
    let expected: String = (0..1000).map(|number| format!("{number}\n")).collect();
    assert_eq!(sh(&container, "cd /tmp; cat * | sort -n")?, expected.trim_end());
    assert!(!holds(&container, "echo > /tmp/998")? && holds(&container, "echo 999 > /tmp/999")?);
    Ok(())
}
