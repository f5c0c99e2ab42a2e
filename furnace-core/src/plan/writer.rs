//! Writes a plan: hands out texts and slots.

use std::ffi::CStr;

use furnace_sys::plan::Plan;
use furnace_sys::wire::{Bytes, Origin, Slot, Step, Text};

#[derive(Debug, Default)]
pub(crate) struct Writer {
    plan: Plan,
}

impl Writer {
    pub(crate) fn step(&mut self, step: Step) {
        self.plan.steps.push(step);
    }

    /// The place of `text`. To look for an equal one would cost more than the few bytes.
    pub(crate) fn text(&mut self, text: &CStr) -> Text {
        let place = Text(self.plan.texts.len().try_into().unwrap_or(u32::MAX));
        self.plan.texts.extend_from_slice(text.to_bytes_with_nul());
        place
    }

    /// The place of bytes that are no text.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Bytes {
        let place = Bytes(self.plan.texts.len().try_into().unwrap_or(u32::MAX));
        self.plan.texts.extend_from_slice(bytes);
        // All texts together end with a NUL.
        self.plan.texts.push(0);
        place
    }

    /// A slot that no step uses yet.
    pub(crate) fn slot(&mut self) -> Slot {
        self.slots(1)
    }

    /// A slot that whoever asks for the walk fills. To be called before any other is handed out.
    pub(super) fn given(&mut self) -> Slot {
        self.plan.given += 1;
        self.slot()
    }

    /// As many slots that follow each other; the first.
    pub(crate) fn slots(&mut self, count: u32) -> Slot {
        let first = Slot(self.plan.slots);
        self.plan.slots += count;
        first
    }

    /// Slots that follow each other, whose descriptors the caller is to be handed. To be called once.
    pub(super) fn handed(&mut self, count: u32) -> Slot {
        let first = self.slots(count);
        self.plan.handed = first.0..self.plan.slots;
        first
    }

    /// The steps that `write` adds are for a maker, which fills `count` slots for the steps after [`Self::await_maker`];
    /// `write` is given the first. To be called once, before any step is written.
    pub(super) fn in_maker(&mut self, count: u32, write: impl FnOnce(&mut Self, Slot)) -> Slot {
        let made = self.slots(count);
        self.plan.maker_made = made.0..self.plan.slots;
        write(self, made);
        self.plan.maker_end = self.count();
        made
    }

    /// The steps that `write` adds are for PID 1, which fills `count` slots for the steps after [`Self::await_pid1`];
    /// `write` is given the first. To be called once.
    pub(super) fn in_pid1(&mut self, count: u32, write: impl FnOnce(&mut Self, Slot)) -> Slot {
        let made = self.slots(count);
        self.plan.pid1_made = made.0..self.plan.slots;
        let first = self.count();
        write(self, made);
        self.plan.pid1 = first..self.count();
        made
    }

    /// The steps from here on come after those of the maker, which may be under way so far. To be called once.
    pub(super) fn await_maker(&mut self) {
        self.plan.maker_awaited = self.count();
    }

    /// The steps from here on come after those of PID 1, which may be under way so far. To be called once.
    pub(super) fn await_pid1(&mut self) {
        self.plan.pid1_awaited = self.count();
    }

    /// How many steps there are.
    pub(crate) fn count(&self) -> u32 {
        self.plan.steps.len().try_into().unwrap_or(u32::MAX)
    }

    /// A plan whose walker joins a container instead of making one.
    pub(super) fn finish_joining(mut self, origin: Origin) -> Plan {
        self.plan.pid1 = self.count()..self.count();
        self.plan.origin = origin;
        self.plan
    }

    pub(crate) fn finish(self) -> Plan {
        self.plan
    }
}
