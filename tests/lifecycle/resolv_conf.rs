//! The host's name servers, for a container that has the host's network.

use std::fs;
use std::os::unix::fs::symlink;

use furnace_core::{Builder, Container};
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use crate::inside::{holds, sh};
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::File("/etc/resolv.conf")];
    vec![
        test("resolv_conf_is_the_hosts", &needs, is_the_hosts),
        test("resolv_conf_is_read_only", &needs, is_read_only),
        test("resolv_conf_that_is_missing_is_made", &needs, missing),
        test("resolv_conf_that_is_a_symlink_is_not_replaced", &needs, symlinks),
        test("resolv_conf_in_an_absolute_symlink_for_etc", &needs, etc_is_a_symlink),
        test("resolv_conf_is_never_placed_on_the_host", &needs, etc_leads_out),
        test("resolv_conf_is_the_roots_own_when_isolated", &needs, isolated),
        test("resolv_conf_is_the_roots_own_when_asked", &needs, unwanted),
    ]
}

fn hosts() -> String {
    fs::read_to_string("/etc/resolv.conf")
        .unwrap()
        .trim_end_matches('\n')
        .to_owned()
}

fn root_with_its_own() -> Root {
    let root = Root::small();
    fs::write(root.join("etc/resolv.conf"), "its own\n").unwrap();
    root
}

fn is_the_hosts() -> Outcome {
    let root = root_with_its_own();
    let container = Container::builder(&root).start()?;
    assert_eq!(sh(&container, "cat /etc/resolv.conf")?, hosts());
    container.stop()?;
    assert_eq!(fs::read_to_string(root.join("etc/resolv.conf"))?, "its own\n");
    Ok(())
}

fn is_read_only() -> Outcome {
    let (root, before) = (root_with_its_own(), hosts());
    let container = Container::builder(&root).start()?;
    assert!(!holds(&container, "echo > /etc/resolv.conf")?);
    assert!(!holds(&container, "chmod 600 /etc/resolv.conf")?);
    assert_eq!(hosts(), before);
    Ok(())
}

fn missing() -> Outcome {
    let root = Root::small();
    fs::remove_dir(root.join("etc")).or_else(|_| fs::remove_dir_all(root.join("etc")))?;
    let container = Container::builder(&root).start()?;
    assert_eq!(sh(&container, "cat /etc/resolv.conf")?, hosts());
    container.stop()?;
    assert_eq!(fs::read_to_string(root.join("etc/resolv.conf"))?, "");
    Ok(())
}

/// Dangling, absolute to something outside, relative, and to where systemd-resolved has it.
fn symlinks() -> Outcome {
    let marker = Scratch::new();
    fs::write(marker.join("marker"), "")?;
    let absolute = marker.join("marker");
    let links = [
        "nowhere",
        absolute.to_str().unwrap(),
        "passwd",
        "../run/systemd/resolve/stub-resolv.conf",
    ];
    for link in links {
        for ephemeral in [false, true] {
            let root = Root::small();
            symlink(link, root.join("etc/resolv.conf"))?;
            let before = tree::snapshot(root.path());
            let container = Container::builder(&root).ephemeral(ephemeral).start()?;
            assert_eq!(sh(&container, "cat /etc/resolv.conf")?, hosts(), "{link}");
            assert!(!holds(&container, "echo > /etc/resolv.conf")?, "{link}");
            container.stop()?;
            assert_eq!(tree::snapshot(root.path()), before, "{link}");
        }
    }
    assert_eq!(fs::read_to_string(absolute)?, "");
    Ok(())
}

fn etc_is_a_symlink() -> Outcome {
    let root = Root::small();
    fs::rename(root.join("etc"), root.join("config"))?;
    symlink("/config", root.join("etc"))?;
    let container = Container::builder(&root).start()?;
    assert_eq!(sh(&container, "cat /config/resolv.conf")?, hosts());
    Ok(())
}

fn etc_leads_out() -> Outcome {
    let (root, marker) = (Root::small(), Scratch::new());
    fs::write(marker.join("resolv.conf"), "marker")?;
    let before = tree::snapshot(marker.path());
    fs::remove_dir_all(root.join("etc"))?;
    symlink(marker.path(), root.join("etc"))?;
    // Whether it starts or not: nothing of the host is changed, or mounted on.
    if let Ok(container) = Container::builder(&root).start() {
        container.stop()?;
    }
    assert_eq!(tree::snapshot(marker.path()), before);
    Ok(())
}

fn keeps_its_own(builder: &Builder) -> Outcome {
    assert_eq!(sh(&builder.start()?, "cat /etc/resolv.conf")?, "its own");
    Ok(())
}

fn isolated() -> Outcome {
    let root = root_with_its_own();
    keeps_its_own(Container::builder(&root).isolate_network(true))
}

fn unwanted() -> Outcome {
    let root = root_with_its_own();
    keeps_its_own(Container::builder(&root).resolv_conf(false))
}
