//! A plan: the steps that make a container, and the texts they name.

use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;

use crate::wire::{Origin, PlanHeader, STEP_WORDS, Step};

/// The steps that make a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is done, in this order.
    pub steps: Vec<Step>,
    /// The first steps, up to before this one, are a maker's: a process of the caller walks them while the fork server walks
    /// on from here. They can need no namespace of the container.
    pub maker_end: u32,
    /// The first step that waits until the maker has done its own; those between are done meanwhile.
    pub maker_awaited: u32,
    /// The slots that a maker fills for the fork server, at most [`MADE_MAX`](crate::wire::MADE_MAX).
    pub maker_made: Range<u32>,
    /// The steps that PID 1 does itself, for what they make belongs to its pid namespace.
    pub pid1: Range<u32>,
    /// The first step that waits until PID 1 has done its own; those between are done meanwhile. By default there are none.
    pub pid1_awaited: u32,
    /// The slots that PID 1 fills for the steps of the fork server, at most [`MADE_MAX`](crate::wire::MADE_MAX).
    pub pid1_made: Range<u32>,
    /// The texts that the steps name, each ended by a NUL.
    pub texts: Vec<u8>,
    /// How many slots the steps use.
    pub slots: u32,
    /// How many of the first slots are filled by whoever asks for a walk.
    pub given: u32,
    /// The slots whose descriptors the caller is handed with the container, at most [`HANDED_MAX`](crate::wire::HANDED_MAX).
    pub handed: Range<u32>,
    /// Whether there is a PID 1 to be made, or one to be joined.
    pub origin: Origin,
}

impl Plan {
    /// The plan as furnace-init reads it.
    ///
    /// # Errors
    ///
    /// `EOVERFLOW` for a plan beyond what its header can say; otherwise what memfd_create(2) or write(2) fail with.
    pub fn seal(&self) -> Result<SealedPlan, Errno> {
        let bytes = self.encode().ok_or(Errno::OVERFLOW)?;
        let memfd = memfd_create(c"furnace-plan", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        write_all(memfd.as_fd(), &bytes)?;
        fcntl_add_seals(
            &memfd,
            SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE,
        )?;
        Ok(SealedPlan {
            memfd,
            has_maker: self.maker_end > 0,
        })
    }

    fn encode(&self) -> Option<Vec<u8>> {
        let header = PlanHeader {
            steps: self.steps.len().try_into().ok()?,
            maker_end: self.maker_end,
            maker_awaited: self.maker_awaited.max(self.maker_end),
            maker_made_first: self.maker_made.start,
            maker_made: u32::try_from(self.maker_made.len()).ok()?,
            pid1_first: self.pid1.start,
            pid1_end: self.pid1.end,
            pid1_awaited: self.pid1_awaited.max(self.pid1.end),
            pid1_made_first: self.pid1_made.start,
            pid1_made: u32::try_from(self.pid1_made.len()).ok()?,
            slots: self.slots,
            texts: self.texts.len().try_into().ok()?,
            descriptors: self.slots.checked_add(1)?,
            handed_first: self.handed.start,
            handed: u32::try_from(self.handed.len()).ok()?,
            origin: self.origin,
        };
        let words = STEP_WORDS * self.steps.len() + PlanHeader::WORDS + self.slots as usize;
        let mut bytes = Vec::with_capacity(words * 4 + self.texts.len());
        let mut push = |word: u32| bytes.extend_from_slice(&word.to_ne_bytes());
        header.encode().into_iter().for_each(&mut push);
        self.steps.iter().flat_map(|step| step.encode()).for_each(&mut push);
        (0..self.slots).for_each(|_| push(0));
        bytes.extend_from_slice(&self.texts);
        Some(bytes)
    }
}

/// A plan in a memfd that nobody can change any more. It can be walked any number of times, also at once.
#[derive(Debug)]
pub struct SealedPlan {
    memfd: OwnedFd,
    /// Whether its first steps are a maker's.
    pub(crate) has_maker: bool,
}

impl AsFd for SealedPlan {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memfd.as_fd()
    }
}

/// write(2) until all is written.
pub(crate) fn write_all(fd: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let written = rustix::io::retry_on_intr(|| rustix::io::write(fd, bytes))?;
        if written == 0 {
            return Err(Errno::IO);
        }
        bytes = &bytes[written..];
    }
    Ok(())
}
