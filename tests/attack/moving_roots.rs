//! Root directories that go, and such that others put in their place.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use furnace_core::{Container, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::attackers::rounds;
use crate::outside::Outside;
use crate::verdict::{Looker, Verdict, explains, judge, whole};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("root_that_is_deleted_before_the_start", &[Need::Root], deleted_before),
        test("root_that_is_deleted_between_starts", &[Need::Root], deleted_between),
        test(
            "root_that_is_deleted_while_it_runs",
            &[Need::Root],
            deleted_while_running,
        ),
        test("root_that_is_renamed_while_containers_start", &[Need::Root], renamed),
        test("root_that_is_swapped_while_containers_start", &[Need::Root], swapped),
    ]
}

fn deleted_before() -> Outcome {
    let looker = Looker::new();
    let root = looker.named_root();
    let path = root.path().to_owned();
    let builder = Container::builder(&root);
    drop(root);
    let error = builder.start().unwrap_err();
    assert_eq!(
        (error.phase(), error.kind()),
        (Phase::Configure, ErrorKind::NotFound),
        "{}",
        whole(&error)
    );
    explains(&error, &[path.to_str().unwrap()])?;
    assert!(!path.exists());
    Ok(())
}

fn deleted_between() -> Outcome {
    let looker = Looker::new();
    for ephemeral in [false, true] {
        let root = looker.named_root();
        let path = root.path().to_owned();
        let mut builder = Container::builder(&root);
        builder.ephemeral(ephemeral).tmpfiles(false).start()?.stop()?;
        drop(root);
        let error = builder.start().unwrap_err();
        assert_eq!(
            (error.phase(), error.kind()),
            (Phase::Start, ErrorKind::NotFound),
            "{}",
            whole(&error)
        );
        explains(&error, &[path.to_str().unwrap()])?;
        assert!(!path.exists());
        // A file in its place is no better.
        fs::write(&path, "a file")?;
        let error = builder.start().unwrap_err();
        let told = explains(&error, &[path.to_str().unwrap()]);
        fs::remove_file(&path)?;
        told?;
    }
    Ok(())
}

fn deleted_while_running() -> Outcome {
    let looker = Looker::new();
    for ephemeral in [false, true] {
        let root = looker.named_root();
        let mut builder = Container::builder(&root);
        let container = builder.ephemeral(ephemeral).tmpfiles(false).start()?;
        looker.look(&container, &["/name"])?;
        drop(root);
        // What is left of it may not run any more; nothing hangs, and it stops.
        let _ = container.command("/right").status();
        container.stop()?;
    }
    Ok(())
}

/// How long a race may take, on a machine where the attacker hardly gets to run.
const PATIENCE: Duration = Duration::from_secs(60);

/// It is there under one of two names at any time, and never under both.
fn renamed() -> Outcome {
    let (looker, scratch) = (Looker::new(), Scratch::new());
    let outside = Outside::like_a_root();
    let made = looker.named_root();
    let (one, other) = (scratch.join("one"), scratch.join("other"));
    fs::rename(made.path(), &one)?;
    let (mut worked, mut failed) = (0, 0);
    let done = AtomicBool::new(false);
    let moved: Result<(), String> = std::thread::scope(|scope| {
        scope.spawn(|| {
            // It stays a while under either name, so that no start is always too late.
            for pause in (0..20).map(|step| Duration::from_micros(step * 100)).cycle() {
                fs::rename(&one, &other).unwrap();
                std::thread::sleep(pause);
                fs::rename(&other, &one).unwrap();
                if done.load(Ordering::Relaxed) {
                    break;
                }
                std::thread::sleep(pause);
            }
        });
        let mut start = || {
            let deadline = Instant::now() + PATIENCE;
            while Instant::now() < deadline {
                if worked >= rounds(20) && failed >= 10 {
                    return Ok(());
                }
                let mut builder = Container::builder(&one);
                let named = [one.to_str().unwrap(), other.to_str().unwrap()];
                let verdict = judge(&mut builder, &looker, &["/name"], &named, || Ok(()));
                // It may have gone before it was looked at.
                match verdict? {
                    Verdict::Right(shown) if shown == "the root" => worked += 1,
                    Verdict::Explained(error) if error.kind() == ErrorKind::NotFound => failed += 1,
                    odd => return Err(format!("{odd:?}")),
                }
            }
            Err(format!("{worked} worked, {failed} failed"))
        };
        let result = start();
        done.store(true, Ordering::Relaxed);
        result
    });
    moved?;
    outside.check()?;
    Ok(())
}

/// Two directories change places: a container has the one or the other, and all of it.
fn swapped() -> Outcome {
    let looker = Looker::new();
    let (root, twin) = (looker.named_root(), looker.root());
    fs::write(twin.join("name"), "the twin")?;
    let (mut of_root, mut of_twin) = (0, 0);
    let done = AtomicBool::new(false);
    let moved: Result<(), String> = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                renameat_with(CWD, root.path(), CWD, twin.path(), RenameFlags::EXCHANGE).unwrap();
            }
        });
        let mut start = || {
            let deadline = Instant::now() + PATIENCE;
            while Instant::now() < deadline {
                if of_root >= 10 && of_twin >= 10 && of_root + of_twin >= rounds(60) {
                    return Ok(());
                }
                let mut builder = Container::builder(&root);
                match judge(&mut builder, &looker, &["/name"], &[], || Ok(()))? {
                    Verdict::Right(shown) if shown == "the root" => of_root += 1,
                    Verdict::Right(shown) if shown == "the twin" => of_twin += 1,
                    odd => return Err(format!("{odd:?}")),
                }
            }
            Err(format!("{of_root} of the root, {of_twin} of its twin"))
        };
        let result = start();
        done.store(true, Ordering::Relaxed);
        result
    });
    moved?;
    Ok(())
}
