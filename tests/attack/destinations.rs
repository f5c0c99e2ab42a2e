//! A hostile tree wants what is made or mounted in it to land elsewhere.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use furnace_core::{Builder, Error, Phase, Stdio};
use furnace_tests::{Leftovers, Need, Outcome, Root, Scratch, compile_c, test};
use libtest_mimic::Trial;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::attackers::{TRUE, builder, root_with, rounds};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("destination_swap_race", &[Need::Root], destination_swap_race),
        test("special_dirs_as_symlinks", &[Need::Root], special_dirs_as_symlinks),
        test("two_binds_one_symlink", &[Need::Root], two_binds_one_symlink),
    ]
}

/// A place of the host where nothing may ever come to be.
pub(crate) struct Marker(Scratch);

impl Marker {
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new();
        fs::create_dir(scratch.join("directory")).unwrap();
        fs::write(scratch.join("file"), "untouched").unwrap();
        Self(scratch)
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.0.join("directory")
    }

    fn file(&self) -> PathBuf {
        self.0.join("file")
    }

    /// The way to it from the root directory, by `..` alone.
    pub(crate) fn relative(&self) -> PathBuf {
        Path::new("../../../../../../../..").join(self.directory().strip_prefix("/").unwrap())
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let names = |directory: &Path| -> Vec<_> {
            let mut names: Vec<_> = fs::read_dir(directory)
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            names.sort();
            names
        };
        let made = names(&self.directory());
        if !made.is_empty() {
            return Err(format!("made outside: {made:?}"));
        }
        if names(self.0.path()) != ["directory", "file"] || fs::read(self.file()).unwrap() != b"untouched" {
            return Err("a file outside was changed".to_owned());
        }
        Ok(())
    }
}

/// Starts, and runs `true` if that worked. A start that fails has to say at what.
fn start_and_run(builder: &Builder) -> Result<(), Error> {
    let started = builder.start();
    match &started {
        Ok(container) => {
            let mut command = container.command("/bin/true");
            // Where the tree is nonsense it may not run; it must not hang.
            let _ = command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            container.stop()?;
        }
        Err(error) => assert!(matches!(error.phase(), Phase::Start | Phase::Configure), "{error}"),
    }
    started.map(drop)
}

