//! Sockets and pipes: what is said to the caller and to PID 1.

use core::ffi::c_void;
use core::mem::{MaybeUninit, size_of};
use core::ptr::null;

use super::super::arch::{self, numbers};
use super::{Errno, Fd, O_CLOEXEC, Result, again_if_interrupted, nothing, word};
use crate::wire::HANDED_MAX;

#[repr(C)]
pub(crate) struct IoVec {
    pub(crate) base: *mut u8,
    pub(crate) length: usize,
}

#[repr(C)]
pub(crate) struct Message {
    name: *const c_void,
    name_length: u32,
    parts: *const IoVec,
    part_count: usize,
    control: *mut u8,
    control_length: usize,
    flags: i32,
}

impl Message {
    /// A message of these parts, with `control_length` bytes of ancillary data at `control`.
    fn new(parts: &[IoVec], control: *mut u8, control_length: usize) -> Self {
        Self {
            name: null(),
            name_length: 0,
            parts: parts.as_ptr(),
            part_count: parts.len(),
            control,
            control_length,
            flags: 0,
        }
    }
}

const SOL_SOCKET: i32 = 1;
const SCM_RIGHTS: i32 = 1;

/// The most descriptors that are sent at once: PID 1 and what a plan hands over.
const SENT_MAX: usize = 1 + HANDED_MAX;

/// Ancillary data that carries up to `N` descriptors (cmsg(3)).
#[repr(C, align(8))]
pub(crate) struct Rights<const N: usize> {
    length: usize,
    level: i32,
    kind: i32,
    descriptors: MaybeUninit<[Fd; N]>,
}

impl<const N: usize> Rights<N> {
    const HEADER: usize = 16;

    /// None, and room for `N`.
    pub(crate) fn empty() -> Self {
        Self {
            length: 0,
            level: 0,
            kind: 0,
            descriptors: MaybeUninit::uninit(),
        }
    }

    fn of(descriptors: &[Fd]) -> Self {
        let mut carried = [-1; N];
        for (place, descriptor) in carried.iter_mut().zip(descriptors) {
            *place = *descriptor;
        }
        Self {
            length: size_of_val(descriptors).wrapping_add(Self::HEADER),
            level: SOL_SOCKET,
            kind: SCM_RIGHTS,
            descriptors: MaybeUninit::new(carried),
        }
    }

    /// The descriptors that came.
    pub(crate) fn received(&self) -> &[Fd] {
        let carried = self.level == SOL_SOCKET && self.kind == SCM_RIGHTS;
        let bytes = if carried {
            self.length.saturating_sub(Self::HEADER)
        } else {
            0
        };
        let count = bytes.checked_div(size_of::<Fd>()).unwrap_or(0).min(N);
        // SAFETY: the kernel has written as many descriptors as the length says, of which there is room for `N`.
        unsafe { core::slice::from_raw_parts(self.descriptors.as_ptr().cast(), count) }
    }
}

/// sendmsg(2), with a few descriptors or none; a reader that is gone is no signal.
pub(crate) fn send(socket: Fd, bytes: &[u8], descriptors: &[Fd]) -> Result<()> {
    const MSG_NOSIGNAL: usize = 0x4000;
    let parts = [IoVec {
        base: bytes.as_ptr().cast_mut(),
        length: bytes.len(),
    }];
    if descriptors.len() > SENT_MAX {
        return Err(Errno::INVAL);
    }
    let mut rights = Rights::<SENT_MAX>::of(descriptors);
    let control_length = if descriptors.is_empty() { 0 } else { rights.length };
    let message = Message::new(&parts, (&raw mut rights).cast(), control_length);
    again_if_interrupted(|| call!(SENDMSG, word(socket), &raw const message, MSG_NOSIGNAL)).map(drop)
}

/// recvmsg(2) into `parts`; descriptors that come close at exec. Gives the number of bytes; 0 when the other end is gone.
pub(crate) fn receive<const N: usize>(socket: Fd, parts: &mut [IoVec], rights: &mut Rights<N>) -> Result<usize> {
    // Where nothing comes, nothing is written.
    rights.length = 0;
    receive_message(
        socket,
        Message::new(parts, (&raw mut *rights).cast(), size_of::<Rights<N>>()),
    )
}

/// The same for all numbers of descriptors, so that the program has it once.
fn receive_message(socket: Fd, mut message: Message) -> Result<usize> {
    const MSG_CMSG_CLOEXEC: usize = 0x4000_0000;
    const MSG_TRUNCATED: i32 = 0x20 | 0x08;
    let got = again_if_interrupted(|| call!(RECVMSG, word(socket), &raw mut message, MSG_CMSG_CLOEXEC))?;
    if message.flags & MSG_TRUNCATED != 0 {
        Err(Errno::INVAL)
    } else {
        Ok(got)
    }
}

const O_NONBLOCK: i32 = 0o4_000;

/// pipe2(2): the end to read from, the end to write to; both close at exec, and neither ever blocks.
pub(crate) fn pipe() -> Result<[Fd; 2]> {
    let mut ends = [-1; 2];
    nothing(call!(PIPE2, &raw mut ends, O_CLOEXEC | O_NONBLOCK))?;
    Ok(ends)
}

/// socketpair(2) of two unix seqpacket sockets.
pub(crate) fn socket_pair() -> Result<[Fd; 2]> {
    const AF_UNIX: usize = 1;
    const SOCK_SEQPACKET: i32 = 5;
    let mut pair = [-1; 2];
    nothing(call!(
        SOCKETPAIR,
        AF_UNIX,
        SOCK_SEQPACKET | O_CLOEXEC,
        0_usize,
        &raw mut pair
    ))?;
    Ok(pair)
}

#[repr(C)]
pub(crate) struct Watched {
    fd: Fd,
    asked: i16,
    happened: i16,
}

impl Watched {
    pub(crate) fn for_reading(fd: Fd) -> Self {
        const POLLIN: i16 = 1;
        Self {
            fd,
            asked: POLLIN,
            happened: 0,
        }
    }

    pub(crate) fn anything_happened(&self) -> bool {
        self.happened != 0
    }
}

/// ppoll(2), without a limit.
pub(crate) fn wait_for_any(watched: &mut [Watched]) -> Result<()> {
    again_if_interrupted(|| call!(PPOLL, watched.as_mut_ptr(), watched.len(), 0_usize, 0_usize, 0_usize)).map(drop)
}

/// ppoll(2) of nothing: sleeps, for less than a second.
pub(crate) fn pause(milliseconds: i64) {
    let time = [0, milliseconds.saturating_mul(1_000_000)];
    call!(PPOLL, 0_usize, 0_usize, &raw const time, 0_usize, 0_usize);
}

/// Whether there is something to be read, or an end, at this moment.
pub(crate) fn has_happened(fd: Fd) -> bool {
    let mut watched = [Watched::for_reading(fd)];
    let no_time = [0_i64; 2];
    let counted = again_if_interrupted(|| {
        call!(
            PPOLL,
            watched.as_mut_ptr(),
            1_usize,
            &raw const no_time,
            0_usize,
            0_usize
        )
    });
    counted != Ok(0)
}
