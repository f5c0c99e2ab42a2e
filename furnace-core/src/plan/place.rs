//! Where default mounts come from, and where they go.

use furnace_sys::wire::{Slot, Step, Target};

use super::dev;
use super::mounts::DefaultMount;
use super::parts::{attach_in, make_mount, mount_here, new_file_system};
use super::writer::Writer;
use crate::config::Config;

/// Mounts that PID 1 makes, for the fork server to attach; the slots that they are in.
pub(super) fn make_in_pid1(writer: &mut Writer, mounts: &[&DefaultMount]) -> impl Iterator<Item = Slot> + use<> {
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

/// What there is of a default mount before any is attached.
#[derive(Clone, Copy)]
pub(super) enum Begun {
    /// All but its place.
    Made(Slot),
    /// A new file system.
    New(Slot),
    /// Nothing. It comes to a directory of /dev, where nothing leads anywhere else: mount(2) does in one call what takes
    /// several elsewhere.
    InDev,
}

/// Makes what comes in no order of those that the fork server makes itself, unless the host's /dev takes the place of one.
pub(super) fn begin(
    writer: &mut Writer,
    mounts: &[&'static DefaultMount],
    host_dev: Option<Slot>,
) -> Vec<(&'static DefaultMount, Begun)> {
    let begun = mounts.iter().map(|mount| match host_dev {
        Some(host_dev) if mount.is_dev() => (*mount, Begun::Made(host_dev)),
        _ if mount.below_dev().is_some() => (*mount, Begun::InDev),
        _ => (*mount, Begun::New(new_file_system(writer, mount.kind, mount.options))),
    });
    begun.collect()
}

/// Mounts them in their order, each after what it is in; gives the mount of /dev.
pub(super) fn mount_all(
    writer: &mut Writer,
    config: &Config,
    root: Slot,
    mounts: &[(&DefaultMount, Begun)],
) -> Option<Slot> {
    let mut place = Place {
        config,
        root,
        dev: None,
        is_in_dev: false,
    };
    for (mount, begun) in mounts {
        place.mount(writer, mount, *begun);
    }
    place.leave_dev(writer);
    place.dev
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
