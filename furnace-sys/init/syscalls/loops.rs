//! Loop devices, loop(4).

use super::super::arch::{self, numbers};
use super::{Fd, Result, descriptor, nothing, word};

const LO_FLAGS_READ_ONLY: u32 = 1;
const LO_FLAGS_AUTOCLEAR: u32 = 4;

/// `struct loop_info64`.
#[repr(C)]
struct Info {
    of_the_file: [u64; 3],
    offset: u64,
    length: u64,
    number: u32,
    encryption: [u32; 2],
    flags: u32,
    names: [[u8; 64]; 2],
    key: [u8; 32],
    init: [u64; 2],
}

impl Info {
    const EMPTY: Self = Self {
        of_the_file: [0; 3],
        offset: 0,
        length: 0,
        number: 0,
        encryption: [0; 2],
        flags: 0,
        names: [[0; 64]; 2],
        key: [0; 32],
        init: [0; 2],
    };
}

/// `struct loop_config`.
#[repr(C)]
struct Config {
    file: u32,
    block_size: u32,
    info: Info,
    reserved: [u64; 8],
}

/// `LOOP_CTL_GET_FREE`: the number of a device that is free, at this moment.
pub(crate) fn free_loop_device(control: Fd) -> Result<u32> {
    const LOOP_CTL_GET_FREE: usize = 0x4c82;
    descriptor(call!(IOCTL, word(control), LOOP_CTL_GET_FREE)).map(i32::unsigned_abs)
}

/// `LOOP_CONFIGURE`, Linux 5.8: the device shows a part of the file, until nobody has it open or mounted any more.
pub(crate) fn configure_loop_device(device: Fd, file: Fd, writable: bool, offset: u64, length: u64) -> Result<()> {
    const LOOP_CONFIGURE: usize = 0x4c0a;
    let read_only = if writable { 0 } else { LO_FLAGS_READ_ONLY };
    let config = Config {
        file: file.unsigned_abs(),
        block_size: 0,
        info: Info {
            offset,
            length,
            flags: LO_FLAGS_AUTOCLEAR | read_only,
            ..Info::EMPTY
        },
        reserved: [0; 8],
    };
    nothing(call!(IOCTL, word(device), LOOP_CONFIGURE, &raw const config))
}

/// `LOOP_GET_STATUS64`: the number of an open device.
pub(crate) fn loop_device_number(device: Fd) -> Result<u32> {
    const LOOP_GET_STATUS64: usize = 0x4c05;
    let mut info = Info::EMPTY;
    nothing(call!(IOCTL, word(device), LOOP_GET_STATUS64, &raw mut info))?;
    Ok(info.number)
}
