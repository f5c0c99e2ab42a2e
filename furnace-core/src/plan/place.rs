//! Who makes the default mounts, and where they go.

use furnace_sys::wire::{Slot, Step, Target};

use super::dev;
use super::mounts::{DefaultMount, MadeBy, default_mounts};
use super::parts::{attach_in, make_mount, new_file_system, new_file_system_into, new_mount_into};
use super::writer::Writer;
use crate::config::Config;
use crate::device::Dev;

/// What there is of a default mount before any is attached.
#[derive(Clone, Copy)]
enum Begun {
    /// All but its place.
    Made(Slot),
    /// The same, but made before its turn.
    MadeEarly(Slot),
    /// A new file system, with nothing in it yet.
    New(Slot),
}

/// The default mounts of a container, as far as they are made.
pub(super) struct DefaultMounts<'a> {
    config: &'a Config,
    begun: Vec<(&'static DefaultMount, Begun)>,
}

impl<'a> DefaultMounts<'a> {
    /// Nothing is made yet.
    pub(super) fn of(config: &'a Config) -> Self {
        let begun = Vec::new();
        Self { config, begun }
    }

    /// What a maker can make while the fork server enters the namespaces: the first steps of a plan.
    pub(super) fn begin_in_maker(&mut self, writer: &mut Writer) {
        let count = count(&those(self.config, MadeBy::Anybody));
        writer.in_maker(count, |writer, first| self.begin_early(writer, first));
    }

    /// The same, where the maker has something else to do.
    pub(super) fn begin_while_waiting(&mut self, writer: &mut Writer) {
        let first = writer.slots(count(&those(self.config, MadeBy::Anybody)));
        self.begin_early(writer, first);
    }

    fn begin_early(&mut self, writer: &mut Writer, first: Slot) {
        for (mount, out) in those(self.config, MadeBy::Anybody).into_iter().zip(in_a_row(first)) {
            self.begun.push((mount, make_early(writer, self.config, mount, out)));
        }
    }

    /// Those that PID 1 makes, for the fork server to attach.
    pub(super) fn make_in_pid1(&mut self, writer: &mut Writer) {
        let mounts = those(self.config, MadeBy::Pid1);
        let first = writer.in_pid1(count(&mounts), |writer, first| {
            for (mount, out) in mounts.iter().zip(in_a_row(first)) {
                new_mount_into(writer, mount.kind, mount.options, mount.attributes, out);
            }
        });
        let made = mounts.into_iter().zip(in_a_row(first).map(Begun::Made));
        self.begun.extend(made);
    }

    /// What comes in no order of those that the fork server makes itself. `host_dev` takes the place of a new /dev.
    pub(super) fn begin(&mut self, writer: &mut Writer, host_dev: Option<Slot>) {
        for mount in those(self.config, MadeBy::ForkServer) {
            let fs = new_file_system(writer, mount.kind, mount.options);
            self.begun.push((mount, Begun::New(fs)));
        }
        if let Some(host_dev) = host_dev {
            let dev = default_mounts(self.config).find(|mount| mount.is_dev());
            self.begun.extend(dev.map(|dev| (dev, Begun::Made(host_dev))));
        }
    }

    /// Mounts them in their order, each after what it is in; gives the mount of /dev.
    pub(super) fn mount_all(&self, writer: &mut Writer, root: Slot) -> Option<Slot> {
        let mut dev = None;
        for mount in default_mounts(self.config) {
            let Some(made) = self.make(writer, mount) else { continue };
            let directory = mount.below_dev().and(dev).unwrap_or(root);
            attach_in(writer, root, made, mount.target, Target::DirectoryItself, directory);
            if mount.is_dev() {
                dev = Some(made);
            }
        }
        dev
    }

    /// A mount whose turn it is.
    fn make(&self, writer: &mut Writer, mount: &DefaultMount) -> Option<Slot> {
        let (_, begun) = self.begun.iter().find(|(other, _)| other.target == mount.target)?;
        Some(match *begun {
            Begun::Made(made) => made,
            Begun::MadeEarly(mount) => {
                writer.step(Step::MakeMountAnew { mount });
                mount
            }
            Begun::New(fs) => {
                let made = writer.slot();
                make_mount(writer, fs, mount.attributes, made);
                dev::fill(writer, made, mount.contents);
                made
            }
        })
    }
}

/// Those that this one makes; the host's /dev is made by nobody.
fn those(config: &Config, made_by: MadeBy) -> Vec<&'static DefaultMount> {
    let has_host_dev = config.dev == Dev::Host;
    default_mounts(config)
        .filter(|mount| mount.made_by == made_by && !(has_host_dev && mount.is_dev()))
        .collect()
}

/// Into `out` comes a file system; but a mount where there is much in it, which takes longer than to make that anew.
fn make_early(writer: &mut Writer, config: &Config, mount: &DefaultMount, out: Slot) -> Begun {
    if !mount.is_dev() {
        new_file_system_into(writer, mount.kind, mount.options, out);
        return Begun::New(out);
    }
    new_mount_into(writer, mount.kind, mount.options, mount.attributes, out);
    dev::fill(writer, out, mount.contents);
    dev::add_devices(writer, config, out, mount.contents);
    Begun::MadeEarly(out)
}

fn count(mounts: &[&DefaultMount]) -> u32 {
    mounts.len().try_into().unwrap_or(u32::MAX)
}

fn in_a_row(first: Slot) -> impl Iterator<Item = Slot> {
    (first.0..).map(Slot)
}
