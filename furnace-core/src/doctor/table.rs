//! What is looked at: one row a check. What every container depends on comes first.

use furnace_sys::flags::Namespaces;
use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};
use rustix::thread::CapabilitySet;

use super::attempt::{Attempt, Refusal};
use super::finding::Finding;
use super::machine::Machine;
use super::{cgroups, helpers, ids, memory, rights, switches};

/// One check.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    /// What it is for.
    pub(super) purpose: &'static str,
    pub(super) is_required: bool,
    pub(super) examination: Examination,
    /// What to do where it is not there, and root would not help.
    pub(super) remedy: &'static str,
}

/// How it is found out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Examination {
    /// By doing it.
    Try(fn(&mut Attempt)),
    /// By a look at what tells of it, or in more ways than one.
    Look(fn(&Machine) -> Finding),
}

use Examination::{Look, Try};

/// What every container depends on.
const fn required(name: &'static str, examination: Examination, remedy: &'static str) -> Row {
    Row {
        name,
        purpose: "every container",
        is_required: true,
        examination,
        remedy,
    }
}

/// What containers can be without.
const fn optional(name: &'static str, purpose: &'static str, examination: Examination, remedy: &'static str) -> Row {
    Row {
        name,
        purpose,
        is_required: false,
        examination,
        remedy,
    }
}

const OTHER_USERS: &str = "user namespaces of users other than root";
const MORE_IDS: &str = "user namespaces with more than one id";
const LIMITS: &str = "limits on memory, processors and processes";

const NAMESPACE: &str = "the kernel was built without such namespaces, the sysctls user.max_*_namespaces allow no more \
                         of them, or a seccomp filter or a security module forbids it";
const MOUNTS: &str = "a seccomp filter or a security module forbids it, as outer containers often have them; run that \
                      container with fewer restrictions";
const ROOT: &str = "the root directory of the caller must be a mount point: inside a plain chroot, or on an initial \
                    ramdisk, it is not; or a seccomp filter or a security module forbids it";
const FILE_SYSTEM: &str = "the kernel lacks that file system, or this is inside a container that hides part of its own: \
                           then run that one with fewer restrictions";

