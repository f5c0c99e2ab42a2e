//! A loop device for an image: found, set up, named.

use super::name::Name;
use super::syscalls::{self as kernel, CString, Errno, Fd, Result};

/// How often another process may take the device that was just free.
const PATIENCE: u32 = 64;

/// Attaches a part of `image` to a free loop device. It is freed by itself when nobody has it open or mounted.
pub(super) fn attach(image: Fd, writable: bool, part: &[u8]) -> Result<Fd> {
    let [Some(offset), Some(length)] = [0, 8].map(|at| number(part, at)) else {
        return Err(Errno::INVAL);
    };
    let control = kernel::open_file(CString::literal(c"/dev/loop-control"), true)?;
    let attached = (0..PATIENCE)
        .map(|_| attach_free(control, image, writable, offset, length))
        .find(|attached| !matches!(attached, Err(Errno::BUSY | Errno::NXIO)));
    kernel::close(control);
    attached.unwrap_or(Err(Errno::BUSY))
}

fn attach_free(control: Fd, image: Fd, writable: bool, offset: u64, length: u64) -> Result<Fd> {
    let device = kernel::open_file(path(kernel::free_loop_device(control)?).as_c_string(), writable)?;
    match kernel::configure_loop_device(device, image, writable, offset, length) {
        Ok(()) => Ok(device),
        Err(errno) => {
            kernel::close(device);
            Err(errno)
        }
    }
}

/// The path of a loop device.
pub(super) fn path(number: u32) -> Name {
    let mut path = Name::new(b"/dev/loop");
    path.push_number(number);
    path
}

fn number(part: &[u8], at: usize) -> Option<u64> {
    let bytes = part.get(at..)?.first_chunk()?;
    Some(u64::from_ne_bytes(*bytes))
}
