//! Plans, read by their sentences: no privilege is needed.

use std::ffi::CStr;

use furnace_sys::flags::{MountAttributes, Propagation};
use furnace_sys::plan::Plan;
use furnace_sys::wire::{Slot, Step, Target};

use super::{Subject, compile, explain, subject};
use crate::config::Config;
use crate::device::Dev;
use crate::host::Host;
use crate::mount::{self, CheckedBind, CheckedMount, Mount, Sources};
use crate::root::{Base, Layer, Root};

fn config() -> Config {
    Config {
        root: Root {
            base: Base::Directory(c"/srv/root".into()),
            over: Vec::new(),
            layer: None,
            read_only: false,
            base_is_read_only: false,
            forbidden: MountAttributes::empty(),
        },
        mounts: Vec::new(),
        dev: Dev::Minimal,
        devices: Vec::new(),
        isolate_network: false,
        own_session: false,
        terminals: true,
        hostname: c"localhost".into(),
        propagation: Propagation::Slave,
        host: Host {
            loop_devices: vec![0, 7],
            ..Host::default()
        },
    }
}

fn bind(source: &CStr, destination: &CStr, read_only: bool) -> CheckedMount {
    let mut attributes = MountAttributes::empty();
    attributes.set(MountAttributes::READ_ONLY, read_only);
    CheckedMount::Bind(CheckedBind {
        source: source.into(),
        destination: destination.into(),
        target: Target::Directory,
        attributes,
        recursive: true,
        propagation: None,
        id_map: None,
    })
}

fn file(destination: &str, content: &str) -> CheckedMount {
    Mount::from(mount::File::new(destination, content))
        .check(&mut Sources::default())
        .expect("it makes sense")
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
        said[plan.maker_end as usize..][..6],
        [
            "make new mount, ipc, uts, cgroup namespaces",
            "keep mounts made inside from being seen outside",
            "take /srv/root and what is mounted below it from the host",
            "put /srv/root over the host's root directory",
            "enter /srv/root",
            "make it the root directory",
        ]
    );
    let out_of_reach = position(&said, "let go of what lies over the root directory");
    let looks = |step: &Step| matches!(step, Step::OpenTarget { .. } | Step::AttachIn { .. });
    let looked = plan.steps.iter().position(looks);
    assert!(looked.expect("there are targets") > out_of_reach);
    // PID 1 may be at its own before the host's tree is let go of, or after.
    assert_eq!(plan.pid1.end as usize, out_of_reach);
    let of_pid1 = &plan.steps[plan.pid1.start as usize..plan.pid1.end as usize];
    let about_a_file_system = |step: &Step| {
        matches!(
            step,
            Step::OpenFs { .. } | Step::SetOption { .. } | Step::CreateFs { .. } | Step::MakeMount { .. }
        )
    };
    assert!(of_pid1.iter().all(about_a_file_system));
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
    assert!(of_pid1.contains(&position(&said, "make a mount of the new proc")));
    assert!(position(&said, "mount the new proc on /proc") >= plan.pid1_awaited as usize);
    let handed_on: Vec<_> = plan.pid1_made.clone().map(Slot).collect();
    let made = plan.steps[of_pid1].iter().filter_map(|step| match step {
        Step::MakeMount { out, .. } => Some(*out),
        _ => None,
    });
    assert_eq!(made.collect::<Vec<_>>(), handed_on);
}

#[test]
fn a_maker_needs_no_namespace_of_the_container_and_looks_at_no_tree() {
    let plan = compile(&config());
    let said = sentences(&plan);
    let of_maker = ..plan.maker_end as usize;
    let of_new_file_systems = |step: &Step| {
        matches!(
            step,
            Step::OpenFs { .. }
                | Step::SetOption { .. }
                | Step::SetFlag { .. }
                | Step::CreateFs { .. }
                | Step::MakeMount { .. }
                | Step::MakeDirectory { .. }
                | Step::MakeCharacterDevice { .. }
                | Step::MakeBlockDevice { .. }
                | Step::MakeSymlink { .. }
        )
    };
    assert!(plan.steps[of_maker].iter().all(of_new_file_systems));
    let set_up: Vec<_> = said[of_maker]
        .iter()
        .filter_map(|sentence| sentence.strip_prefix("set up a new file system of type "))
        .collect();
    assert_eq!(set_up, ["tmpfs", "devpts", "tmpfs", "tmpfs"]);
    assert_eq!(plan.maker_made.len(), set_up.len());
}

