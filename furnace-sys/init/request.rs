//! A request, received and checked.

use core::mem::size_of;

use super::fd;
use super::scratch;
use super::syscalls::{self as kernel, CString, Errno, Fd, IoVec, Result, Rights};
use crate::wire::{ABSENT, Asked, DESCRIPTORS_MAX, Envelope, INLINE_BODY_MAX, NO_STRING, RequestHeader};

/// What the caller wants.
pub(super) enum Wanted {
    Command(Received),
    /// That the plan in the first of so many descriptors be walked, which are numbered from [`fd::FIRST_FREE`] on.
    Walk {
        descriptors: u32,
    },
    /// That PID 1 live on.
    Detach,
}

impl Wanted {
    /// Waits for the next request; nothing when there will be none, or when what came is not a request.
    pub(super) fn next() -> Option<Self> {
        let mut envelope = [0; Envelope::WORDS];
        let mut header = [0; RequestHeader::WORDS];
        let body = scratch::body();
        let mut parts = [
            IoVec {
                base: envelope.as_mut_ptr().cast(),
                length: Envelope::BYTES,
            },
            IoVec {
                base: header.as_mut_ptr().cast(),
                length: RequestHeader::BYTES,
            },
            IoVec {
                base: body,
                length: INLINE_BODY_MAX,
            },
        ];
        let mut rights = Rights::<DESCRIPTORS_MAX>::empty();
        let got = kernel::receive(fd::CONTROL, &mut parts, &mut rights).ok()?;
        let descriptors = rights.received();
        let in_a_row = descriptors
            .iter()
            .copied()
            .eq((fd::FIRST_FREE..).take(descriptors.len()));
        if !in_a_row {
            return None;
        }
        let after_envelope = got.checked_sub(Envelope::BYTES)?;
        match Envelope::decode(envelope)?.asked {
            Asked::Command => {
                let inline = after_envelope.checked_sub(RequestHeader::BYTES)?;
                Received::new(RequestHeader::decode(header)?, body, inline, descriptors.len()).map(Self::Command)
            }
            Asked::Walk if after_envelope == 0 && !descriptors.is_empty() => Some(Self::Walk {
                descriptors: u32::try_from(descriptors.len()).ok()?,
            }),
            Asked::Detach if after_envelope == 0 && descriptors.is_empty() => Some(Self::Detach),
            Asked::Walk | Asked::Detach => None,
        }
    }
}

/// A request for a command as it came: header, body, and the numbers of its descriptors, which follow each other.
pub(super) struct Received {
    header: RequestHeader,
    body: *mut u8,
    mapped: bool,
    first: Fd,
    count: usize,
}

impl Received {
    /// With `inline` bytes of body in the message itself, and `count` descriptors.
    fn new(header: RequestHeader, body: *mut u8, inline: usize, count: usize) -> Option<Self> {
        let expected = if header.body_in_memfd == 0 {
            header.body as usize
        } else {
            0
        };
        if inline != expected {
            return None;
        }
        let mut received = Self {
            header,
            body,
            mapped: false,
            first: fd::FIRST_FREE,
            count,
        };
        if header.body_in_memfd != 0 {
            received.map_body().ok()?;
        }
        Some(received)
    }

    /// The body is in the memfd that came first; it is not for the newcomer.
    fn map_body(&mut self) -> Result<()> {
        let memfd = self.first;
        let length = self.header.body as usize;
        if self.count == 0 || kernel::length(memfd)? != length {
            return Err(Errno::INVAL);
        }
        self.body = kernel::map_privately(memfd, length)?;
        self.mapped = true;
        self.first = self.first.wrapping_add(1);
        self.count = self.count.wrapping_sub(1);
        Ok(())
    }

    /// Leaves nothing of it behind, for the next newcomer is a copy of this memory.
    pub(super) fn forget(&self) {
        if self.mapped {
            // SAFETY: the `Request` that referred to the body is gone.
            unsafe { kernel::unmap(self.body, self.header.body as usize) };
        }
        // SAFETY: as above, and so is the thread that used it.
        unsafe { scratch::wipe() };
    }
}

#[cfg(test)]
impl Received {
    pub(super) fn for_test(header: RequestHeader, body: &'static mut [u8], count: usize) -> Self {
        let header = RequestHeader {
            body: body.len().try_into().unwrap_or(0),
            ..header
        };
        Self {
            header,
            body: body.as_mut_ptr(),
            mapped: false,
            first: fd::FIRST_FREE,
            count,
        }
    }

    pub(super) fn body_for_test(&self) -> core::ops::Range<usize> {
        let first = self.body.addr();
        first..first.wrapping_add(self.header.body as usize)
    }
}

