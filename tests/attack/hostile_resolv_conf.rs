//! Trees that want the host's resolv.conf to land elsewhere, or to be read from elsewhere.

use std::fs;
use std::path::{Path, PathBuf};

use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;

use crate::attackers::builder;
use crate::oddities::Odd;
use crate::outside::{Outside, snapshot};
use crate::verdict::{Looker, Verdict, judge};

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::File("/etc/resolv.conf")];
    vec![
        test("hostile_resolv_conf", &needs, hostile_file),
        test("hostile_resolv_conf_in_an_etc_that_leads_out", &needs, etc_leads_out),
        test(
            "hostile_resolv_conf_in_an_etc_that_stays_inside",
            &needs,
            etc_stays_inside,
        ),
    ]
}

const FILE: &str = "/etc/resolv.conf";

/// Starts, and wants the host's name servers inside, or an error; and the tree as it was.
fn try_in(root: &Root, outside: &Outside, looker: &Looker, must_start: bool) -> Result<(), String> {
    for ephemeral in [false, true] {
        let before = snapshot(root.path());
        let mut builder = builder(root);
        builder.resolv_conf(true).ephemeral(ephemeral);
        let verdict = judge(&mut builder, looker, &[FILE], &[FILE], || outside.check())?;
        outside.check()?;
        match verdict {
            Verdict::Right(shown) if shown != fs::read_to_string(FILE).unwrap() => {
                return Err(format!("inside it is {shown:?}"));
            }
            Verdict::Explained(error) if must_start => return Err(error.to_string()),
            _ => {}
        }
        if snapshot(root.path()) != before {
            return Err(format!("the tree was changed, ephemeral {ephemeral}"));
        }
    }
    Ok(())
}

fn hostile_file() -> Outcome {
    let looker = Looker::new();
    let outside = Outside::like_a_root();
    let links = [
        outside.path().join("file"),
        outside.path().join("resolv.conf"),
        outside.path().join("not/there"),
        outside.below("../../../../../../..").join("resolv.conf"),
        outside.below("/proc/self/root").join("resolv.conf"),
        outside.below("/proc/1/root").join("resolv.conf"),
        outside.path().to_owned(),
        FILE.into(),
        "resolv.conf".into(),
        "../etc/resolv.conf".into(),
        "nowhere".into(),
        "/nowhere/at/all".into(),
        ".".into(),
        "/".into(),
        "/right".into(),
        "/dev/null".into(),
        "/dev/ptmx".into(),
        "/proc/self/fd/0".into(),
        "/proc/self/mem".into(),
        "/proc/kmsg".into(),
        "a".repeat(255).into(),
    ];
    for odd in Odd::PLAIN.into_iter().chain(links.map(Odd::Symlink)) {
        // Where there is none one is made, which is told of elsewhere.
        if matches!(odd, Odd::Missing) {
            continue;
        }
        let root = looker.root();
        odd.put_instead(&root.join("etc/resolv.conf"));
        // Nothing but a directory can't be covered by a file.
        let must_start = !matches!(odd, Odd::Directory);
        try_in(&root, &outside, &looker, must_start).map_err(|why| format!("{odd}: {why}"))?;
    }
    Ok(())
}

/// The directory outside has a resolv.conf of its own, over which a mount would fit.
fn etc_leads_out() -> Outcome {
    let looker = Looker::new();
    let outside = Outside::like_a_root();
    let ways: [PathBuf; 7] = [
        outside.path().join("etc"),
        outside.path().to_owned(),
        outside.below("../../../../../../..").join("etc"),
        outside.below("/proc/self/root").join("etc"),
        outside.below("/proc/1/root").join("etc"),
        "/proc/self/root/etc".into(),
        "/etc".into(),
    ];
    for way in ways {
        for odd in [Odd::Missing, Odd::File, Odd::Symlink("/nowhere".into())] {
            let root = looker.root();
            odd.put_instead(&root.join("etc/resolv.conf"));
            fs::rename(root.join("etc"), root.join("old"))?;
            Odd::Symlink(way.clone()).put(&root.join("etc"));
            try_in(&root, &outside, &looker, false).map_err(|why| format!("{}: {why}", way.display()))?;
        }
    }
    Ok(())
}

/// The place outside has a twin inside, with something odd in it.
fn etc_stays_inside() -> Outcome {
    let looker = Looker::new();
    let outside = Outside::like_a_root();
    for way in [outside.path().to_owned(), outside.below("../../../../../../..")] {
        let links = [
            outside.path().join("resolv.conf"),
            "/nowhere".into(),
            "resolv.conf".into(),
        ];
        for odd in Odd::PLAIN.into_iter().chain(links.map(Odd::Symlink)) {
            if matches!(odd, Odd::Missing) {
                continue;
            }
            let root = looker.root();
            let twin = root.join(outside.path().strip_prefix("/")?);
            odd.put_instead(&twin.join(Path::new(FILE).file_name().unwrap()));
            Odd::Symlink(way.clone()).put_instead(&root.join("etc"));
            let must_start = !matches!(odd, Odd::Directory);
            try_in(&root, &outside, &looker, must_start).map_err(|why| format!("{}, {odd}: {why}", way.display()))?;
        }
    }
    Ok(())
}
