//! A thousand containers, and nothing of them.

use std::fs;

use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;

use crate::attackers::{builder, root_with, rounds};

pub(crate) fn trials() -> Vec<Trial> {
    vec![test("nothing_left_after_1000", &[Need::Root], nothing_left_after_1000)]
}

/// The harness compares descriptors, children and mounts. Every other start fails, at one of three places.
fn nothing_left_after_1000() -> Outcome {
    let good = root_with(&[]);
    let bad = root_with(&[]);
    fs::remove_dir(bad.join("proc")).unwrap();
    fs::write(bad.join("proc"), "").unwrap();
    let worse = root_with(&[]);
    fs::remove_dir(worse.join("run")).unwrap();
    fs::write(worse.join("run"), "").unwrap();
    let (good, bad, worse) = (builder(&good), builder(&bad), builder(&worse));
    let mut nowhere = good.clone();
    nowhere.bind("/etc/passwd", "/proc/nowhere");
    let rounds = rounds(1000);
    for round in 0..rounds {
        match round % 6 {
            0 => good.start()?.stop()?,
            2 => drop(good.start()?),
            4 => {
                let container = good.start()?;
                let _abandoned = container.command("/bin/true").spawn()?;
                assert!(container.command("/bin/not-there").spawn().is_err());
            }
            1 => assert!(bad.start().is_err(), "PID 1's step"),
            3 => assert!(worse.start().is_err(), "a step after PID 1's"),
            _ => assert!(nowhere.start().is_err(), "the last step"),
        }
    }
    Ok(())
}
