//! Symlinks on the way to where a bind goes, at every depth of it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use crate::attackers::builder;
use crate::outside::Outside;
use crate::verdict::{Looker, Verdict, judge};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("symlink_at_each_component_leads_out", &[Need::Root], leads_out),
        test("symlink_at_each_component_stays_inside", &[Need::Root], stays_inside),
    ]
}

const COMPONENTS: [&str; 4] = ["one", "two", "three", "four"];
const DESTINATION: &str = "/one/two/three/four";

/// What is bound: a directory with a file in it, or a file; and where the file is then seen.
#[derive(Clone, Copy, Debug)]
enum What {
    Directory,
    File,
}

impl What {
    fn source(self, source: &Scratch) -> PathBuf {
        match self {
            Self::Directory => source.path().to_owned(),
            Self::File => source.join("file"),
        }
    }

    fn shown_at(self) -> &'static str {
        match self {
            Self::Directory => "/one/two/three/four/file",
            Self::File => DESTINATION,
        }
    }
}

fn source() -> Scratch {
    let source = Scratch::new();
    fs::write(source.join("file"), "of the source").unwrap();
    source
}

/// All ends of the destination exist in it: whatever is resolved in it finds its target.
fn fitting(what: What) -> Outside {
    Outside::new(|tree| {
        for depth in 0..COMPONENTS.len() {
            let way: PathBuf = COMPONENTS[depth..].iter().collect();
            fs::create_dir_all(tree.join(&way).parent().unwrap()).unwrap();
            match what {
                What::Directory => fs::create_dir_all(tree.join(way)).unwrap(),
                What::File => fs::write(tree.join(way), "untouched").unwrap(),
            }
        }
    })
}

/// Makes the destination up to the component `depth`, which becomes a symlink.
fn with_link(root: &Root, depth: usize, to: &Path) {
    let parent: PathBuf = COMPONENTS[..depth].iter().collect();
    fs::create_dir_all(root.join(&parent)).unwrap();
    symlink(to, root.join(parent).join(COMPONENTS[depth])).unwrap();
}

/// Ways out of a root directory, to a place where the rest of the destination fits.
fn ways_out(outside: &Outside, depth: usize) -> Vec<PathBuf> {
    // What the link stands for is there as well, and at the last component it is the target itself.
    let end = if depth + 1 == COMPONENTS.len() { "four" } else { "" };
    let place = |start: &str| outside.below(start).join(end);
    vec![
        place("/"),
        place("../../../../../../../../../.."),
        place("/../../.."),
        place("/proc/self/root"),
        place("/proc/1/root"),
        place("/proc/thread-self/root"),
        place("/proc/self/cwd/../../../../../../../.."),
        place("proc/1/root"),
        place("../proc/1/root"),
        place("../../proc/1/root"),
        place("../../../proc/1/root"),
        "/proc/self/root".into(),
        "/proc/1/root".into(),
        "/proc/1/cwd".into(),
        "/proc/self/cwd".into(),
        "/proc/self/fd/0".into(),
        "/proc/self/fd/4".into(),
        "/proc/self/exe".into(),
        "/dev/fd/3".into(),
        "/nowhere/at/all".into(),
        "nowhere".into(),
        COMPONENTS[depth].into(),
        Path::new("/").join(COMPONENTS[..=depth].iter().collect::<PathBuf>()),
    ]
}

/// None of it leads anywhere inside: a start says so, and outside nothing happens.
fn leads_out() -> Outcome {
    let (looker, source) = (Looker::new(), source());
    for what in [What::Directory, What::File] {
        let outside = fitting(what);
        for (depth, component) in COMPONENTS.into_iter().enumerate() {
            for to in ways_out(&outside, depth) {
                for ephemeral in [false, true] {
                    let root = looker.root();
                    with_link(&root, depth, &to);
                    let mut builder = builder(&root);
                    builder.bind(what.source(&source), DESTINATION).ephemeral(ephemeral);
                    let told = |why: String| format!("{what:?}, {component} a symlink to {}: {why}", to.display());
                    let verdict = judge(&mut builder, &looker, &[], &[DESTINATION], || outside.check());
                    match verdict.map_err(told)? {
                        Verdict::Explained(_) => outside.check().map_err(told)?,
                        Verdict::Right(_) => return Err(told("it was followed".to_owned()).into()),
                    }
                }
            }
        }
    }
    Ok(())
}

/// What leads somewhere inside is followed there, and a twin of the place outside is such a place.
fn stays_inside() -> Outcome {
    let (looker, source) = (Looker::new(), source());
    for what in [What::Directory, What::File] {
        let outside = fitting(what);
        for depth in 0..COMPONENTS.len() {
            for start in ["/", "../../../../../../../..", "/../.."] {
                let root = looker.root();
                let end = if depth + 1 == COMPONENTS.len() { "four" } else { "" };
                let twin = root.join(outside.path().strip_prefix("/")?);
                fs::create_dir_all(&twin)?;
                match (end, what) {
                    ("", _) => {}
                    (_, What::Directory) => fs::create_dir(twin.join(end))?,
                    (_, What::File) => fs::write(twin.join(end), "of the twin")?,
                }
                with_link(&root, depth, &outside.below(start).join(end));
                let mut builder = builder(&root);
                builder.bind(what.source(&source), DESTINATION);
                let told = |why: String| format!("{what:?}, {} from {start}: {why}", COMPONENTS[depth]);
                let shown = judge(&mut builder, &looker, &[what.shown_at()], &[], || outside.check()).map_err(told)?;
                assert!(
                    matches!(&shown, Verdict::Right(text) if text == "of the source"),
                    "{}: {shown:?}",
                    COMPONENTS[depth]
                );
                outside.check().map_err(told)?;
                let rest: PathBuf = COMPONENTS[depth + 1..].iter().collect();
                assert!(fs::symlink_metadata(twin.join(rest)).is_ok(), "not made in the twin");
            }
        }
    }
    Ok(())
}
