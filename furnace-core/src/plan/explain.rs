//! The only place that speaks: each step of a plan as a sentence, to follow "cannot" or to stand alone.

use std::fmt;

use furnace_sys::flags::{MountAttributes, Namespaces, Propagation};
use furnace_sys::plan::Plan;
use furnace_sys::wire::{Slot, Step, Target, Text};

use super::text;
use crate::error::escape::{Escaped, escaped_bytes};

/// What the step number `index` does, in words; nothing if there is no such step.
pub(crate) fn explain(plan: &Plan, index: usize) -> Option<String> {
    let step = *plan.steps.get(index)?;
    let name = |which: Text| shown(plan, which);
    let of = |slot: Slot| origin(plan, index, slot);
    let sentence = match step {
        Step::Unshare { namespaces } => format!("make new {} namespaces", namespace_names(namespaces)),
        Step::SetPropagation { propagation } if propagation == Propagation::Slave.bits() => {
            "keep mounts made inside from being seen outside".to_owned()
        }
        Step::SetPropagation { .. } => "keep mounts from being seen from either side".to_owned(),
        Step::CloneTree { path, recursive: 0, .. } => format!("take {} from the host", name(path)),
        Step::CloneTree { path, .. } => format!("take {} and what is mounted below it from the host", name(path)),
        Step::SetAttributes {
            mount,
            set,
            clear,
            propagation,
            ..
        } => format!("make {} {}", of(mount), changes(set, clear, propagation)),
        Step::OpenDirectory { path, .. } => format!("open {}", name(path)),
        Step::OpenMade {
            directory, name: made, ..
        } => format!("open {} in {}", name(made), of(directory)),
        Step::OpenFs { kind, .. } => format!("set up a new file system of type {}", name(kind)),
        Step::SetOption { fs, key, value } => format!("set {}={} on {}", name(key), name(value), of(fs)),
        Step::SetFlag { fs, key } => format!("set {} on {}", name(key), of(fs)),
        Step::SetDirectories { fs, key, first, count } => {
            let directories = (first.0..).take(count as usize).map(|slot| of(Slot(slot)));
            format!("set {} of {} to {}", name(key), of(fs), listed(directories))
        }
        Step::CreateFs { fs } => format!("make {}", of(fs)),
        Step::MakeMount { fs, attributes: 0, .. } => format!("make a mount of {}", of(fs)),
        Step::MakeMount { fs, attributes, .. } => {
            format!("make a mount of {}, {}", of(fs), attribute_names(attributes))
        }
        Step::MakeDirectory {
            directory,
            name: made,
            mode,
        } => {
            format!(
                "make the directory {} in {}, mode {mode:04o}",
                name(made),
                of(directory)
            )
        }
        Step::ChangeOwner { made, uid, gid } => format!("give {} to {uid}:{gid}", of(made)),
        Step::MakeCharacterDevice {
            directory,
            name: made,
            mode,
            major,
            minor,
        } => device("character", &name(made), [mode, major, minor], &of(directory)),
        Step::MakeBlockDevice {
            directory,
            name: made,
            mode,
            major,
            minor,
        } => device("block", &name(made), [mode, major, minor], &of(directory)),
        Step::MakeSymlink {
            directory,
            name: made,
            to,
        } => {
            format!("make the symlink {} to {} in {}", name(made), name(to), of(directory))
        }
        Step::AttachOverRoot { mount } => format!("put {} over the host's root directory", of(mount)),
        Step::EnterDirectory { directory } => format!("enter {}", of(directory)),
        Step::PivotRoot {} => "make it the root directory".to_owned(),
        Step::DetachOverRoot {} => "let go of what lies over the root directory".to_owned(),
        Step::OpenTarget { path, target, .. } => {
            let kind = match target {
                Target::Directory | Target::DirectoryItself => "directory",
                Target::File | Target::FileOrSymlink => "file",
            };
            format!(
                "find or make the {kind} /{} in the container, to mount on it",
                name(path)
            )
        }
        Step::AttachIn { mount, path, .. } => format!("mount {} on /{}", of(mount), name(path)),
        Step::Attach { mount, at } => format!("mount {} on {}", of(mount), of(at)),
        Step::EnterNamespace { namespace } => format!("enter the namespace {}", of(namespace)),
        Step::MakeMountAnew { mount } => format!("make the mount of {} anew, for it is its turn", of(mount)),
        Step::SetHostname { name: hostname, .. } => format!("set the host name to {}", name(hostname)),
        Step::BringUpLoopback {} => "bring up the loopback interface".to_owned(),
        Step::MakeFile {
            directory,
            name: made,
            mode,
            length,
            ..
        } => format!(
            "make the file {} of {length} bytes in {}, mode {mode:04o}",
            name(made),
            of(directory)
        ),
        Step::CloneMade {
            directory, name: made, ..
        } if text(plan, made) == c"." => format!("make another mount of {}", of(directory)),
        Step::CloneMade {
            directory, name: made, ..
        } => format!("make a mount of {} in {}", name(made), of(directory)),
        Step::OpenFile { path, .. } => format!("open {}", name(path)),
        Step::AttachLoop { image, writable: 0, .. } => format!("attach {} to a loop device, read-only", of(image)),
        Step::AttachLoop { image, .. } => format!("attach {} to a loop device", of(image)),
        Step::MakeDirectoryLike {
            directory,
            name: made,
            like,
        } => format!(
            "make the directory {} in {}, with mode and owner of {}",
            name(made),
            of(directory),
            of(like)
        ),
        Step::LeaveSession {} => "leave the caller's session, and with it the caller's terminal".to_owned(),
        Step::LockFile { file, exclusive: 0 } => format!("lock {} against those who would write to it", of(file)),
        Step::LockFile { file, .. } => format!("lock {} for this container alone", of(file)),
        Step::SetLoopDevice { fs, device } => format!("set source of {} to {}", of(fs), of(device)),
        Step::MakeUserNamespace { .. } => "make a user namespace that maps ids".to_owned(),
        Step::MapIds { mount, .. } => format!("show the owners in {} as other ids", of(mount)),
        Step::JoinNamespaces { namespaces } => format!("join the {} namespaces", namespace_names(namespaces)),
        Step::ChangeRoot {} => "make the working directory the root directory".to_owned(),
        Step::DropGroups {} => "drop all supplementary groups".to_owned(),
        Step::BecomeUser { uid, gid } => format!("become user {uid} and group {gid}"),
        Step::JoinMountNamespace {} => "go back to the mounts of the container".to_owned(),
        Step::OpenMounted { path, .. } => format!("find what is mounted on /{} in the container", name(path)),
        Step::Unmount { mount } => format!("unmount {}", of(mount)),
        Step::CopyFile { path, limit, .. } => {
            format!(
                "read the file /{} of the container, of {limit} bytes at most",
                name(path)
            )
        }
    };
    Some(sentence)
}

