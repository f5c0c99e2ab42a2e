//! The order of things. Up to the pivot the host's tree is there and sources are opened; after it nothing of the host
//! can be reached by any path, and only then is the container's tree looked at.

use std::ffi::{CStr, CString};

use furnace_sys::flags::Namespaces;
use furnace_sys::plan::Plan;
use furnace_sys::wire::{Slot, Step, Target};

use super::handed::Handed;
use super::mounts::{DefaultMount, default_mounts};
use super::parts::{attach, clone_tree, make_mount, new_file_system};
use super::sources::{self, Pending};
use super::writer::Writer;
use super::{dev, root as tree};
use crate::config::Config;
use crate::device::Dev;

/// The steps that make the container that `config` describes.
pub(crate) fn compile(config: &Config) -> Plan {
    let mut writer = Writer::default();
    if config.own_session {
        writer.step(Step::LeaveSession {});
    }
    writer.step(Step::Unshare {
        namespaces: namespaces(config).bits(),
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

    let (of_pid1, others): (Vec<_>, Vec<_>) = default_mounts(config).partition(|mount| mount.by_pid1);
    let place = Place {
        config,
        root,
        at: writer.slot(),
        host_dev,
    };
    writer.in_pid1(|writer| {
        for mount in of_pid1 {
            let made = place.begin(writer, mount);
            place.mount(writer, mount, made);
        }
    });
    // While PID 1 is at its own, what comes in no order. Mounts have one, which everybody inside can see.
    let name = writer.text(&config.hostname);
    let length = config.hostname.as_bytes().len().try_into().unwrap_or(u32::MAX);
    writer.step(Step::SetHostname { name, length });
    if config.isolate_network {
        writer.step(Step::BringUpLoopback {});
    }
    let begun: Vec<_> = others
        .into_iter()
        .map(|mount| (mount, place.begin(&mut writer, mount)))
        .collect();
    writer.await_pid1();
    let mut terminals = None;
    for (mount, begun) in begun {
        let made = place.mount(&mut writer, mount, begun);
        if mount.has_terminals() {
            terminals = Some(made);
        }
    }
    attach_all(&mut writer, root, &pending, place.at);
    tree::close_to_writers(&mut writer, &config.root, root);

    if let (Some(made), true) = (terminals, config.terminals) {
        // A mount of its own for the caller, whose descriptor would keep the other one busy. It is the last step, so that
        // the others have the same numbers without.
        let name = writer.text(c".");
        writer.step(Step::CloneMade {
            directory: made,
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
                    let path = writer.text(destination);
                    writer.step(Step::AttachIn {
                        mount: *mount,
                        root,
                        directory,
                        path,
                        target: *target,
                    });
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

fn namespaces(config: &Config) -> Namespaces {
    let always = Namespaces::MOUNT | Namespaces::IPC | Namespaces::UTS | Namespaces::CGROUP;
    if config.isolate_network {
        always | Namespaces::NETWORK
    } else {
        always
    }
}

fn pivot(writer: &mut Writer, root: Slot) {
    writer.step(Step::AttachOverRoot { mount: root });
    writer.step(Step::EnterDirectory { directory: root });
    writer.step(Step::PivotRoot {});
    writer.step(Step::DetachOverRoot {});
}

/// What a default mount is to be a mount of.
#[derive(Clone, Copy)]
enum Begun {
    /// The host's own.
    OfHost(Slot),
    /// A new file system.
    New(Slot),
}

/// Where default mounts go, and what of the host they depend on.
struct Place<'a> {
    config: &'a Config,
    root: Slot,
    at: Slot,
    host_dev: Option<Slot>,
}

impl Place<'_> {
    fn begin(&self, writer: &mut Writer, mount: &DefaultMount) -> Begun {
        match self.host_dev {
            Some(host_dev) if mount.is_dev() => Begun::OfHost(host_dev),
            _ => Begun::New(new_file_system(writer, mount.kind, mount.options)),
        }
    }

    fn mount(&self, writer: &mut Writer, mount: &DefaultMount, begun: Begun) -> Slot {
        let made = match begun {
            Begun::OfHost(made) => made,
            Begun::New(fs) => {
                let made = writer.slot();
                make_mount(writer, fs, mount.attributes, made);
                dev::fill(writer, made, mount.contents);
                if mount.is_dev() {
                    dev::add_devices(writer, self.config, made, mount.contents);
                }
                made
            }
        };
        attach(writer, self.root, made, mount.target, Target::DirectoryItself, self.at);
        made
    }
}
