//! An overlay that is written to while it is compared.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;
use rustix::fs::{CWD, FileType, RenameFlags, renameat_with};

use crate::operations::{directory, node, write};
use crate::overlay::{Overlay, Redirect};

pub(crate) fn trials() -> Vec<Trial> {
    vec![test("an_overlay_that_is_being_changed", &[Need::Root], being_changed)]
}

const WALKS: usize = 300;

/// What is found may be of any moment; but it is of the tree, and nothing of it is an error.
fn being_changed() -> Outcome {
    let overlay = Overlay::new(Redirect::On, |lower| {
        directory(lower.join("d/e"));
        write(lower.join("d/e/f"), "bytes");
        write(lower.join("file"), "bytes");
    });
    directory(overlay.join("outside"));
    write(overlay.join("outside/secret"), "secret");
    let merged = overlay.merged();
    // Each with what takes its place and goes again.
    symlink(overlay.join("outside"), merged.join("link"))?;
    node(merged.join("fifo"), FileType::Fifo, 0, 0);
    let stop = AtomicBool::new(false);
    let exchanged = AtomicUsize::new(0);
    let listed = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                exchanged.fetch_add(usize::from(exchange(&merged, "d", "link")), Ordering::Relaxed);
                exchange(&merged, "file", "fifo");
                come_and_go(&merged);
            }
        });
        let listed = (0..WALKS).try_for_each(|_| {
            for change in overlay.changes() {
                let path = change?.path;
                assert!(!path.ends_with("secret"), "followed a symlink to {}", path.display());
            }
            Ok::<_, furnace_core::Error>(())
        });
        stop.store(true, Ordering::Relaxed);
        listed
    });
    listed?;
    assert!(exchanged.load(Ordering::Relaxed) > 10, "nothing changed meanwhile");
    Ok(())
}

fn exchange(merged: &Path, one: &str, other: &str) -> bool {
    renameat_with(CWD, merged.join(one), CWD, merged.join(other), RenameFlags::EXCHANGE).is_ok()
}

fn come_and_go(merged: &Path) {
    let deep = merged.join("new/a/b/c");
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("file"), "abc").unwrap();
    fs::rename(merged.join("new/a"), merged.join("new/z")).unwrap();
    fs::remove_dir_all(merged.join("new")).unwrap();
}
