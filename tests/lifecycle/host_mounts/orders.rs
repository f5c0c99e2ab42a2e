//! Guards that go in any order.

use std::fs;

use furnace_core::host_mounts::{BindMount, MountGuard, OverlayMount};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;

use super::{mounts_at, with};
use crate::tree;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        test("host_mounts_in_each_other_go_in_any_order", &[Need::Root], nested),
        test("host_mounts_over_each_other_go_in_any_order", &[Need::Root], stacked),
        test(
            "host_mounts_of_each_other_go_in_any_order",
            &[Need::Root],
            of_each_other,
        ),
    ]
}

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// Drops guards in every order.
fn in_every_order(mount: impl Fn() -> furnace_core::Result<[MountGuard; 3]>) -> Outcome {
    for order in ORDERS {
        let mut guards = mount()?.map(Some);
        let paths = guards.each_ref().map(|guard| guard.as_ref().unwrap().path().to_owned());
        for index in order {
            drop(guards[index].take());
        }
        for path in paths {
            assert!(mounts_at(&path).is_empty(), "{order:?}: {path:?}");
        }
    }
    Ok(())
}

fn nested() -> Outcome {
    let scratch = with(&["source/a/b", "there"]);
    let bind = |there: &str| BindMount::new(scratch.join("source"), scratch.join(there)).mount();
    in_every_order(|| Ok([bind("there")?, bind("there/a")?, bind("there/a/a/b")?]))
}

fn stacked() -> Outcome {
    let scratch = with(&["source/1", "source/2", "source/3", "there/covered"]);
    let bind = |number: u32| BindMount::new(scratch.join(format!("source/{number}")), scratch.join("there")).mount();
    in_every_order(|| Ok([bind(1)?, bind(2)?, bind(3)?]))?;
    assert_eq!(tree::names(&scratch.join("there")), ["covered"]);
    Ok(())
}

fn of_each_other() -> Outcome {
    let scratch = with(&["lower", "upper", "work", "a", "b", "c"]);
    fs::write(scratch.join("lower/file"), "")?;
    in_every_order(|| {
        let overlay = OverlayMount::new(scratch.join("a"))
            .lower(scratch.join("lower"))
            .upper(scratch.join("upper"), scratch.join("work"))
            .mount()?;
        let bind = BindMount::new(overlay.path(), scratch.join("b")).mount()?;
        let last = BindMount::new(bind.path(), scratch.join("c")).read_only(true).mount()?;
        assert_eq!(tree::names(last.path()), ["file"]);
        Ok([overlay, bind, last])
    })
}
