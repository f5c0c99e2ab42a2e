//! Directories that become symlinks, and directories again, while containers start.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::attackers::{builder, rounds};
use crate::outside::Outside;
use crate::verdict::{Looker, explains};

pub(crate) fn trials() -> Vec<Trial> {
    let places = [
        ("a_component_that_is_swapped", "way/to"),
        ("a_last_component_that_is_swapped", "way/to/there"),
        ("dev_that_is_swapped", "dev"),
        ("proc_that_is_swapped", "proc"),
        ("etc_that_is_swapped", "etc"),
        ("run_that_is_swapped", "run"),
        ("sys_that_is_swapped", "sys"),
    ];
    let trial = |(name, place)| test(name, &[Need::Root], move || swapped(place));
    places.into_iter().map(trial).collect()
}

/// How often each place is exchanged while containers start.
const EXCHANGES: usize = 10_000;
/// How many starts that may take, on a machine where the attacker hardly gets to run.
const STARTS: usize = 5_000;

/// Where the symlink leads: nowhere inside, or to something that is there inside as well.
fn ways(outside: &Outside) -> [PathBuf; 4] {
    [
        outside.path().to_owned(),
        outside.below("../../../../../.."),
        outside.below("/proc/1/root"),
        outside.below("/proc/self/root"),
    ]
}

fn swapped(place: &str) -> Outcome {
    let looker = Looker::new();
    let outside = Outside::like_a_root();
    let source = Outside::new(|tree| fs::write(tree.join("file"), "of the source").unwrap());
    for to in ways(&outside) {
        let root = looker.root();
        fs::create_dir_all(root.join("way/to/there"))?;
        let (here, link) = (root.join(place), root.join("link"));
        symlink(to, &link)?;
        let mut builder = builder(&root);
        builder
            .resolv_conf(true)
            .tmpfiles(false)
            .bind(source.path(), "/way/to/there/new/directory")
            .time_limit(Duration::from_secs(30));

        let exchanges = AtomicUsize::new(0);
        let (starting, done) = (AtomicBool::new(false), AtomicBool::new(false));
        let (mut worked, mut failed, mut starts) = (0, 0, 0);
        let fought: Result<(), String> = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    renameat_with(CWD, &link, CWD, &here, RenameFlags::EXCHANGE).unwrap();
                    if starting.load(Ordering::Relaxed) {
                        exchanges.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
            let mut fight = || {
                while exchanges.load(Ordering::Relaxed) < rounds(EXCHANGES).max(EXCHANGES) / 4
                    || worked == 0
                    || failed == 0
                {
                    starts += 1;
                    if starts > STARTS {
                        return Err(format!("{worked} worked, {failed} failed, {exchanges:?} exchanges"));
                    }
                    starting.store(true, Ordering::Relaxed);
                    let started = builder.start();
                    starting.store(false, Ordering::Relaxed);
                    match started {
                        Ok(container) => {
                            worked += 1;
                            container.stop().map_err(|error| error.to_string())?;
                        }
                        Err(error) => {
                            failed += 1;
                            explains(&error, &["/way/to/there/new/directory", &format!("/{place}")])?;
                        }
                    }
                }
                Ok(())
            };
            let fought = fight();
            done.store(true, Ordering::Relaxed);
            fought
        });
        fought?;
        outside.check()?;
        source.check()?;
    }
    Ok(())
}
