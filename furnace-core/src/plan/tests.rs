//! Plans, read by their sentences: no privilege is needed.

use furnace_sys::flags::Propagation;
use furnace_sys::plan::Plan;
use furnace_sys::wire::{Step, Target};

use super::{compile, explain};
use crate::bind::Bind;
use crate::config::Config;
use crate::host::Host;

fn config() -> Config {
    Config {
        root: c"/srv/root".into(),
        binds: Vec::new(),
        isolate_network: false,
        hostname: c"localhost".into(),
        ephemeral: false,
        propagation: Propagation::Slave,
        resolv_conf: false,
        host: Host {
            loop_devices: vec![0, 7],
            root_mode: 0o755,
            ..Host::default()
        },
    }
}

fn bind(source: &std::ffi::CStr, destination: &std::ffi::CStr, read_only: bool) -> Bind {
    Bind {
        source: source.into(),
        destination: destination.into(),
        target: Target::Directory,
        read_only,
    }
}

fn sentences(plan: &Plan) -> Vec<String> {
    (0..plan.steps.len())
        .map(|index| explain::explain(plan, index).expect("there is such a step"))
        .collect()
}

fn position(sentences: &[String], wanted: &str) -> usize {
    sentences
        .iter()
        .position(|sentence| sentence == wanted)
        .unwrap_or_else(|| panic!("no step says `{wanted}` in {sentences:#?}"))
}

#[test]
fn the_host_is_out_of_reach_before_the_tree_is_looked_at() {
    let plan = compile(&config());
    let said = sentences(&plan);
    assert_eq!(
        said[..7],
        [
            "make new mount, ipc, uts, cgroup namespaces",
            "keep mounts made inside from being seen outside",
            "take /srv/root and what is mounted below it from the host",
            "put /srv/root over the host's root directory",
            "enter /srv/root",
            "make it the root directory",
            "let go of what lies over the root directory",
        ]
    );
    let looks = plan
        .steps
        .iter()
        .position(|step| matches!(step, Step::OpenTarget { .. }));
    assert!(looks.expect("there are targets") > 6);
}

#[test]
fn default_mounts_come_in_their_order_and_proc_is_made_by_pid_1() {
    let plan = compile(&config());
    let said = sentences(&plan);
    let attached: Vec<_> = said.iter().filter(|sentence| sentence.starts_with("mount ")).collect();
    assert_eq!(
        attached,
        [
            "mount the new proc on /proc",
            "mount the new tmpfs on /dev",
            "mount the new devpts on /dev/pts",
            "mount the new tmpfs on /dev/shm",
            "mount the new mqueue on /dev/mqueue",
            "mount the new sysfs on /sys",
            "mount the new tmpfs on /run",
        ]
    );
    let of_pid1 = plan.pid1.start as usize..plan.pid1.end as usize;
    assert!(of_pid1.contains(&position(&said, "mount the new proc on /proc")));
    assert!(!of_pid1.contains(&position(&said, "mount the new tmpfs on /dev")));
}

#[test]
fn the_hosts_loop_devices_are_there() {
    let said = sentences(&compile(&config()));
    position(&said, "make the block device loop0 (7:0) in the new tmpfs, mode 0660");
    position(&said, "make the block device loop7 (7:7) in the new tmpfs, mode 0660");
}

#[test]
fn sources_are_opened_before_the_pivot_and_attached_after_the_default_mounts() {
    let mut config = config();
    config.binds = vec![bind(c"/a", c"x", false), bind(c"/b", c"run/y", true)];
    let said = sentences(&compile(&config));
    let pivot = position(&said, "make it the root directory");
    assert!(position(&said, "take /b and what is mounted below it from the host") < pivot);
    assert!(position(&said, "make /b read-only") < pivot);
    let run = position(&said, "mount the new tmpfs on /run");
    let first = position(&said, "mount /a on /x");
    let second = position(&said, "mount /b on /run/y");
    assert!(run < first && first < second);
    assert!(!said.contains(&"make /a read-only".to_owned()));
}

#[test]
fn an_ephemeral_root_is_an_overlay_that_owns_its_layer() {
    let mut config = config();
    config.ephemeral = true;
    config.host.root_uid = 5;
    let said = sentences(&compile(&config));
    position(&said, "set lowerdir of the new overlay to /srv/root");
    position(&said, "give the directory upper to 5:0");
    position(&said, "put the new overlay over the host's root directory");
    assert!(!said.iter().any(|sentence| sentence.starts_with("take /srv/root")));
}

#[test]
fn an_isolated_network_has_loopback_up() {
    let mut config = config();
    config.isolate_network = true;
    let said = sentences(&compile(&config));
    assert_eq!(said[0], "make new mount, ipc, uts, cgroup, network namespaces");
    assert_eq!(said.last().map(String::as_str), Some("bring up the loopback interface"));
}

#[test]
fn no_text_of_the_plan_can_command_a_terminal() {
    let mut config = config();
    config.binds = vec![bind(c"/\x1b[2J", c"a\nb", false)];
    for sentence in sentences(&compile(&config)) {
        assert!(!sentence.chars().any(char::is_control), "{sentence:?}");
    }
}

#[test]
fn every_slot_is_filled_before_it_is_used() {
    let mut config = config();
    config.ephemeral = true;
    config.resolv_conf = true;
    config.binds = vec![bind(c"/a", c"x", true)];
    for sentence in sentences(&compile(&config)) {
        assert!(!sentence.contains("something not opened"), "{sentence}");
    }
}

#[test]
fn compiling_is_linear_in_binds() {
    let mut config = config();
    let without = compile(&config).steps.len();
    config.binds = (0..4000).map(|_| bind(c"/a", c"x", true)).collect();
    let plan = compile(&config);
    assert_eq!(plan.steps.len(), without + 4 * 4000);
    assert!(plan.texts.len() < 4096, "texts are stored once");
}
