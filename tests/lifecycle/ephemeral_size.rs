//! How much a root whose changes live in memory can take.

use std::fs;

use furnace_core::{Container, ErrorKind};
use furnace_tests::{Memory, Need, Outcome, Root, test};
use libtest_mimic::Trial;

use crate::inside::{holds, sh};
use crate::overlays::quiet;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("an_ephemeral_root_has_a_size", &[Need::Root], size),
        test(
            "an_ephemeral_root_has_a_size_over_lower_directories",
            &[Need::Root],
            over_lower,
        ),
        test(
            "an_ephemeral_root_takes_half_of_the_memory",
            &[Need::Root],
            default_size,
        ),
        test("an_ephemeral_root_of_one_byte_starts", &[Need::Root], one_byte),
        test("the_usage_of_an_upper_directory", &[Need::Root], of_an_upper),
        test("the_usage_of_a_layer_ends_with_its_container", &[Need::Root], ended),
        test("there_is_no_usage_without_a_layer", &[Need::Root], without),
    ]
}

const MIB: u64 = 1 << 20;

/// What can be written before it is full, in bytes; the shell is told "no space" then.
fn fill(container: &Container) -> Result<u64, libtest_mimic::Failed> {
    let said = sh(container, "dd if=/dev/zero of=/big bs=64k 2>&1 && exit 1; wc -c < /big")?;
    assert!(said.contains("No space left on device"), "{said}");
    Ok(said.lines().last().unwrap().parse()?)
}

fn holds_to_its_size(container: &Container) -> Outcome {
    let before = container.layer_usage()?.ok_or("it has a layer")?;
    assert_eq!(before.size(), 4 * MIB);
    assert!(!before.is_full());
    assert!(before.available() > 3 * MIB, "{before:?}");

    let written = fill(container)?;
    assert!((3 * MIB..=4 * MIB).contains(&written), "{written}");
    let full = container.layer_usage()?.ok_or("it has a layer")?;
    assert!(full.is_full() && full.available() == 0, "{full:?}");
    assert_eq!(full.size(), 4 * MIB);
    assert!(!holds(container, "echo more > /etc/group")?);
    // What is not in the layer has room.
    sh(container, "echo > /run/new; echo > /dev/shm/new")?;

    sh(container, "rm /big")?;
    let after = container.layer_usage()?.ok_or("it has a layer")?;
    assert!(!after.is_full() && after.available() > 3 * MIB, "{after:?}");
    Ok(())
}

fn size() -> Outcome {
    let root = Root::small();
    let container = quiet(&root).ephemeral(true).ephemeral_size(4 * MIB).start()?;
    holds_to_its_size(&container)?;
    container.stop()?;
    assert!(!root.join("big").exists());
    Ok(())
}

fn over_lower() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let container = quiet(&root)
        .lower(memory.directory("lower"))
        .ephemeral(true)
        .ephemeral_size(4 * MIB)
        .start()?;
    holds_to_its_size(&container)
}

fn default_size() -> Outcome {
    let root = Root::bare();
    let container = quiet(&root).ephemeral(true).start()?;
    let usage = container.layer_usage()?.ok_or("it has a layer")?;
    let about = fs::read_to_string("/proc/meminfo")?;
    let kib: u64 = about
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .ok_or("no MemTotal")?
        .parse()?;
    // Memory may be added or taken away while a machine runs.
    let half = kib * 1024 / 2;
    assert!(
        (half / 4 * 3..=half / 4 * 5).contains(&usage.size()),
        "{usage:?} of {half}"
    );
    Ok(())
}

fn one_byte() -> Outcome {
    let root = Root::small();
    let container = quiet(&root).ephemeral(true).ephemeral_size(1).start()?;
    assert!(!holds(
        &container,
        "dd if=/dev/zero of=/big bs=64k count=1 2>/dev/null"
    )?);
    assert!(
        container
            .layer_usage()?
            .is_some_and(|usage| usage.size() > 0 && usage.is_full())
    );
    Ok(())
}

fn of_an_upper() -> Outcome {
    let root = Root::small();
    for (options, fill) in [
        ("size=4m,mode=755", "dd if=/dev/zero of=/big bs=64k 2>/dev/null"),
        (
            "nr_inodes=30,mode=755",
            "for i in 1 2 3 4 5 6; do for j in 1 2 3 4 5; do echo > /$i$j; done; done",
        ),
    ] {
        let memory = Memory::with(options);
        let container = quiet(&root).overlay(memory.directory("upper")).start()?;
        assert!(container.layer_usage()?.is_some_and(|usage| !usage.is_full()));
        assert!(!holds(&container, &format!("set -e; {fill}"))?);
        let usage = container.layer_usage()?.ok_or("it has a layer")?;
        assert!(usage.is_full(), "{options}: {usage:?}");
    }
    Ok(())
}

fn ended() -> Outcome {
    let root = Root::bare();
    let container = quiet(&root).ephemeral(true).start()?;
    assert!(container.layer_usage()?.is_some());
    container.stop()?;
    let error = container.layer_usage().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ended);
    assert!(error.to_string().contains("layer"), "{error}");
    Ok(())
}

fn without() -> Outcome {
    let (root, memory) = (Root::bare(), Memory::new());
    assert_eq!(quiet(&root).start()?.layer_usage()?, None);
    assert_eq!(quiet(&root).read_only(true).start()?.layer_usage()?, None);
    let container = quiet(&root).lower(memory.directory("lower")).start()?;
    assert_eq!(container.layer_usage()?, None);
    container.stop()?;
    assert_eq!(container.layer_usage().unwrap_err().kind(), ErrorKind::Ended);
    Ok(())
}
