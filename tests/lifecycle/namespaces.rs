//! Which namespaces a container has of its own.

use std::fs;

use furnace_core::Container;
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::{Failed, Trial};

use crate::inside::{sh, system};

const OWN: [&str; 5] = ["pid", "cgroup", "ipc", "uts", "mnt"];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("namespaces_are_its_own", &[Need::Root], namespaces_are_its_own),
        test(
            "namespaces_of_two_containers_differ",
            &[Need::Root],
            two_containers_differ,
        ),
        test("an_isolated_network_is_its_own", &[Need::Root], isolated_network),
        test("the_caller_keeps_its_namespaces", &[Need::Root], caller_keeps_its_own),
        test("hostname_is_localhost", &[Need::Root], hostname_by_default),
        test("hostname_can_be_set", &[Need::Root], hostname_set),
        test("hostname_of_64_bytes", &[Need::Root], hostname_of_64_bytes),
    ]
}

fn inside(container: &Container, kind: &str) -> Result<String, Failed> {
    sh(container, &format!("readlink /proc/self/ns/{kind}"))
}

fn outside(kind: &str) -> Result<String, Failed> {
    Ok(fs::read_link(format!("/proc/self/ns/{kind}"))?
        .to_string_lossy()
        .into_owned())
}

fn namespaces_are_its_own() -> Outcome {
    let container = system().start()?;
    for kind in OWN {
        assert_ne!(inside(&container, kind)?, outside(kind)?);
    }
    for kind in ["net", "user"] {
        assert_eq!(inside(&container, kind)?, outside(kind)?);
    }
    Ok(())
}

fn two_containers_differ() -> Outcome {
    let (one, other) = (system().start()?, system().start()?);
    for kind in OWN {
        assert_ne!(inside(&one, kind)?, inside(&other, kind)?);
    }
    Ok(())
}

fn isolated_network() -> Outcome {
    let container = system().isolate_network(true).start()?;
    assert_ne!(inside(&container, "net")?, outside("net")?);
    Ok(())
}

fn caller_keeps_its_own() -> Outcome {
    let of_caller = || -> Result<Vec<String>, Failed> { OWN.into_iter().chain(["net"]).map(outside).collect() };
    let before = of_caller()?;
    let container = system().isolate_network(true).start()?;
    container.command("true").status()?;
    assert_eq!(of_caller()?, before);
    container.stop()?;
    assert_eq!(of_caller()?, before);
    Ok(())
}

fn hostname(container: &Container) -> Result<String, Failed> {
    sh(container, "cat /proc/sys/kernel/hostname")
}

fn hostname_by_default() -> Outcome {
    assert_eq!(hostname(&system().start()?)?, "localhost");
    Ok(())
}

fn hostname_set() -> Outcome {
    let before = fs::read_to_string("/proc/sys/kernel/hostname")?;
    let container = system().hostname("forge").start()?;
    assert_eq!(hostname(&container)?, "forge");
    assert_eq!(fs::read_to_string("/proc/sys/kernel/hostname")?, before);
    Ok(())
}

fn hostname_of_64_bytes() -> Outcome {
    let name = "h".repeat(64);
    assert_eq!(hostname(&system().hostname(&name).start()?)?, name);
    Ok(())
}