#[test]
fn mounts_are_made_in_the_order_of_their_places() {
    let plan = compile(&config());
    let said = sentences(&plan);
    let anew = position(&said, "make the mount of the new tmpfs anew, for it is its turn");
    assert!(anew > position(&said, "mount the new proc on /proc"));
    assert_eq!(said[anew + 1], "mount the new tmpfs on /dev");
    // Those that are not made by the maker are made after that.
    let made = |step: &Step| matches!(step, Step::MakeMount { .. });
    let early = plan.steps[..plan.maker_end as usize].iter().filter(|step| made(step));
    assert_eq!(early.count(), 1);
}

#[test]
fn no_mount_is_made_before_pid_1_has_made_its_own() {
    let plan = compile(&config());
    let said = sentences(&plan);
    let meanwhile = plan.pid1.end as usize..plan.pid1_awaited as usize;
    assert!(meanwhile.contains(&position(&said, "set up a new file system of type sysfs")));
    let mounts = |step: &Step| {
        matches!(
            step,
            Step::MakeMount { .. }
                | Step::MakeMountAnew { .. }
                | Step::Attach { .. }
                | Step::AttachIn { .. }
                | Step::CloneMade { .. }
        )
    };
    assert!(!plan.steps[meanwhile].iter().any(mounts));
}

#[test]
fn the_numbers_of_steps_do_not_depend_on_terminals() {
    let mut config = config();
    let with = sentences(&compile(&config));
    config.terminals = false;
    let without = sentences(&compile(&config));
    assert_eq!(with[..without.len()], without);
    assert_eq!(with.len(), without.len() + 1);
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
    config.mounts = vec![bind(c"/a", c"x", false), bind(c"/b", c"run/y", true)];
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
    config.root.layer = Some(Layer::Memory { size: None });
    let said = sentences(&compile(&config));
    position(&said, "set lowerdir of the new overlay to /srv/root");
    position(
        &said,
        "make the directory upper in the new tmpfs, with mode and owner of /srv/root",
    );
    position(&said, "put the new overlay over the host's root directory");
    // Without what is mounted below it, for the caller to compare with.
    position(&said, "take /srv/root from the host");
}

#[test]
fn an_isolated_network_has_loopback_up() {
    let mut config = config();
    config.isolate_network = true;
    let plan = compile(&config);
    let said = sentences(&plan);
    // It takes long, so a maker makes it. All that shows it comes after it has been entered, and PID 1 too.
    assert_eq!(
        said[..plan.maker_end as usize],
        [
            "make new network namespaces",
            "bring up the loopback interface",
            "open /proc/self/ns/net",
        ]
    );
    let entered = position(&said, "enter the namespace /proc/self/ns/net");
    assert_eq!(entered, plan.maker_awaited as usize);
    assert!(entered < plan.pid1.start as usize);
    assert!(entered < position(&said, "set up a new file system of type sysfs"));
    // Meanwhile the fork server makes what is a maker's elsewhere.
    assert!(position(&said, "make the mount of the new tmpfs anew, for it is its turn") > entered);
    assert!(
        position(
            &said,
            "make the character device null (1:3) in the new tmpfs, mode 0666"
        ) < entered
    );
}

#[test]
fn no_text_of_the_plan_can_command_a_terminal() {
    let mut config = config();
    config.mounts = vec![bind(c"/\x1b[2J", c"a\nb", false)];
    for sentence in sentences(&compile(&config)) {
        assert!(!sentence.chars().any(char::is_control), "{sentence:?}");
    }
}

#[test]
fn every_slot_is_filled_before_it_is_used() {
    let mut config = config();
    config.root.layer = Some(Layer::Memory { size: Some(4096) });
    config.root.over.push(c"/srv/base".into());
    config.host.resolv_conf = true;
    config.mounts = vec![bind(c"/a", c"x", true), file("/etc/hosts", "x")];
    for sentence in sentences(&compile(&config)) {
        assert!(!sentence.contains("something not opened"), "{sentence}");
    }
}

#[test]
fn compiling_is_linear_in_binds() {
    let mut config = config();
    let without = compile(&config).steps.len();
    config.mounts = (0..4000).map(|_| bind(c"/a", c"x", true)).collect();
    let plan = compile(&config);
    assert_eq!(plan.steps.len(), without + 3 * 4000);
    assert!(
        plan.texts.len() < 4096 + 4000 * c"/a".count_bytes() * 4,
        "{}",
        plan.texts.len()
    );
}

#[test]
fn a_read_only_root_is_closed_when_its_targets_are_made() {
    let mut config = config();
    config.root.read_only = true;
    config.mounts = vec![bind(c"/a", c"x", false)];
    let said = sentences(&compile(&config));
    let first = position(&said, "make /srv/root read-only");
    let opened = position(&said, "make /srv/root not read-only");
    let closed = said.iter().rposition(|sentence| sentence == "make /srv/root read-only");
    let attached = position(&said, "mount /a on /x");
    assert!(first < opened && opened < attached && Some(attached) < closed);
    config.root.base_is_read_only = true;
    let said = sentences(&compile(&config));
    assert!(
        !said.iter().any(|sentence| sentence.contains("not read-only")),
        "{said:#?}"
    );
}

