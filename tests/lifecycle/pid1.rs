//! PID 1, as a process inside sees it: nothing of the host shows in it.

use furnace_core::Container;
use furnace_tests::{Need, Outcome, Root, compile_c, test};
use libtest_mimic::Trial;

use crate::inside::{holds, sh, system};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("pid1_has_a_name_and_nothing_else", &[Need::Root], name),
        test("pid1_has_no_descriptor_of_the_host", &[Need::Root], descriptors),
        test("pid1_is_in_the_root", &[Need::Root], in_the_root),
        test("the_fork_server_is_not_seen_inside", &[Need::Root], fork_server),
        test("pid1_survives_what_root_inside_can_send", &[Need::Root], signals),
        test("pid1_needs_nothing_of_the_root", &[Need::Root], needs_nothing),
    ]
}

fn name() -> Outcome {
    let container = system().start()?;
    assert_eq!(sh(&container, "cat /proc/1/comm")?, "furnace-init");
    assert_eq!(sh(&container, "tr '\\0' ' ' < /proc/1/cmdline")?, "furnace-init ");
    assert_eq!(sh(&container, "wc -c < /proc/1/environ")?, "0");
    assert!(sh(&container, "ps -ef")?.contains("furnace-init"));
    Ok(())
}

fn descriptors() -> Outcome {
    let container = system().start()?;
    // One socket, whose other end the fork server holds.
    assert_eq!(sh(&container, "ls /proc/1/fd")?, "0");
    assert!(sh(&container, "readlink /proc/1/fd/0")?.starts_with("socket:["));
    Ok(())
}

fn in_the_root() -> Outcome {
    let container = system().start()?;
    assert_eq!(sh(&container, "readlink /proc/1/root; readlink /proc/1/cwd")?, "/\n/");
    assert_eq!(
        sh(&container, "stat -c %d:%i /proc/1/cwd/")?,
        sh(&container, "stat -c %d:%i /")?
    );
    assert_eq!(
        sh(
            &container,
            "for n in mnt pid uts ipc cgroup net; do readlink /proc/1/ns/$n; done"
        )?,
        sh(
            &container,
            "for n in mnt pid uts ipc cgroup net; do readlink /proc/self/ns/$n; done"
        )?
    );
    Ok(())
}

fn fork_server() -> Outcome {
    let container = system().start()?;
    let seen = sh(
        &container,
        "cd /proc; for p in [0-9]*; do cat $p/comm; done 2>/dev/null | sort -u",
    )?;
    assert_eq!(seen.lines().filter(|name| *name == "furnace-init").count(), 1);
    assert_eq!(sh(&container, "ps -e -o comm= | grep -c furnace-init")?, "1");
    assert_eq!(sh(&container, "ps -o ppid= -p 1 | tr -d ' '")?, "0");
    Ok(())
}

fn signals() -> Outcome {
    let container = system().start()?;
    sh(&container, "for s in 1 2 3 6 9 11 15 17 19 20; do kill -$s 1; done")?;
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert!(holds(&container, "test -d /proc/1")?);
    Ok(())
}

fn needs_nothing() -> Outcome {
    let root = Root::bare();
    let _program = compile_c(root.path(), "seven", "int main(void) { return 7; }");
    let container = Container::builder(&root).start()?;
    assert_eq!(container.command("/seven").status()?.code(), Some(7));
    Ok(())
}
