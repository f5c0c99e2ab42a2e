//! Containers that are used before they are made.

use std::path::Path;
use std::time::Duration;

use furnace_core::{Builder, Container, ErrorKind, Phase, RuntimeDirectory, mount};
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use crate::inside::{sh, system};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test(
            "a_command_that_does_not_wait_for_its_container",
            &[Need::Root],
            first_command,
        ),
        test("a_container_that_nobody_waits_for", &[Need::Root], unused),
        test("what_failed_ahead_is_told_by_the_first_command", &[Need::Root], failed),
        test(
            "what_failed_ahead_is_told_by_whatever_comes_first",
            &[Need::Root],
            failed_otherwise,
        ),
        test("a_large_first_request", &[Need::Root], large_request),
        test("a_first_command_that_is_not_there", &[Need::Root], not_there),
        test("a_start_ahead_without_time", &[Need::Root], without_time),
        test("many_threads_use_it_first", &[Need::Root], threads),
        test("what_is_handed_over_is_there_ahead_too", &[Need::Root], handed),
    ]
}

/// A root, and a container in it that hands nothing over.
fn ahead() -> (Root, Builder) {
    let root = Root::small();
    let mut builder = Container::builder(&root);
    builder.terminals(false);
    (root, builder)
}

/// One that fails at a step that nobody can foresee.
fn doomed(root: &Root) -> Builder {
    std::fs::write(root.join("file"), "").unwrap();
    let mut builder = Container::builder(root);
    builder.terminals(false).mount(mount::Tmpfs::new("/file/below"));
    builder
}

fn first_command() -> Outcome {
    let (_root, ahead) = ahead();
    let container = ahead.start_ahead()?;
    // Without another process, which some shells make.
    let first = "read name </proc/sys/kernel/hostname; echo $$ $name";
    assert_eq!(sh(&container, first)?, "2 localhost");
    assert_ne!(container.id(), 0);
    assert_eq!(sh(&container, "echo $$")?, "3");
    Ok(container.stop()?)
}

fn unused() -> Outcome {
    let (_root, ahead) = ahead();
    drop(ahead.start_ahead()?);
    let container = ahead.start_ahead()?;
    container.stop()?;
    container.stop()?;
    let container = ahead.start_ahead()?;
    assert!(Path::new(&format!("/proc/{}", container.id())).exists());
    Ok(())
}

fn failed() -> Outcome {
    let root = Root::small();
    let expected = doomed(&root).start().unwrap_err();
    assert_eq!(expected.phase(), Phase::Start);
    let container = doomed(&root).start_ahead()?;
    let error = container.command("true").status().unwrap_err();
    assert_eq!(format!("{error:?}"), format!("{expected:?}"));
    assert!(error.step().is_some());
    // It has been told; what follows is no riddle either.
    let error = container.command("true").status().unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Start, ErrorKind::Ended));
    assert_eq!(container.id(), 0);
    Ok(container.stop()?)
}

fn failed_otherwise() -> Outcome {
    let root = Root::small();
    let mounting = doomed(&root).start_ahead()?;
    let error = mounting.mount(mount::Tmpfs::new("/tmp")).unwrap_err();
    assert_eq!(error.phase(), Phase::Start);
    let scratch = Scratch::new();
    let names = RuntimeDirectory::at(scratch.join("names"));
    let detaching = doomed(&root).start_ahead()?;
    let error = detaching.detach_as(names.reserve("it")?).unwrap_err();
    assert_eq!(error.phase(), Phase::Start);
    assert!(names.list()?.is_empty());
    doomed(&root).start_ahead()?.stop()?;
    drop(doomed(&root).start_ahead()?);
    Ok(())
}

fn large_request() -> Outcome {
    let (_root, ahead) = ahead();
    let container = ahead.start_ahead()?;
    let large = "x".repeat(100 << 10);
    let output = container
        .command("sh")
        .args(["-c", "echo ${#1}", "sh", &large])
        .output()?;
    assert_eq!(output.stdout, b"102400\n");
    Ok(())
}

fn not_there() -> Outcome {
    let (_root, ahead) = ahead();
    let container = ahead.start_ahead()?;
    let error = container.command("/not/there").status().unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Execute, ErrorKind::NotFound));
    assert!(container.command("true").status()?.success());
    Ok(())
}

fn without_time() -> Outcome {
    let (_root, mut ahead) = ahead();
    let container = ahead.time_limit(Duration::ZERO).start_ahead()?;
    let error = container.command("true").status().unwrap_err();
    // Which of the two took too long depends on the machine.
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    Ok(container.stop()?)
}

fn threads() -> Outcome {
    let (_root, ahead) = ahead();
    for _ in 0..20 {
        let container = ahead.start_ahead()?;
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert!(container.command("true").status().unwrap().success()));
            }
        });
    }
    Ok(())
}

fn handed() -> Outcome {
    let container = system().ephemeral(true).start_ahead()?;
    assert!(container.layer_usage()?.is_some());
    container.terminal()?;
    Ok(())
}
