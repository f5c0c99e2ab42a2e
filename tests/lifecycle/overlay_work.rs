//! The work directory of an overlay, and that one container at a time uses an upper directory.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{chown, symlink};
use std::path::Path;
use std::process::Stdio as StdStdio;
use std::time::{Duration, Instant};

use furnace_core::{ErrorKind, Phase};
use furnace_tests::{Memory, Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use crate::inside::{sh, whole};
use crate::marks::Mark;
use crate::overlays::quiet;
use crate::{parts, tree};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test(
            "a_work_directory_goes_with_its_container",
            &[Need::Root],
            comes_and_goes,
        ),
        test("a_work_directory_of_the_users_stays", &[Need::Root], of_the_users),
        test(
            "a_work_directory_goes_with_a_start_that_fails",
            &[Need::Root],
            failed_start,
        ),
        test(
            "a_work_directory_of_one_that_was_killed_is_used_again",
            &[Need::Root],
            killed,
        ),
        test("a_work_directory_is_no_other_directory", &[Need::Root], something_else),
        test("a_work_directory_is_looked_at_by_each_start", &[Need::Root], swapped),
        test("a_work_directory_is_used_by_one_container", &[Need::Root], work_in_use),
        test("an_upper_directory_is_used_by_one_container", &[Need::Root], in_use),
        test(
            "an_upper_directory_is_used_by_one_process",
            &[Need::Root],
            in_use_elsewhere,
        ),
        test(
            "of_16_starts_with_one_upper_directory_one_wins",
            &[Need::Root],
            many_at_once,
        ),
    ]
}

fn comes_and_goes() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    let mut builder = quiet(&root);
    builder.overlay(&upper);
    let container = builder.start()?;
    assert_eq!(tree::names(memory.path()), ["upper", "upper.work"]);
    // Something that is open while it is being stopped.
    container
        .command("sh")
        .args(["-c", "exec 3>/open; rm /open; sleep 1000"])
        .spawn()?;
    container.stop()?;
    assert_eq!(tree::names(memory.path()), ["upper"]);
    drop(builder.start()?);
    assert_eq!(tree::names(memory.path()), ["upper"]);
    Ok(())
}

fn of_the_users() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let (upper, work) = (memory.directory("upper"), memory.directory("somewhere/work"));
    let mut builder = quiet(&root);
    builder.overlay(&upper).overlay_work(&work);
    for _ in 0..2 {
        sh(&builder.start()?, "echo > /new; rm /new")?;
        assert!(work.is_dir());
        assert_eq!(tree::names(memory.path()), ["somewhere", "upper"]);
    }
    Ok(())
}

fn failed_start() -> Outcome {
    let (root, memory, source) = (Root::small(), Memory::new(), Scratch::new());
    let upper = memory.directory("upper");
    fs::write(source.join("file"), "")?;
    // Fails late, when the overlay has long been made: a directory can't be mounted on a file.
    let error = quiet(&root)
        .overlay(&upper)
        .bind(source.path(), "/etc/passwd")
        .start()
        .unwrap_err();
    assert_eq!(error.phase(), Phase::Start, "{}", whole(&error));
    assert_eq!(tree::names(memory.path()), ["upper"]);
    drop(quiet(&root).overlay(&upper).start()?);
    Ok(())
}

/// Starts a container with an upper directory, says so, and stays.
pub(crate) fn keeper() -> Outcome {
    let container = quiet(parts::argument(1)).overlay(parts::argument(2)).start();
    match container {
        Ok(container) => {
            sh(&container, "echo > /of-the-keeper; rm /of-the-keeper; mkdir -m 0 /d")?;
            parts::say("started")?;
            parts::wait_for_the_test()?;
            Ok(container.stop()?)
        }
        Err(error) => parts::say(&whole(&error)),
    }
}

/// Starts a keeper, and waits until it has a container.
fn keep(mark: &Mark, root: &Path, upper: &Path) -> (std::process::Child, String) {
    let mut keeper = mark
        .part("keeper")
        .arg(root)
        .arg(upper)
        .stdin(StdStdio::piped())
        .stdout(StdStdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(keeper.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (keeper, line.trim_end().to_owned())
}

fn killed() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    let mark = Mark::new();
    let (mut keeper, said) = keep(&mark, root.path(), &upper);
    assert_eq!(said, "started");
    keeper.kill()?;
    keeper.wait()?;
    mark.is_gone()?;
    assert_eq!(tree::names(memory.path()), ["upper", "upper.work"]);
    let container = quiet(&root).overlay(&upper).start()?;
    sh(&container, "test -d /d")?;
    container.stop()?;
    assert_eq!(tree::names(memory.path()), ["upper"]);
    Ok(())
}

/// A start with an upper directory beside which there is `there` is refused, and touches nothing.
fn refused(root: &Root, memory: &Memory, there: &str) -> Outcome {
    let before = tree::snapshot(memory.path());
    let error = quiet(root).overlay(memory.join("upper")).start().unwrap_err();
    assert_eq!(error.phase(), Phase::Configure, "{there}: {}", whole(&error));
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{there}: {}", whole(&error));
    assert!(whole(&error).contains("upper"), "{there}: {}", whole(&error));
    assert!(error.remedy().is_some(), "{there}");
    assert_eq!(tree::snapshot(memory.path()), before, "{there}");
    Ok(())
}

fn something_else() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let (upper, elsewhere) = (memory.directory("upper"), memory.directory("elsewhere"));
    let work = memory.join("upper.work");
    fs::write(&work, "")?;
    refused(&root, &memory, "a file")?;
    fs::remove_file(&work)?;
    symlink(&elsewhere, &work)?;
    refused(&root, &memory, "a symlink")?;
    fs::remove_file(&work)?;
    symlink("nowhere", &work)?;
    refused(&root, &memory, "a symlink to nowhere")?;
    fs::remove_file(&work)?;
    fs::create_dir(&work)?;
    fs::write(work.join("mine"), "")?;
    refused(&root, &memory, "a directory with something in it")?;
    fs::remove_file(work.join("mine"))?;
    chown(&work, Some(1000), Some(0))?;
    refused(&root, &memory, "a directory of somebody else's")?;
    chown(&work, Some(0), Some(0))?;
    {
        let _mounted = crate::mounted::Mounted::tmpfs(&work, rustix::mount::MountFlags::empty());
        refused(&root, &memory, "a mount point")?;
    }
    drop(quiet(&root).overlay(&upper).start()?);
    assert!(!work.exists());
    Ok(())
}