pub(super) const TABLE: &[Row] = &[
    required(
        "Linux 5.14",
        Look(switches::version),
        "install a newer kernel: earlier ones lack calls that containers are made with",
    ),
    required(
        "/proc",
        Look(proc),
        "mount it, for example with `mount -t proc proc /proc`",
    ),
    required(
        "CAP_SYS_ADMIN",
        Look(|machine| rights::capability(machine, CapabilitySet::SYS_ADMIN)),
        rights::REMEDY,
    ),
    required(
        "CAP_MKNOD",
        Look(|machine| rights::capability(machine, CapabilitySet::MKNOD)),
        rights::REMEDY,
    ),
    required("execution from memory", Look(memory::execution), memory::REMEDY),
    required(
        "mount namespace",
        Try(|attempt| attempt.unshare(Namespaces::MOUNT)),
        NAMESPACE,
    ),
    required("pid namespace", Try(Attempt::make_pid1), NAMESPACE),
    required(
        "ipc namespace",
        Try(|attempt| attempt.unshare(Namespaces::IPC)),
        NAMESPACE,
    ),
    required(
        "uts namespace",
        Try(|attempt| attempt.unshare(Namespaces::UTS)),
        NAMESPACE,
    ),
    required(
        "cgroup namespace",
        Try(|attempt| attempt.unshare(Namespaces::CGROUP)),
        NAMESPACE,
    ),
    required(
        "open_tree",
        Try(|attempt| {
            attempt.unshare(Namespaces::MOUNT);
            attempt.prepared();
            attempt.clone_tree(c"/", true);
        }),
        MOUNTS,
    ),
    required("fsopen", Try(|attempt| new_file_system(attempt, c"tmpfs")), MOUNTS),
    required(
        "mount_setattr",
        Try(|attempt| {
            attempt.unshare(Namespaces::MOUNT);
            let mount = attempt.clone_tree(c"/", true);
            attempt.prepared();
            attempt.make_read_only(mount);
        }),
        MOUNTS,
    ),
    required("root directory", Try(Attempt::unshare_mounts), ROOT),
    required(
        "move_mount",
        Try(|attempt| {
            attempt.unshare_mounts();
            let mount = attempt.new_mount(c"tmpfs");
            attempt.prepared();
            attempt.attach_over_root(mount);
        }),
        ROOT,
    ),
    required(
        "pivot_root",
        Try(|attempt| {
            attempt.unshare_mounts();
            let mount = attempt.new_mount(c"tmpfs");
            attempt.attach_over_root(mount);
            attempt.enter(mount);
            attempt.prepared();
            attempt.pivot();
        }),
        ROOT,
    ),
    required("openat2", Look(openat2_in_root), MOUNTS),
    required(
        "proc file system",
        Try(|attempt| {
            attempt.unshare(Namespaces::MOUNT);
            attempt.prepared();
            attempt.make_pid1();
            attempt.new_mount(c"proc");
        }),
        FILE_SYSTEM,
    ),
    required(
        "sysfs file system",
        Try(|attempt| new_file_system(attempt, c"sysfs")),
        "inside a container that hides part of its own sysfs the kernel refuses another; without rights over the network, it \
         takes a network of the container's own",
    ),
    required(
        "devpts file system",
        Try(|attempt| new_file_system(attempt, c"devpts")),
        FILE_SYSTEM,
    ),
    required(
        "mqueue file system",
        Try(|attempt| {
            attempt.unshare(Namespaces::IPC);
            new_file_system(attempt, c"mqueue");
        }),
        FILE_SYSTEM,
    ),
    required(
        "device nodes",
        Try(|attempt| {
            attempt.unshare(Namespaces::MOUNT);
            let mount = attempt.new_mount(c"tmpfs");
            attempt.prepared();
            attempt.make_null(mount);
        }),
        "the devices controller of an outer container, or its user namespace, forbids it; run that one with fewer \
         restrictions",
    ),
    optional(
        "network namespace",
        "networks of a container's own",
        Try(|attempt| {
            attempt.unshare(Namespaces::NETWORK);
            attempt.bring_up_loopback();
        }),
        NAMESPACE,
    ),
    optional(
        "overlay",
        "ephemeral roots, overlays and layers",
        Try(overlay),
        "load the module overlay, or use a kernel that has it (CONFIG_OVERLAY_FS)",
    ),
    optional(
        "id-mapped mounts",
        "binds that show other owners",
        Look(id_mapped_mounts),
        "it takes a user namespace, and a file system that can: most can on Linux 6.3 and newer",
    ),
    optional(
        "loop devices",
        "disk images as roots",
        Look(loop_devices),
        "load the module loop; inside another container, give that one /dev/loop-control and loop devices",
    ),
    optional(
        "user namespace",
        "binds that show other owners",
        Look(|machine| {
            machine.try_without_privileges(|attempt| {
                attempt.unshare_user();
                // A security module may let it be made, and then allow nothing in it.
                attempt.unshare(Namespaces::UTS);
            })
        }),
        "see the checks below for the switch that forbids it; inside a chroot the kernel always does",
    ),
    optional(
        "user.max_user_namespaces",
        OTHER_USERS,
        Look(|machine| switches::switch(machine, "/proc/sys/user/max_user_namespaces", |most| most > 0)),
        "set the sysctl user.max_user_namespaces to some thousands",
    ),
    optional(
        "user.max_*_namespaces",
        OTHER_USERS,
        Look(switches::limits),
        "set those sysctls to some thousands each",
    ),
    optional(
        "kernel.unprivileged_userns_clone",
        OTHER_USERS,
        Look(|machine| switches::switch(machine, "/proc/sys/kernel/unprivileged_userns_clone", |on| on != 0)),
        "set the sysctl kernel.unprivileged_userns_clone to 1",
    ),
    optional(
        "kernel.apparmor_restrict_unprivileged_userns",
        OTHER_USERS,
        Look(|machine| {
            let path = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
            switches::switch(machine, path, |restricts| restricts == 0)
        }),
        "give the calling program an AppArmor profile with `userns,`, or set this sysctl to 0",
    ),
    optional(
        "overlay in a user namespace",
        "overlays without root",
        Look(|machine| {
            machine.try_without_privileges(|attempt| {
                attempt.unshare_user();
                attempt.unshare(Namespaces::MOUNT);
                attempt.prepared();
                overlay_of_two(attempt);
            })
        }),
        "it takes Linux 5.11 or newer, and a user namespace",
    ),
    optional(
        "subuid range",
        MORE_IDS,
        Look(|_| ids::range("/etc/subuid")),
        ids::REMEDY_USERS,
    ),
    optional(
        "subgid range",
        MORE_IDS,
        Look(|_| ids::range("/etc/subgid")),
        ids::REMEDY_GROUPS,
    ),
    optional(
        "newuidmap",
        MORE_IDS,
        Look(|_| helpers::helper("newuidmap")),
        helpers::REMEDY,
    ),
    optional(
        "newgidmap",
        MORE_IDS,
        Look(|_| helpers::helper("newgidmap")),
        helpers::REMEDY,
    ),
    optional(
        "vm.memfd_noexec",
        "execution from memory without root",
        Look(|machine| switches::switch(machine, "/proc/sys/vm/memfd_noexec", |forbids| forbids < 2)),
        "set the sysctl vm.memfd_noexec to 0 or 1",
    ),
    optional(
        "cgroup v2",
        LIMITS,
        Look(cgroups::is_mounted),
        "mount it, for example with `mount -t cgroup2 none /sys/fs/cgroup`, or boot with \
         systemd.unified_cgroup_hierarchy=1",
    ),
    optional(
        "cgroup controllers",
        LIMITS,
        Look(cgroups::controllers),
        "have them delegated, for example with `Delegate=yes` in a unit of systemd; controllers that version 1 uses are \
         not there for version 2",
    ),
    optional(
        "seccomp",
        "filters of system calls",
        Look(switches::seccomp),
        "use a kernel that has it (CONFIG_SECCOMP_FILTER)",
    ),
    optional(
        "Landlock",
        "restrictions that take no privileges",
        Look(landlock),
        "use a kernel that has it (CONFIG_SECURITY_LANDLOCK), with landlock in the list of its boot parameter lsm=",
    ),
];

