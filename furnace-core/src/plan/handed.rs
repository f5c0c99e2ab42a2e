//! What of a container its caller is handed.

use std::os::fd::OwnedFd;

use furnace_sys::wire::{HANDED_MAX, Slot};

use super::mounts::has_terminals;
use super::writer::Writer;
use crate::config::Config;

/// The slots of what is handed over; those that the plan does not fill are not in it.
pub(super) struct Handed {
    /// The container's own devpts.
    pub(super) terminals: Slot,
    /// The upper directory, and the tree below it.
    pub(super) layer: [Slot; 2],
}

impl Handed {
    pub(super) fn choose(writer: &mut Writer, config: &Config) -> Self {
        let [terminals, layer] = counts(config);
        let first = writer.handed(terminals + layer);
        let after = |count: u32| Slot(first.0 + count);
        Self {
            terminals: first,
            layer: [after(terminals), after(terminals + 1)],
        }
    }
}

/// How many descriptors there are of each, in the order of their slots.
fn counts(config: &Config) -> [u32; 2] {
    let layer = if config.root.layer.is_some() { 2 } else { 0 };
    [has_terminals(config).into(), layer]
}

/// What a caller has been handed.
#[derive(Debug, Default)]
pub(crate) struct InHand {
    /// The container's own devpts.
    pub(crate) terminals: Option<OwnedFd>,
    /// The upper directory, and the tree below it.
    pub(crate) layer: Option<[OwnedFd; 2]>,
}

impl InHand {
    pub(crate) fn sort(config: &Config, handed: [Option<OwnedFd>; HANDED_MAX]) -> Self {
        let mut handed = handed.into_iter().flatten();
        let [terminals, layer] = counts(config);
        Self {
            terminals: if terminals > 0 { handed.next() } else { None },
            layer: if layer > 0 {
                handed.next().zip(handed.next()).map(<[_; 2]>::from)
            } else {
                None
            },
        }
    }
}