/// A plan may be old when it is walked again.
fn swapped() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let elsewhere = memory.directory("elsewhere");
    for precious in ["work", "index"] {
        fs::create_dir(elsewhere.join(precious))?;
        fs::write(elsewhere.join(precious).join("file"), "precious")?;
    }
    let mut builder = quiet(&root);
    builder.overlay(memory.directory("upper"));
    drop(builder.start()?);
    let before = tree::snapshot(&elsewhere);
    let work = memory.join("upper.work");

    symlink(&elsewhere, &work)?;
    let error = builder.start().unwrap_err();
    assert!(whole(&error).contains("upper"), "{}", whole(&error));
    assert_eq!(tree::snapshot(&elsewhere), before);
    fs::remove_file(&work)?;

    fs::rename(&elsewhere, &work)?;
    fs::write(work.join("mine"), "")?;
    let error = builder.start().unwrap_err();
    assert!(whole(&error).contains("upper"), "{}", whole(&error));
    assert_eq!(fs::read_to_string(work.join("work/file"))?, "precious");
    fs::remove_dir_all(&work)?;

    drop(builder.start()?);
    assert_eq!(tree::names(memory.path()), ["upper"]);
    Ok(())
}

fn work_in_use() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let work = memory.directory("work");
    let first = quiet(&root)
        .overlay(memory.directory("a"))
        .overlay_work(&work)
        .start()?;
    let mut second = quiet(&root);
    second.overlay(memory.directory("b")).overlay_work(&work);
    let error = second.start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceBusy, "{}", whole(&error));
    assert!(error.to_string().contains("work"), "{error}");
    sh(&first, "echo > /still-there")?;
    first.stop()?;
    second.start()?.stop()?;
    Ok(())
}

fn in_use() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    let other = memory.directory("other work");
    let mut builder = quiet(&root);
    builder.overlay(&upper);
    let container = builder.start()?;
    symlink(&upper, memory.join("alias"))?;
    for mut other in [
        quiet(&root).overlay(&upper).clone(),
        quiet(&root).overlay(memory.join("alias")).clone(),
        quiet(&root).overlay(&upper).overlay_work(&other).clone(),
    ] {
        let error = other.start().unwrap_err();
        assert_eq!((error.kind(), error.phase()), (ErrorKind::ResourceBusy, Phase::Start));
        assert!(whole(&error).contains("another container"), "{}", whole(&error));
        let _ = other.hostname("again").start().unwrap_err();
    }
    // Those that failed have taken nothing away.
    assert!(memory.join("upper.work").is_dir());
    sh(&container, "echo > /still; rm /still; mkdir /d && rm -r /d")?;
    container.stop()?;
    drop(builder.start()?);
    Ok(())
}

fn in_use_elsewhere() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    let mark = Mark::new();
    let (mut keeper, said) = keep(&mark, root.path(), &upper);
    assert_eq!(said, "started");
    let error = quiet(&root).overlay(&upper).start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceBusy, "{}", whole(&error));
    let (mut second, said) = keep(&mark, root.path(), &upper);
    assert!(said.contains("another container"), "{said}");
    second.wait()?;
    keeper.kill()?;
    keeper.wait()?;
    // It is free when the container has gone, which may take a moment.
    let begun = Instant::now();
    let container = loop {
        match quiet(&root).overlay(&upper).start() {
            Err(error) if error.kind() == ErrorKind::ResourceBusy && begun.elapsed() < Duration::from_secs(10) => {
                std::thread::sleep(Duration::from_millis(1));
            }
            other => break other?,
        }
    };
    sh(&container, "test -d /d")?;
    Ok(())
}

fn many_at_once() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    for _ in 0..5 {
        let started: Vec<_> = std::thread::scope(|scope| {
            let starters: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| quiet(&root).overlay(&upper).start()))
                .collect();
            starters.into_iter().map(|starter| starter.join().unwrap()).collect()
        });
        assert_eq!(started.iter().filter(|started| started.is_ok()).count(), 1);
        for error in started.iter().filter_map(|started| started.as_ref().err()) {
            assert_eq!(error.kind(), ErrorKind::ResourceBusy, "{}", whole(error));
        }
        drop(started);
        assert_eq!(tree::names(memory.path()), ["upper"]);
    }
    Ok(())
}
