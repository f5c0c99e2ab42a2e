//! A network of the container's own.

use furnace_sys::flags::Namespaces;
use furnace_sys::wire::{Slot, Step};

use super::writer::Writer;

/// Has a maker make it, with its loopback interface up; the slot of the namespace.
pub(super) fn make_in_maker(writer: &mut Writer) -> Slot {
    writer.in_maker(1, |writer, out| {
        writer.step(Step::Unshare {
            namespaces: Namespaces::NETWORK.bits(),
        });
        writer.step(Step::BringUpLoopback {});
        let path = writer.text(c"/proc/self/ns/net");
        writer.step(Step::OpenFile { path, writable: 0, out });
    })
}