#[test]
fn files_from_memory_are_in_no_place_that_anybody_sees() {
    let mut config = config();
    config.mounts = vec![file("/etc/hosts", "127.0.0.1 localhost")];
    let said = sentences(&compile(&config));
    let taken = position(&said, "make a mount of 0 in the new tmpfs");
    assert_eq!(said[taken - 1], "put the new tmpfs over the host's root directory");
    assert_eq!(said[taken + 1], "make a file from memory read-only");
    assert_eq!(said[taken + 2], "let go of what lies over the root directory");
    position(&said, "mount a file from memory on /etc/hosts");
}

#[test]
fn what_is_handed_to_the_caller_is_filled_once() {
    let mut config = config();
    for lower in 0..3 {
        let plan = compile(&config);
        let is_filled_once = |slot: u32| {
            let opens = |step: &Step| explain::opens(*step).is_some_and(|out| out.0 == slot);
            plan.steps.iter().filter(|step| opens(step)).count() == 1
        };
        assert_eq!(plan.handed.len(), if lower > 0 { 3 } else { 1 });
        assert!(
            plan.handed.clone().all(is_filled_once),
            "with {lower} lower directories"
        );
        config.root.layer = Some(Layer::Memory { size: None });
        config.root.over = vec![c"/srv/more".into(); lower];
    }
    config.dev = Dev::Host;
    assert_eq!(compile(&config).handed.len(), 2);
}

#[test]
fn what_a_step_says_a_path_of_has_that_path() {
    let mut config = config();
    config.root.layer = Some(Layer::Memory { size: Some(4096) });
    config.mounts = vec![
        bind(c"/a", c"x/y", true),
        file("/etc/hosts", "x"),
        Mount::from(mount::Tmpfs::new("/scratch").size(1))
            .check(&mut Sources::default())
            .expect("it makes sense"),
    ];
    let plan = compile(&config);
    let said = sentences(&plan);
    let about = |sentence: &str| subject(&plan, position(&said, sentence));
    let path = |path: &str| Subject::Path(path.into());
    for (sentence, expected) in [
        ("make new mount, ipc, uts, cgroup namespaces", Subject::Nothing),
        ("take /srv/root from the host", path("/srv/root")),
        ("take /a and what is mounted below it from the host", path("/a")),
        ("make /a read-only", path("/a")),
        ("mount /a on /x/y", path("/x/y")),
        (
            "find or make the directory /x/y in the container, to mount on it",
            path("/x/y"),
        ),
        ("set lowerdir of the new overlay to /srv/root", Subject::Root),
        ("make the new overlay", Subject::Root),
        ("put the new overlay over the host's root directory", Subject::Root),
        ("make it the root directory", Subject::Root),
        ("set size=4096 on the new tmpfs", Subject::Root),
        (
            "make the directory upper in the new tmpfs, with mode and owner of /srv/root",
            Subject::Root,
        ),
        (
            "make the character device null (1:3) in the new tmpfs, mode 0666",
            path("/dev/null"),
        ),
        ("make the directory lock in the new tmpfs, mode 1777", path("/run/lock")),
        ("make the new proc", path("/proc")),
        ("set source=sysfs on the new sysfs", path("/sys")),
        (
            "make a mount of the new mqueue, nosuid, nodev, noexec",
            path("/dev/mqueue"),
        ),
        (
            "make the file 0 of 1 bytes in the new tmpfs, mode 0444",
            path("/etc/hosts"),
        ),
        ("make a mount of 0 in the new tmpfs", path("/etc/hosts")),
        ("set size=1 on the new tmpfs", path("/scratch")),
        ("set the host name to localhost", Subject::Nothing),
    ] {
        assert_eq!(about(sentence), expected, "{sentence}");
    }
}

#[test]
fn only_steps_that_name_no_path_are_about_none() {
    let mut config = config();
    config.root.layer = Some(Layer::Memory { size: None });
    config.own_session = true;
    config.isolate_network = true;
    config.mounts = vec![
        bind(c"/a", c"x", true),
        bind(c"/b", c"y", true),
        file("/etc/hosts", "x"),
    ];
    let plan = compile(&config);
    for (index, sentence) in sentences(&plan).iter().enumerate() {
        let of_none = matches!(
            plan.steps[index],
            Step::LeaveSession {}
                | Step::Unshare { .. }
                | Step::SetPropagation { .. }
                | Step::SetHostname { .. }
                | Step::BringUpLoopback {}
        );
        assert_eq!(subject(&plan, index) == Subject::Nothing, of_none, "{sentence}");
    }
}