fn device(kind: &str, name: &Escaped<'_>, [mode, major, minor]: [u32; 3], directory: &str) -> String {
    format!("make the {kind} device {name} ({major}:{minor}) in {directory}, mode {mode:04o}")
}

fn shown(plan: &Plan, which: Text) -> Escaped<'_> {
    escaped_bytes(text(plan, which).to_bytes())
}

/// What the descriptor in `slot` is to the step number `index`: told from the step that put it there.
fn origin(plan: &Plan, index: usize, slot: Slot) -> String {
    let before = plan.steps.iter().take(index).enumerate();
    match before.rev().find(|(_, step)| opens(**step) == Some(slot)) {
        Some((_, Step::CloneTree { path, .. } | Step::OpenDirectory { path, .. } | Step::OpenFile { path, .. })) => {
            shown(plan, *path).to_string()
        }
        Some((_, Step::OpenFs { kind, .. })) => format!("the new {}", shown(plan, *kind)),
        Some((_, Step::OpenMade { name, .. })) => format!("the directory {}", shown(plan, *name)),
        Some((opener, Step::MakeMount { fs, .. })) => origin(plan, opener, *fs),
        Some((_, Step::OpenTarget { path, .. } | Step::OpenMounted { path, .. })) => format!("/{}", shown(plan, *path)),
        Some((_, Step::CloneMade { .. })) => "a file from memory".to_owned(),
        Some((opener, Step::AttachLoop { image, .. })) => {
            format!("the loop device of {}", origin(plan, opener, *image))
        }
        Some((_, Step::MakeUserNamespace { .. })) => "the user namespace".to_owned(),
        // What it is, whoever asked for the walk knows.
        _ if slot.0 < plan.given => "it".to_owned(),
        _ => "something not opened".to_owned(),
    }
}

