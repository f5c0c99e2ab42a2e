//! Many threads that mount on the host at once.

use std::fs;

use furnace_core::host_mounts::{BindMount, MountGuard, OverlayMount};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;

use super::{mounts_at, with};
use crate::tree;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        test("host_mounts_can_go_to_other_threads", &[], send_and_sync),
        test("host_mounts_from_eight_threads", &[Need::Root], eight_threads),
        test("host_mounts_at_one_place_from_eight_threads", &[Need::Root], one_place),
    ]
}

fn send_and_sync() -> Outcome {
    fn both<T: Send + Sync>() {}
    both::<BindMount>();
    both::<OverlayMount>();
    both::<MountGuard>();
    Ok(())
}

fn in_eight_threads(body: impl Fn(usize) -> Outcome + Sync) -> Outcome {
    std::thread::scope(|scope| {
        let body = &body;
        let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || body(number))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap())
    })
}

fn eight_threads() -> Outcome {
    let lower = with(&["lower"]);
    fs::write(lower.join("lower/file"), "lower")?;
    in_eight_threads(|number| {
        let own = with(&["upper", "work", "a", "b"]);
        for round in 0..20 {
            let overlay = OverlayMount::new(own.join("a"))
                .lower(lower.join("lower"))
                .upper(own.join("upper"), own.join("work"))
                .mount()?;
            let text = format!("{number} {round}");
            fs::write(overlay.path().join("file"), &text)?;
            let bind = BindMount::new(overlay.path(), own.join("b")).read_only(true).mount()?;
            assert_eq!(fs::read_to_string(bind.path().join("file"))?, text);
            bind.unmount()?;
            overlay.unmount()?;
            assert_eq!(fs::read_to_string(own.join("upper/file"))?, text);
        }
        Ok(())
    })?;
    assert_eq!(fs::read_to_string(lower.join("lower/file"))?, "lower");
    Ok(())
}

/// Whose mount lies over whose is chance, and so is who goes first.
fn one_place() -> Outcome {
    let scratch = with(&["source/file", "there/covered"]);
    in_eight_threads(|_| {
        for _ in 0..200 {
            let guard = BindMount::new(scratch.join("source"), scratch.join("there")).mount()?;
            assert_eq!(tree::names(guard.path()), ["file"], "another thread has unmounted it");
        }
        Ok(())
    })?;
    assert!(mounts_at(&scratch.join("there")).is_empty());
    assert_eq!(tree::names(&scratch.join("there")), ["covered"]);
    Ok(())
}