fn new_file_system(attempt: &mut Attempt, kind: &std::ffi::CStr) {
    attempt.unshare(Namespaces::MOUNT);
    attempt.prepared();
    attempt.new_mount(kind);
}

/// One as ephemeral roots are: what changes is in memory.
fn overlay(attempt: &mut Attempt) {
    attempt.unshare(Namespaces::MOUNT);
    let memory = attempt.new_mount(c"tmpfs");
    let [lower, upper, work] = [c"lower", c"upper", c"work"].map(|name| attempt.make_directory(memory, name));
    attempt.prepared();
    let fs = attempt.open_fs(c"overlay");
    let here = attempt.open_directory(c"/proc/self/fd");
    attempt.enter(here);
    for (key, directory) in [(c"lowerdir", lower), (c"upperdir", upper), (c"workdir", work)] {
        attempt.set_directories(fs, key, directory, 1);
    }
    attempt.make_mount(fs);
}

/// One of two file systems with nothing in them: no id is mapped in this user namespace, so nothing can be made.
fn overlay_of_two(attempt: &mut Attempt) {
    let lower = attempt.new_mounts(c"tmpfs", 2);
    let fs = attempt.open_fs(c"overlay");
    let here = attempt.open_directory(c"/proc/self/fd");
    attempt.enter(here);
    attempt.set_directories(fs, c"lowerdir", lower, 2);
    attempt.make_mount(fs);
}

fn proc(machine: &Machine) -> Finding {
    if machine.has_proc {
        Finding::yes("statfs says that it is one")
    } else {
        Finding::no("statfs says that it is none")
    }
}

fn openat2_in_root(machine: &Machine) -> Finding {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = open("/", flags, Mode::empty())
        .and_then(|root| openat2(root, c"/", flags, Mode::empty(), ResolveFlags::IN_ROOT));
    match opened {
        Ok(_) => Finding::yes("tried openat2"),
        Err(errno) => machine.refused(Refusal::Call("openat2", errno)),
    }
}

/// It depends on the file system: that of / is what binds are mostly of.
fn id_mapped_mounts(machine: &Machine) -> Finding {
    let of_root = machine.try_out(|attempt| {
        attempt.unshare(Namespaces::MOUNT);
        attempt.prepared();
        let mount = attempt.clone_tree(c"/", false);
        attempt.map_ids(mount);
    });
    if of_root.outcome.is_yes() {
        return Finding::yes(format!("{}, for the file system of /", of_root.how));
    }
    let of_memory = machine.try_out(|attempt| {
        attempt.unshare(Namespaces::MOUNT);
        let mount = attempt.new_mount(c"tmpfs");
        attempt.prepared();
        attempt.map_ids(mount);
    });
    if of_memory.outcome.is_yes() {
        return Finding::yes(format!("{}, for a tmpfs; the file system of / can't", of_memory.how));
    }
    of_root
}

/// To attach one would leave its number in /dev: its control device is opened, and no more.
fn loop_devices(machine: &Machine) -> Finding {
    const CONTROL: &str = "/dev/loop-control";
    match open(CONTROL, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()) {
        Ok(_) => Finding::yes(format!("tried to open {CONTROL}")),
        Err(errno) => machine.refused(Refusal::Call("to open /dev/loop-control", errno)),
    }
}

fn landlock(machine: &Machine) -> Finding {
    match furnace_sys::landlock::version() {
        Ok(version) => Finding::yes(format!("landlock_create_ruleset says version {version}")),
        Err(errno) => machine.refused(Refusal::Call("landlock_create_ruleset", errno)),
    }
}