/// Where a descriptor is to be, and room to note where it is meanwhile.
#[repr(C)]
pub(super) struct Place {
    pub(super) number: Fd,
    pub(super) from: Fd,
}

/// A request that is what it claims to be.
pub(super) struct Request<'a> {
    pub(super) header: RequestHeader,
    /// The first of the descriptors to be placed; the others follow it.
    pub(super) first: Fd,
    /// Where they are to be, in the same order.
    pub(super) places: &'a mut [Place],
    pub(super) groups: Option<&'a [u32]>,
    pub(super) directory: Option<CString>,
    pub(super) programs: *const u64,
    pub(super) arguments: *const u64,
    pub(super) environment: *const u64,
}

impl<'a> Request<'a> {
    /// Checks a request, and makes its offsets into pointers.
    pub(super) fn read(received: &'a Received) -> Result<Self> {
        let header = received.header;
        let body = Body {
            address: received.body,
            length: header.body as usize,
        };
        let place_count = header.descriptors as usize;
        if received.count != place_count {
            return Err(Errno::INVAL);
        }
        let groups = match header.groups {
            ABSENT => None,
            count => Some(body.words(place_count.wrapping_mul(2), count as usize)?),
        };
        let directory = match header.directory {
            ABSENT => None,
            at => Some(body.string(at.into())?),
        };
        let pointers = body.pointers(header.pointers as usize, header.pointer_count as usize)?;
        let list = |index: u32| pointers.get(index as usize..).map(<[u64]>::as_ptr).ok_or(Errno::INVAL);
        Ok(Self {
            header,
            first: received.first,
            places: body.places(place_count)?,
            groups,
            directory,
            programs: list(0)?,
            arguments: list(header.arguments)?,
            environment: list(header.environment)?,
        })
    }
}

/// The body of a request; it begins at a page.
struct Body {
    address: *mut u8,
    length: usize,
}

impl Body {
    /// That `count` values of `size` bytes from `at` on lie within.
    fn check(&self, at: usize, count: usize, size: usize) -> Result<()> {
        let end = count
            .checked_mul(size)
            .and_then(|bytes| bytes.checked_add(at))
            .ok_or(Errno::INVAL)?;
        if end <= self.length && at.is_multiple_of(size) {
            Ok(())
        } else {
            Err(Errno::INVAL)
        }
    }

    /// The places, with which the body begins.
    fn places<'a>(&self, count: usize) -> Result<&'a mut [Place]> {
        self.check(0, count, size_of::<Place>())?;
        // SAFETY: checked and aligned; nothing else refers to this part of the body, which stays until `forget`.
        Ok(unsafe { core::slice::from_raw_parts_mut(self.address.cast(), count) })
    }

    fn words<'a>(&self, index: usize, count: usize) -> Result<&'a [u32]> {
        let at = index.checked_mul(size_of::<u32>()).ok_or(Errno::INVAL)?;
        self.check(at, count, size_of::<u32>())?;
        // SAFETY: checked; the body begins at a page, so the words are aligned, and it stays until `forget`.
        Ok(unsafe { core::slice::from_raw_parts(self.address.wrapping_add(at).cast(), count) })
    }

    /// A string; that it ends within the body is certain once `pointers` has seen that the body ends with a NUL.
    fn string(&self, at: u64) -> Result<CString> {
        let at = usize::try_from(at).map_err(|_| Errno::INVAL)?;
        self.check(at, 1, 1)?;
        // SAFETY: see above; `Request::read` gives no string away unless `pointers` succeeds.
        Ok(unsafe { CString::new(self.address.wrapping_add(at)) })
    }

    /// Makes the offsets at `at` into pointers, where they are.
    fn pointers<'a>(&self, at: usize, count: usize) -> Result<&'a [u64]> {
        self.check(at, count, size_of::<u64>())?;
        let last = self.length.checked_sub(1).ok_or(Errno::INVAL)?;
        // SAFETY: `last` is within the body.
        if unsafe { self.address.wrapping_add(last).read() } != 0 {
            return Err(Errno::INVAL);
        }
        let first = self.address.wrapping_add(at).cast::<u64>();
        // SAFETY: checked, aligned, and nothing else refers to this part of the body.
        let pointers = unsafe { core::slice::from_raw_parts_mut(first, count) };
        for pointer in &mut *pointers {
            *pointer = match *pointer {
                NO_STRING => 0,
                offset if offset <= last as u64 => (self.address.expose_provenance() as u64).wrapping_add(offset),
                _ => return Err(Errno::INVAL),
            };
        }
        match pointers.last() {
            Some(0) => Ok(pointers),
            _ => Err(Errno::INVAL),
        }
    }
}
