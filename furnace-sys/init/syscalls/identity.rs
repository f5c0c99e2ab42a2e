//! What a container is called, and its loopback interface.

use super::super::arch::{self, numbers};
use super::{CString, O_CLOEXEC, Result, close, descriptor, nothing, word};

pub(crate) fn set_hostname(name: CString, length: u32) -> Result<()> {
    nothing(call!(SETHOSTNAME, name.word(), length))
}

/// `struct ifreq` of netdevice(7), as far as flags go.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: i16,
    unused: [u8; 22],
}

/// netdevice(7): adds `IFF_UP` to the flags of `lo`. Any socket will do; a unix one needs no protocol in the kernel.
pub(crate) fn bring_up_loopback() -> Result<()> {
    const AF_UNIX: usize = 1;
    const SOCK_DGRAM: i32 = 2;
    const SIOCGIFFLAGS: usize = 0x8913;
    const SIOCSIFFLAGS: usize = 0x8914;
    const IFF_UP: i16 = 1;
    let socket = descriptor(call!(SOCKET, AF_UNIX, SOCK_DGRAM | O_CLOEXEC, 0_usize))?;
    let mut request = InterfaceRequest {
        name: *b"lo\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        flags: 0,
        unused: [0; 22],
    };
    let result = nothing(call!(IOCTL, word(socket), SIOCGIFFLAGS, &raw mut request)).and_then(|()| {
        request.flags |= IFF_UP;
        nothing(call!(IOCTL, word(socket), SIOCSIFFLAGS, &raw const request))
    });
    close(socket);
    result
}
