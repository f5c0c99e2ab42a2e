//! The order of things. Up to the pivot the host's tree is there and sources are opened; then it is let go of, nothing of
//! the host can be reached by any path any more, and only then is the container's tree looked at.

use std::ffi::{CStr, CString};

use furnace_sys::flags::Namespaces;
use furnace_sys::plan::Plan;
use furnace_sys::wire::{Slot, Step, Target};

use super::handed::Handed;
use super::mounts::has_terminals;
use super::network;
use super::parts::{attach, attach_in, clone_tree};
use super::place::DefaultMounts;
use super::root as tree;
use super::sources::{self, Pending};
use super::writer::Writer;
use crate::config::Config;
use crate::device::Dev;

/// Those that the fork server makes; PID 1 comes with one of its own.
const NAMESPACES: Namespaces = Namespaces::MOUNT
    .union(Namespaces::IPC)
    .union(Namespaces::UTS)
    .union(Namespaces::CGROUP);

/// The steps that make the container that `config` describes.
pub(crate) fn compile(config: &Config) -> Plan {
    let mut writer = Writer::default();
    let mut default_mounts = DefaultMounts::of(config);
    // A network takes longer to make than all other namespaces together.
    let network = config.isolate_network.then(|| network::make_in_maker(&mut writer));
    if network.is_none() {
        default_mounts.begin_in_maker(&mut writer);
    }
    if config.own_session {
        writer.step(Step::LeaveSession {});
    }
    writer.step(Step::Unshare {
        namespaces: NAMESPACES.bits(),
    });
    let followers = sources::take_followers(&mut writer, config);
    writer.step(Step::SetPropagation {
        propagation: config.propagation.bits(),
    });

    let handed = Handed::choose(&mut writer, config);
    let root = tree::make(&mut writer, &config.root, &handed);
    let host_dev = (config.dev == Dev::Host).then(|| clone_tree(&mut writer, c"/dev", false));
    let pending = sources::open(&mut writer, config, followers);
    pivot(&mut writer, root);

    if let Some(namespace) = network {
        default_mounts.begin_while_waiting(&mut writer);
        writer.await_maker();
        writer.step(Step::EnterNamespace { namespace });
    }
    default_mounts.make_in_pid1(&mut writer);
    // While the kernel takes its time for this, PID 1 is at its own, which have no need of a tree. What comes in no order
    // follows. Mounts have one, which everybody inside can see.
    writer.step(Step::DetachOverRoot {});
    let name = writer.text(&config.hostname);
    let length = config.hostname.as_bytes().len().try_into().unwrap_or(u32::MAX);
    writer.step(Step::SetHostname { name, length });
    default_mounts.begin(&mut writer, host_dev);
    writer.await_pid1();
    if network.is_none() {
        writer.await_maker();
    }
    let dev = default_mounts.mount_all(&mut writer, root);
    let at = writer.slot();
    attach_all(&mut writer, root, &pending, at);
    tree::close_to_writers(&mut writer, &config.root, root);

    if let (Some(directory), true) = (dev, has_terminals(config)) {
        // A mount of its own for the caller, whose descriptor would keep the other one busy. It is the last step, so that
        // the others have the same numbers without.
        let name = writer.text(c"pts");
        writer.step(Step::CloneMade {
            directory,
            name,
            out: handed.terminals,
        });
    }
    writer.finish()
}

/// The path of the directory that a destination is in, if it is not the root.
fn parent<'a>(pending: &Pending<'a>) -> Option<&'a [u8]> {
    let path = pending.destination.to_bytes();
    let slash = path.iter().rposition(|byte| *byte == b'/')?;
    path.get(..slash)
}

/// Attaches what was made before, in its order. Neighbours in one directory share that.
fn attach_all(writer: &mut Writer, root: Slot, pending: &[Pending<'_>], at: Slot) {
    for neighbours in pending.chunk_by(|one, next| parent(one) == parent(next)) {
        match neighbours {
            [alone] => attach(writer, root, alone.mount, alone.destination, alone.target, at),
            [first, ..] => {
                let directory = match parent(first) {
                    // A part of a path without a NUL.
                    Some(parent) => open_target(writer, root, &CString::new(parent).unwrap_or_default()),
                    None => root,
                };
                for Pending {
                    mount,
                    destination,
                    target,
                } in neighbours
                {
                    attach_in(writer, root, *mount, destination, *target, directory);
                }
            }
            [] => {}
        }
    }
}

fn open_target(writer: &mut Writer, root: Slot, directory: &CStr) -> Slot {
    let (path, out) = (writer.text(directory), writer.slot());
    writer.step(Step::OpenTarget {
        root,
        path,
        target: Target::Directory,
        out,
    });
    out
}

fn pivot(writer: &mut Writer, root: Slot) {
    writer.step(Step::AttachOverRoot { mount: root });
    writer.step(Step::EnterDirectory { directory: root });
    writer.step(Step::PivotRoot {});
}
