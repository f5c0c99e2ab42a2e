//! The kernel calls that furnace-init makes, typed; one function, one call.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a register of the kernel's convention has 64 bits and no sign"
)]

/// A kernel call whose pointers, if any, were checked where they come from.
macro_rules! call {
    ($number:ident $(, $argument:expr)*) => {{
        let [a, b, c, d, e, f, ..] = [$($argument as usize,)* 0, 0, 0, 0, 0, 0];
        // SAFETY: every use below passes what the call asks for: numbers, `CString`s, and pointers to live values of
        // the size that the call reads or writes.
        unsafe { arch::syscall(numbers::$number, [a, b, c, d, e, f]) }
    }};
}

mod descriptors;
mod files;
mod identity;
mod loops;
mod memory;
mod mounts;
mod processes;
mod sockets;

pub(crate) use descriptors::*;
pub(crate) use files::*;
pub(crate) use identity::*;
pub(crate) use loops::*;
pub(crate) use memory::*;
pub(crate) use mounts::*;
pub(crate) use processes::*;
pub(crate) use sockets::*;

/// Why the kernel refused; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) i32);

impl Errno {
    pub(crate) const NOENT: Self = Self(2);
    pub(crate) const INTR: Self = Self(4);
    pub(crate) const IO: Self = Self(5);
    pub(crate) const NXIO: Self = Self(6);
    pub(crate) const BADF: Self = Self(9);
    pub(crate) const AGAIN: Self = Self(11);
    pub(crate) const ACCES: Self = Self(13);
    pub(crate) const BUSY: Self = Self(16);
    pub(crate) const EXIST: Self = Self(17);
    pub(crate) const NOTDIR: Self = Self(20);
    pub(crate) const INVAL: Self = Self(22);
    pub(crate) const FBIG: Self = Self(27);

    /// As it travels: errnos are positive and small.
    pub(crate) fn to_word(self) -> u32 {
        self.0.unsigned_abs()
    }
}

pub(crate) type Result<T> = core::result::Result<T, Errno>;

/// A descriptor, by its number: in this program they are opened and closed in bulk.
pub(crate) type Fd = i32;

/// A string that ends with a NUL, in memory that outlives its use.
#[derive(Clone, Copy)]
pub(crate) struct CString(*const u8);

impl CString {
    /// # Safety
    ///
    /// A NUL must follow within memory that stays readable for as long as the value is used.
    pub(crate) unsafe fn new(first: *const u8) -> Self {
        Self(first)
    }

    pub(crate) fn literal(text: &'static core::ffi::CStr) -> Self {
        Self(text.as_ptr().cast())
    }

    fn word(self) -> usize {
        self.0.expose_provenance()
    }
}

/// What relative paths are relative to, where no directory is given.
const AT_FDCWD: Fd = -100;
const AT_EMPTY_PATH: usize = 0x1000;
const AT_SYMLINK_NOFOLLOW: usize = 0x100;
const AT_RECURSIVE: usize = 0x8000;
const O_CLOEXEC: i32 = 0o2_000_000;

/// A descriptor or a pid as the kernel's register wants it: sign and all.
fn word(number: i32) -> usize {
    number as isize as usize
}

fn checked(result: isize) -> Result<usize> {
    usize::try_from(result).map_err(|_| Errno(i32::try_from(result.wrapping_neg()).unwrap_or(Errno::IO.0)))
}

fn nothing(result: isize) -> Result<()> {
    checked(result).map(drop)
}

fn descriptor(result: isize) -> Result<Fd> {
    checked(result).and_then(|fd| Fd::try_from(fd).map_err(|_| Errno::BADF))
}

fn again_if_interrupted(mut call: impl FnMut() -> isize) -> Result<usize> {
    loop {
        match checked(call()) {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}