/// The slot that a step fills.
pub(super) fn opens(step: Step) -> Option<Slot> {
    match step {
        Step::CloneTree { out, .. }
        | Step::OpenDirectory { out, .. }
        | Step::OpenMade { out, .. }
        | Step::OpenFs { out, .. }
        | Step::MakeMount { out, .. }
        | Step::OpenTarget { out, .. }
        | Step::CloneMade { out, .. }
        | Step::OpenFile { out, .. }
        | Step::AttachLoop { out, .. }
        | Step::MakeUserNamespace { out, .. }
        | Step::OpenMounted { out, .. } => Some(out),
        Step::Unshare { .. }
        | Step::SetPropagation { .. }
        | Step::SetAttributes { .. }
        | Step::SetOption { .. }
        | Step::SetFlag { .. }
        | Step::SetDirectories { .. }
        | Step::CreateFs { .. }
        | Step::MakeDirectory { .. }
        | Step::ChangeOwner { .. }
        | Step::MakeCharacterDevice { .. }
        | Step::MakeBlockDevice { .. }
        | Step::MakeSymlink { .. }
        | Step::AttachOverRoot { .. }
        | Step::EnterDirectory { .. }
        | Step::PivotRoot {}
        | Step::DetachOverRoot {}
        | Step::Attach { .. }
        | Step::AttachIn { .. }
        | Step::EnterNamespace { .. }
        | Step::MakeMountAnew { .. }
        | Step::SetHostname { .. }
        | Step::BringUpLoopback {}
        | Step::MakeFile { .. }
        | Step::SetLoopDevice { .. }
        | Step::LockFile { .. }
        | Step::LeaveSession {}
        | Step::MakeDirectoryLike { .. }
        | Step::MapIds { .. }
        | Step::JoinNamespaces { .. }
        | Step::ChangeRoot {}
        | Step::DropGroups {}
        | Step::BecomeUser { .. }
        | Step::JoinMountNamespace {}
        | Step::Unmount { .. }
        | Step::CopyFile { .. } => None,
    }
}

fn namespace_names(bits: u32) -> String {
    let known = [
        (Namespaces::MOUNT, "mount"),
        (Namespaces::IPC, "ipc"),
        (Namespaces::UTS, "uts"),
        (Namespaces::CGROUP, "cgroup"),
        (Namespaces::NETWORK, "network"),
        (Namespaces::USER, "user"),
        (Namespaces::TIME, "time"),
    ];
    let asked = Namespaces::from_bits_retain(bits);
    listed(
        known
            .into_iter()
            .filter(|(kind, _)| asked.contains(*kind))
            .map(|(_, name)| name),
    )
}

fn attribute_names(bits: u32) -> String {
    let known = [
        (MountAttributes::READ_ONLY, "read-only"),
        (MountAttributes::NO_SUID, "nosuid"),
        (MountAttributes::NO_DEV, "nodev"),
        (MountAttributes::NO_EXEC, "noexec"),
        (MountAttributes::STRICT_ATIME, "strictatime"),
    ];
    let asked = MountAttributes::from_bits_retain(bits);
    listed(
        known
            .into_iter()
            .filter(|(attribute, _)| asked.contains(*attribute))
            .map(|(_, name)| name),
    )
}

/// What mount_setattr(2) makes of a mount, in words.
fn changes(set: u32, clear: u32, propagation: u32) -> String {
    let mut changes = Vec::new();
    if set != 0 {
        changes.push(attribute_names(set));
    }
    if clear != 0 {
        changes.push(format!("not {}", attribute_names(clear)));
    }
    if propagation == Propagation::Slave.bits() {
        changes.push("slave".to_owned());
    } else if propagation == Propagation::Private.bits() {
        changes.push("private".to_owned());
    }
    listed(changes.into_iter())
}

fn listed(names: impl Iterator<Item = impl fmt::Display>) -> String {
    let names: Vec<String> = names.map(|name| name.to_string()).collect();
    names.join(", ")
}
