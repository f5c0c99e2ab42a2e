//! The order of things. Up to the pivot the host's tree is there and sources are opened; then it is let go of, nothing of
//! the host can be reached by any path any more, and only then is the container's tree looked at.

use std::ffi::{CStr, CString};

use furnace_sys::flags::Namespaces;
use furnace_sys::plan::Plan;
use furnace_sys::wire::{Slot, Step, Target};

use super::handed::Handed;
use super::mounts::{DefaultMount, default_mounts, has_terminals};
use super::parts::{attach, attach_in, clone_tree, make_mount, mount_here, new_file_system};
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
    let made_by_pid1 = make_in_pid1(&mut writer, &of_pid1);
    // While the kernel takes its time for this, PID 1 is at its own, which have no need of a tree. What comes in no order
    // follows. Mounts have one, which everybody inside can see.
    writer.step(Step::DetachOverRoot {});
    let name = writer.text(&config.hostname);
    let length = config.hostname.as_bytes().len().try_into().unwrap_or(u32::MAX);
    writer.step(Step::SetHostname { name, length });
    if config.isolate_network {
        writer.step(Step::BringUpLoopback {});
    }
    let at = writer.slot();
    let mut place = Place {
        config,
        root,
        dev: None,
        is_in_dev: false,
    };
    let of_pid1 = of_pid1.into_iter().zip(made_by_pid1.map(Begun::Made));
    let others = others.into_iter().map(|mount| {
        let begun = match host_dev {
            Some(host_dev) if mount.is_dev() => Begun::Made(host_dev),
            _ if mount.below_dev().is_some() => Begun::InDev,
            _ => Begun::New(new_file_system(&mut writer, mount.kind, mount.options)),
        };
        (mount, begun)
    });
    let begun: Vec<_> = of_pid1.chain(others).collect();
    writer.await_pid1();
    for (mount, begun) in begun {
        place.mount(&mut writer, mount, begun);
    }
    place.leave_dev(&mut writer);
    attach_all(&mut writer, root, &pending, at);
    tree::close_to_writers(&mut writer, &config.root, root);

    if let (Some(directory), true) = (place.dev, has_terminals(config)) {
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
}

/// Mounts that PID 1 makes, for the fork server to attach; the slots that they are in.
fn make_in_pid1(writer: &mut Writer, mounts: &[&DefaultMount]) -> impl Iterator<Item = Slot> + use<> {
    let count = mounts.len().try_into().unwrap_or(u32::MAX);
    let first = writer.in_pid1(count, |writer, first| {
        for (mount, out) in mounts.iter().zip(in_a_row(first)) {
            let fs = new_file_system(writer, mount.kind, mount.options);
            make_mount(writer, fs, mount.attributes, out);
        }
    });
    in_a_row(first)
}

fn in_a_row(first: Slot) -> impl Iterator<Item = Slot> {
    (first.0..).map(Slot)
}

/// What there is of a default mount.
#[derive(Clone, Copy)]
enum Begun {
    /// All but its place.
    Made(Slot),
    /// A new file system.
    New(Slot),
    /// Nothing. It comes to a directory of /dev, where nothing leads anywhere else: mount(2) does in one call what takes
    /// several elsewhere.
    InDev,
}

/// Where default mounts go.
struct Place<'a> {
    config: &'a Config,
    root: Slot,
    /// As soon as it is mounted.
    dev: Option<Slot>,
    /// Whether that is the working directory.
    is_in_dev: bool,
}

impl Place<'_> {
    fn mount(&mut self, writer: &mut Writer, mount: &DefaultMount, begun: Begun) {
        match begun {
            Begun::InDev => {
                self.enter_dev(writer);
                mount_here(writer, mount.kind, mount.options, mount.attributes, mount.target);
            }
            Begun::Made(made) => self.attach(writer, mount, made),
            Begun::New(fs) => {
                let made = writer.slot();
                make_mount(writer, fs, mount.attributes, made);
                dev::fill(writer, made, mount.contents);
                if mount.is_dev() {
                    dev::add_devices(writer, self.config, made, mount.contents);
                }
                self.attach(writer, mount, made);
            }
        }
    }

    fn attach(&mut self, writer: &mut Writer, mount: &DefaultMount, made: Slot) {
        self.leave_dev(writer);
        attach_in(
            writer,
            self.root,
            made,
            mount.target,
            Target::DirectoryItself,
            self.root,
        );
        if mount.is_dev() {
            self.dev = Some(made);
        }
    }

    fn enter_dev(&mut self, writer: &mut Writer) {
        if let (Some(directory), false) = (self.dev, self.is_in_dev) {
            writer.step(Step::EnterDirectory { directory });
            self.is_in_dev = true;
        }
    }

    fn leave_dev(&mut self, writer: &mut Writer) {
        if self.is_in_dev {
            writer.step(Step::EnterDirectory { directory: self.root });
            self.is_in_dev = false;
        }
    }
}