/// A thread exchanges directories that are mounted on with symlinks to the host, all the time.
fn destination_swap_race() -> Outcome {
    let root = root_with(&[]);
    let marker = Marker::new();
    let source = Scratch::new();
    fs::create_dir_all(root.join("a/b")).unwrap();
    let swapped = ["a", "a/b", "dev", "proc", "sys", "run", "etc"];
    for (number, name) in swapped.iter().enumerate() {
        let to = match number % 3 {
            0 => marker.directory(),
            1 => marker.relative(),
            _ => PathBuf::from("/proc/1/root").join(marker.directory().strip_prefix("/").unwrap()),
        };
        symlink(to, root.join(format!("link-{number}"))).unwrap();
        assert!(root.join(name).is_dir());
    }
    let mounts = Leftovers::now();
    let (mut worked, mut failed) = (0, 0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for (number, name) in swapped.iter().enumerate() {
                    let link = root.join(format!("link-{number}"));
                    // The way to `a/b` may just be a link itself.
                    let _ = renameat_with(CWD, &link, CWD, root.join(name), RenameFlags::EXCHANGE);
                }
            }
        });
        let mut builder = builder(&root);
        builder
            .resolv_conf(true)
            .bind(source.path(), "/a/b/c/d")
            .bind("/dev/null", "/a/b/file");
        for _ in 0..rounds(300) {
            match start_and_run(&builder) {
                Ok(()) => worked += 1,
                Err(_) => failed += 1,
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(
        worked + failed > 0 && failed > 0,
        "nothing was ever exchanged: {worked} worked, {failed} failed"
    );
    marker.check()?;
    mounts.compare()?;
    Ok(())
}

/// Puts something else in the place of a directory of a fresh root directory.
fn root_with_instead(program: &Path, name: &str, instead: impl FnOnce(&Path)) -> Root {
    let root = Root::bare();
    root.install(program);
    let place = root.join(name);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    let _ = fs::remove_dir(&place);
    instead(&place);
    root
}

fn special_dirs_as_symlinks() -> Outcome {
    let marker = Marker::new();
    let outside = marker.directory();
    let magic = |way: &str| PathBuf::from(way).join(outside.strip_prefix("/").unwrap());
    let scratch = Scratch::new();
    let program = compile_c(scratch.path(), TRUE.0, TRUE.1);
    let before = Leftovers::now();
    for name in [
        "dev",
        "proc",
        "sys",
        "run",
        "etc",
        "dev/pts",
        "dev/shm",
        "etc/resolv.conf",
    ] {
        let loops = Path::new("/").join(name);
        let links = [
            outside.clone(),
            marker.file(),
            marker.relative(),
            loops,
            "..".into(),
            "../..".into(),
            "/".into(),
            ".".into(),
            "/nowhere/at/all".into(),
            "/bin/true".into(),
            "/proc/self/root".into(),
            "/proc/1/root".into(),
            magic("/proc/self/root"),
            magic("/proc/1/root"),
            "/proc/self/fd/0".into(),
            "/proc/self/cwd".into(),
        ];
        for link in links {
            check(
                &root_with_instead(&program, name, |place| symlink(&link, place).unwrap()),
                &marker,
            )
            .map_err(|error| format!("{name} as a symlink to {}: {error}", link.display()))?;
        }
        check(
            &root_with_instead(&program, name, |place| fs::write(place, "a file").unwrap()),
            &marker,
        )
        .map_err(|error| format!("{name} as a file: {error}"))?;
        let fifo = |place: &Path| {
            rustix::fs::mknodat(CWD, place, rustix::fs::FileType::Fifo, 0o666.into(), 0).unwrap();
        };
        check(&root_with_instead(&program, name, fifo), &marker)
            .map_err(|error| format!("{name} as a FIFO: {error}"))?;
    }
    before.compare()?;
    Ok(())
}

/// Whether it starts or not: nothing outside the root directory changes.
fn check(root: &Root, marker: &Marker) -> Result<(), String> {
    let mut builder = builder(root);
    builder.resolv_conf(true).time_limit(Duration::from_secs(10));
    for ephemeral in [false, true] {
        let before = ephemeral.then(|| listing(root.path()));
        let result = start_and_run(builder.ephemeral(ephemeral));
        let says_nothing = |error: &Error| error.to_string().is_empty() || std::error::Error::source(error).is_none();
        if let Some(error) = result.err().filter(says_nothing) {
            return Err(format!("an error that says nothing: {error:?}"));
        }
        if before.is_some_and(|before| before != listing(root.path())) {
            return Err("the tree below an ephemeral root was changed".to_owned());
        }
        marker.check()?;
    }
    Ok(())
}

/// All names in a tree.
fn listing(directory: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            all.extend(listing(&entry.path()));
        }
        all.push(entry.path());
    }
    all.sort();
    all
}

/// What one bind brings in must not lead the next one out.
fn two_binds_one_symlink() -> Outcome {
    let root = root_with(&[("own", include_str!("programs/own.c"))]);
    let marker = Marker::new();
    let (brings, inner) = (Scratch::new(), Scratch::new());
    fs::write(inner.join("file"), "of the inner bind").unwrap();
    for (number, to) in [
        Path::new("/"),
        &marker.directory(),
        &marker.relative(),
        Path::new("/proc/1/root"),
    ]
    .into_iter()
    .enumerate()
    {
        let link = format!("link-{number}");
        symlink(to, brings.join(&link)).unwrap();
        let mut builder = builder(&root);
        builder
            .bind(brings.path(), "/a")
            .bind(inner.path(), format!("/a/{link}/within"));
        let container = match builder.start() {
            Ok(container) => container,
            Err(error) => {
                assert_eq!(error.phase(), Phase::Start, "{error}");
                assert!(to != Path::new("/"), "{error}");
                marker.check()?;
                continue;
            }
        };
        // The link is followed in the container, where it leads to the container's own root directory.
        assert!(fs::metadata(root.join("within")).is_ok_and(|place| place.is_dir()));
        assert!(!Path::new("/within").exists());
        container.stop()?;
        marker.check()?;
    }
    let left: Vec<_> = fs::read_dir(brings.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 4, "something was made in a source: {left:?}");
    Ok(())
}
