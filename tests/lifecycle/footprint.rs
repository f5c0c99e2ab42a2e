//! What a container costs while it does nothing.

use std::fs;
use std::time::{Duration, Instant};

use furnace_core::{Container, Phase};
use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::{Failed, Trial};

use crate::inside::{fork_server, sh, status_field, system};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("a_container_takes_64_kb_at_most", &[Need::Root], memory),
        test("a_container_is_two_processes_of_one_thread", &[Need::Root], processes),
        test(
            "descriptors_stay_as_many_after_1000_starts",
            &[Need::Root],
            descriptors_of_starts,
        ),
        test(
            "descriptors_stay_as_many_after_1000_failed_starts",
            &[Need::Root],
            descriptors_of_failed_starts,
        ),
        test(
            "descriptors_stay_as_many_after_1000_commands",
            &[Need::Root],
            descriptors_of_commands,
        ),
    ]
}

fn resident_kb(pid: u32) -> Result<u64, Failed> {
    Ok(status_field(pid, "VmRSS")?.trim_end_matches(" kB").parse()?)
}

fn memory() -> Outcome {
    let container = system().start()?;
    let idle = |container: &Container| -> Result<u64, Failed> {
        Ok(resident_kb(container.id())? + resident_kb(fork_server(container)?)?)
    };
    assert!(idle(&container)? <= 64, "{} kB", idle(&container)?);
    // What a command takes is given back, however large it was.
    let large = "x".repeat(100 << 10);
    container.command("true").args(vec![large; 10]).status()?;
    sh(&container, "true")?;
    assert!(idle(&container)? <= 64, "{} kB after commands", idle(&container)?);
    Ok(())
}

fn children(pid: u32) -> Result<Vec<u32>, Failed> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        for child in fs::read_to_string(task?.path().join("children"))?.split_whitespace() {
            found.push(child.parse()?);
        }
    }
    Ok(found)
}

fn processes() -> Outcome {
    let own = std::process::id();
    let (before, threads) = (children(own)?.len(), status_field(own, "Threads")?);
    let containers: Vec<_> = (0..3).map(|_| system().start()).collect::<Result<_, _>>()?;
    assert_eq!(children(own)?.len(), before + 3);
    assert_eq!(status_field(own, "Threads")?, threads);
    for container in &containers {
        sh(container, "true")?;
        let server = fork_server(container)?;
        assert_eq!(children(server)?, [container.id()]);
        assert!(children(container.id())?.is_empty());
        for pid in [server, container.id()] {
            assert_eq!(status_field(pid, "Threads")?, "1");
            assert_eq!(status_field(pid, "Name")?, "furnace-init");
        }
    }
    Ok(())
}

fn open_descriptors() -> Result<usize, Failed> {
    Ok(fs::read_dir("/proc/self/fd")?.count())
}

fn descriptors_of_starts() -> Outcome {
    let builder = system();
    let before = open_descriptors()?;
    let first = builder.start()?;
    let with_one = open_descriptors()?;
    for _ in 0..1000 {
        builder.start()?;
        assert_eq!(open_descriptors()?, with_one);
    }
    let _second = builder.start()?;
    // The first start also keeps the compiled plan.
    assert!(open_descriptors()? - with_one < with_one - before + 1);
    drop(first);
    Ok(())
}

fn descriptors_of_failed_starts() -> Outcome {
    let root = Root::bare();
    fs::write(root.join("file"), "")?;
    let mut builder = Container::builder(&root);
    builder.bind("/etc", "/file");
    let mut counts = Vec::new();
    for _ in 0..1000 {
        assert_eq!(builder.start().unwrap_err().phase(), Phase::Start);
        counts.push(open_descriptors()?);
    }
    counts.dedup();
    assert_eq!(counts.len(), 1, "{counts:?}");
    Ok(())
}

fn descriptors_of_commands() -> Outcome {
    let container = system().start()?;
    let server = format!("/proc/{}/fd", fork_server(&container)?);
    let count = || -> Result<_, Failed> { Ok((open_descriptors()?, fs::read_dir(&server)?.count())) };
    let before = count()?;
    for _ in 0..500 {
        container.command("true").status()?;
        assert!(container.command("/not/there").status().is_err());
    }
    // It answers before it closes what came with the last request, or with the start.
    let deadline = Instant::now() + Duration::from_secs(10);
    let is_more = |now: (usize, usize)| now.0 != before.0 || now.1 > before.1;
    while is_more(count()?) {
        assert!(Instant::now() < deadline, "{:?}, {before:?} before", count()?);
    }
    Ok(())
}
