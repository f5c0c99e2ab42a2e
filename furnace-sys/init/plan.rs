//! The plan as it lies in memory: a private view of the memfd that the caller sealed.

use core::mem::size_of;

use super::syscalls::{self, CString, Errno, Fd, Limit, Result};
use crate::wire::{Bytes, HANDED_MAX, MADE_MAX, PlanHeader, STEP_WORDS, Slot, Step, Text};

const STEP_BYTES: usize = size_of::<[u32; STEP_WORDS]>();

/// The descriptors needed besides those of the steps.
const SPARE_DESCRIPTORS: u64 = 16;

/// A mapped plan, with the descriptors that its steps have opened so far.
pub(crate) struct Plan {
    address: *mut u8,
    length: usize,
    header: PlanHeader,
    slots: usize,
    texts: usize,
}

impl Plan {
    /// Maps the plan in `memfd`, and makes sure that every part of it lies within.
    pub(crate) fn map(memfd: Fd) -> Result<Self> {
        let length = syscalls::length(memfd)?;
        if length < PlanHeader::BYTES {
            return Err(Errno::INVAL);
        }
        let address = syscalls::map_privately(memfd, length)?;
        // SAFETY: the mapping begins at a page and is at least a header long.
        let words = unsafe { address.cast::<[u32; PlanHeader::WORDS]>().read() };
        let header = PlanHeader::decode(words).ok_or(Errno::INVAL)?;
        let slots = (header.steps as usize)
            .checked_mul(STEP_BYTES)
            .and_then(|n| n.checked_add(PlanHeader::BYTES));
        let texts = slots.and_then(|at| (header.slots as usize).checked_mul(size_of::<Fd>())?.checked_add(at));
        let end = texts.and_then(|at| at.checked_add(header.texts as usize));
        let (Some(slots), Some(texts), Some(end)) = (slots, texts, end) else {
            return Err(Errno::INVAL);
        };
        let plan = Self {
            address,
            length,
            header,
            slots,
            texts,
        };
        if end != length || plan.text_byte(header.texts.wrapping_sub(1)) != Some(0) {
            return Err(Errno::INVAL);
        }
        Ok(plan)
    }

    pub(super) fn header(&self) -> PlanHeader {
        self.header
    }

    /// The slots whose descriptors the caller is handed.
    pub(super) fn handed(&self) -> impl Iterator<Item = Slot> + Clone {
        in_a_row(self.header.handed_first, self.header.handed).take(HANDED_MAX)
    }

    /// The slots that PID 1 fills for the fork server.
    pub(super) fn made_by_pid1(&self) -> impl Iterator<Item = Slot> {
        in_a_row(self.header.pid1_made_first, self.header.pid1_made).take(MADE_MAX)
    }

    /// The slots that a maker fills for the fork server.
    pub(super) fn made_by_maker(&self) -> impl Iterator<Item = Slot> {
        in_a_row(self.header.maker_made_first, self.header.maker_made).take(MADE_MAX)
    }

    /// Raises the soft limit of descriptors as far as the steps need; gives what it was.
    pub(super) fn make_room(&self) -> Result<Limit> {
        let limit = syscalls::descriptor_limit()?;
        let needed = u64::from(self.header.descriptors).saturating_add(SPARE_DESCRIPTORS);
        if needed > limit.soft {
            syscalls::set_descriptor_limit(Limit {
                soft: needed.min(limit.hard),
                ..limit
            })?;
        }
        Ok(limit)
    }

    /// Forgets the plan; it must not be used again, here or in a copy of it.
    pub(crate) fn unmap(&self) {
        // SAFETY: texts are only handed to kernel calls and steps are copied out, so nothing refers to the mapping.
        unsafe { syscalls::unmap(self.address, self.length) }
    }

    pub(super) fn step(&self, index: u32) -> Result<Step> {
        if index >= self.header.steps {
            return Err(Errno::INVAL);
        }
        let at = (index as usize)
            .wrapping_mul(STEP_BYTES)
            .wrapping_add(PlanHeader::BYTES);
        // SAFETY: `map` checked that this many steps fit; header and steps are whole words, so it is aligned.
        let words = unsafe { self.address.wrapping_add(at).cast::<[u32; STEP_WORDS]>().read() };
        Step::decode(words).ok_or(Errno::INVAL)
    }

    fn text_byte(&self, at: u32) -> Option<u8> {
        let byte = self.text_address(Text(at)).ok()?;
        // SAFETY: `map` checked that the texts lie within the mapping, and `text_address` that it is one of them.
        Some(unsafe { byte.read() })
    }

    /// A text; that one ends within the mapping is certain, since the last byte of all texts is a NUL.
    pub(super) fn text(&self, text: Text) -> Result<CString> {
        self.text_address(text).map(|first| {
            // SAFETY: see above; the mapping stays until `unmap`, and steps do not keep texts.
            unsafe { CString::new(first) }
        })
    }

    /// Bytes among the texts, if so many are there.
    pub(super) fn bytes(&self, bytes: Bytes, length: u32) -> Result<&[u8]> {
        let first = self.text_address(Text(bytes.0))?;
        if length > self.header.texts.wrapping_sub(bytes.0) {
            return Err(Errno::INVAL);
        }
        // SAFETY: `map` checked that the texts lie within the mapping, and the check above that these are among them;
        // no step that is handed bytes changes texts, and the mapping stays until `unmap`.
        Ok(unsafe { core::slice::from_raw_parts(first, length as usize) })
    }

    /// The first byte of a text, to be changed for a moment.
    pub(super) fn text_address(&self, text: Text) -> Result<*mut u8> {
        if text.0 >= self.header.texts {
            return Err(Errno::INVAL);
        }
        Ok(self.address.wrapping_add(self.texts).wrapping_add(text.0 as usize))
    }

    fn slot(&self, slot: Slot) -> Result<*mut Fd> {
        if slot.0 >= self.header.slots {
            return Err(Errno::INVAL);
        }
        let at = (slot.0 as usize).wrapping_mul(size_of::<Fd>()).wrapping_add(self.slots);
        Ok(self.address.wrapping_add(at).cast())
    }

    /// The descriptor in a slot; 0, the socket to the caller, marks an empty one.
    pub(super) fn get(&self, slot: Slot) -> Result<Fd> {
        // SAFETY: `map` checked that the slots lie within the mapping; whole words precede them.
        match unsafe { self.slot(slot)?.read() } {
            0 => Err(Errno::BADF),
            fd => Ok(fd),
        }
    }

    pub(super) fn put(&self, slot: Slot, fd: Fd) -> Result<()> {
        // SAFETY: as in `get`; the mapping is private and writable.
        unsafe { self.slot(slot)?.write(fd) };
        Ok(())
    }

    /// Closes the descriptor in a slot and empties it.
    pub(super) fn use_up(&self, slot: Slot) -> Result<()> {
        syscalls::close(self.get(slot)?);
        self.put(slot, 0)
    }
}

fn in_a_row(first: u32, count: u32) -> impl Iterator<Item = Slot> + Clone {
    (first..).take(count as usize).map(Slot)
}
