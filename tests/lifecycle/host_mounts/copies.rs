//! A forked copy of the process that has mounted something.

use std::path::PathBuf;

use furnace_core::ErrorKind;
use furnace_core::host_mounts::{BindMount, OverlayMount};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use super::{mounts_at, with};
use crate::callers::fork;
use crate::parts;

pub(super) fn trials() -> Vec<Trial> {
    vec![test(
        "host_mounts_are_left_alone_by_forked_copies",
        &[Need::Root],
        left_alone,
    )]
}

fn left_alone() -> Outcome {
    let scratch = with(&["lower", "upper", "work", "a", "b"]);
    let output = parts::command("host_mounter").arg(scratch.path()).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Has a copy that drops what it has, and one that lives on.
pub(crate) fn mounter() -> Outcome {
    let scratch = PathBuf::from(parts::argument(1));
    let bind = BindMount::new(scratch.join("lower"), scratch.join("b")).mount()?;
    let mut overlay = OverlayMount::new(scratch.join("a"));
    overlay
        .lower(scratch.join("lower"))
        .upper(scratch.join("upper"), scratch.join("work"));
    let guard = overlay.mount()?;

    let dropper = fork();
    if dropper == 0 {
        let refused = bind
            .unmount()
            .is_err_and(|error| error.kind() == ErrorKind::InvalidInput);
        drop(guard);
        std::process::exit(if refused { 0 } else { 1 });
    }
    let (_, status) = waitpid(Pid::from_raw(dropper), WaitOptions::empty())?.ok_or("nothing has ended")?;
    assert_eq!(status.exit_status(), Some(0));
    assert_eq!(mounts_at(&scratch.join("a")).len(), 1);
    assert_eq!(mounts_at(&scratch.join("b")).len(), 1);
    let error = overlay.mount().unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::ResourceBusy,
        "the copy has unlocked the upper directory"
    );

    // One that has the descriptors still keeps nothing mounted, and nothing locked.
    let holder = fork();
    if holder == 0 {
        std::thread::sleep(std::time::Duration::from_secs(1000));
        std::process::exit(0);
    }
    guard.unmount()?;
    bind.unmount()?;
    let again = overlay.mount();
    let left = mounts_at(&scratch.join("b")).len();
    let holder = Pid::from_raw(holder).ok_or("no copy")?;
    kill_process(holder, Signal::KILL)?;
    waitpid(Some(holder), WaitOptions::empty())?;
    again?.unmount()?;
    assert_eq!(left, 0);
    Ok(())
}
