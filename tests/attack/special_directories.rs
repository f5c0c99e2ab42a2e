//! Trees in which the places of a container's own mounts are something else.

use std::path::PathBuf;

use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;

use crate::attackers::builder;
use crate::oddities::Odd;
use crate::outside::{Outside, snapshot};
use crate::verdict::{Looker, Verdict, judge};

pub(crate) fn trials() -> Vec<Trial> {
    let places = [
        ("odd_proc", "proc"),
        ("odd_dev", "dev"),
        ("odd_sys", "sys"),
        ("odd_run", "run"),
        ("odd_etc", "etc"),
        ("odd_dev_pts", "dev/pts"),
    ];
    let trial = |(name, place)| test(name, &[Need::Root], move || odd(place));
    places.into_iter().map(trial).collect()
}

fn links(outside: &Outside, place: &str) -> Vec<PathBuf> {
    let mut links = vec![
        outside.path().to_owned(),
        outside.path().join(place),
        outside.path().join("file"),
        outside.below("../../../../../..").join(place),
        outside.below("/proc/self/root").join(place),
        outside.below("/proc/1/root").join(place),
        outside.below("/proc/thread-self/root"),
    ];
    let others = [
        "/",
        ".",
        "..",
        "../..",
        "/..",
        "tmp",
        "/tmp",
        "../tmp",
        "bin",
        "right",
        "proc",
        "/dev",
        "/run",
        "sys",
        "/etc",
        "/nowhere/at/all",
        "/proc/self/root",
        "/proc/1/root",
        "/proc/self/cwd",
        "/proc/self/fd/0",
        "/proc/self/fd/4",
        "/proc/self/ns/mnt",
    ];
    links.extend(others.map(PathBuf::from));
    // A loop of one.
    links.push(PathBuf::from("/").join(place));
    links
}

fn odd(place: &str) -> Outcome {
    let looker = Looker::new();
    let outside = Outside::like_a_root();
    let mut wrong = Vec::new();
    let links = links(&outside, place).into_iter().map(Odd::Symlink);
    for odd in Odd::PLAIN.into_iter().chain(links) {
        for ephemeral in [false, true] {
            let root = looker.root();
            odd.put_instead(&root.join(place));
            let before = snapshot(root.path());
            let mut builder = builder(&root);
            builder.resolv_conf(true).ephemeral(ephemeral);
            let result = judge(&mut builder, &looker, &[], &[&format!("/{place}")], || outside.check())
                .and_then(|verdict| outside.check().map(|()| verdict))
                .and_then(|verdict| {
                    let failed = matches!(verdict, Verdict::Explained(_));
                    // The start that fails may have made targets, but changes nothing that was there.
                    let after = snapshot(root.path());
                    let changed = before.keys().any(|path| !after.contains_key(path));
                    if changed || (ephemeral && after != before) {
                        return Err(format!("the tree was changed (failed: {failed})"));
                    }
                    Ok(())
                });
            if let Err(why) = result {
                wrong.push(format!("/{place} as {odd}, ephemeral {ephemeral}: {why}"));
            }
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n").into())
    }
}
