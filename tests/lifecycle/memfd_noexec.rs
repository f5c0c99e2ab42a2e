//! Systems where a memfd can't be executed. The switch belongs to a pid namespace, so a container can be such a system.

use std::fs;

use furnace_sys::program::{Program, Way};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;

use crate::inside::{sh, system};
use crate::parts;

const SWITCH: &str = "/proc/sys/vm/memfd_noexec";

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::File(SWITCH)];
    vec![
        test("containers_in_a_container", &needs, || in_a_container("0")),
        test("containers_where_memfds_are_not_executable_by_default", &needs, || {
            in_a_container("1")
        }),
        test("containers_where_memfds_may_not_be_executable", &needs, || {
            in_a_container("2")
        }),
    ]
}

fn in_a_container(switch: &str) -> Outcome {
    let container = system().bind_ro(std::env::current_exe()?, "/run/test").start()?;
    let output = parts::command_inside(&container, "/run/test", "noexec")
        .arg(switch)
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, b"alive\n");
    Ok(())
}

/// Sets the switch for itself, then uses containers of its own.
pub(crate) fn noexec() -> Outcome {
    let switch = parts::argument(1);
    fs::write(SWITCH, &switch)?;
    let expected = if switch == "2" { Way::DetachedTmpfs } else { Way::Memfd };
    assert_eq!(Program::new()?.way(), expected);
    let builder = system();
    for _ in 0..2 {
        let container = builder.start()?;
        assert_eq!(sh(&container, "cat /proc/1/comm")?, "furnace-init");
        // Larger than what fits into one message.
        let large = "x".repeat(100 << 10);
        assert!(container.command("true").arg(large).status()?.success());
        container.stop()?;
    }
    parts::say(&sh(&builder.start()?, "echo alive")?)
}
