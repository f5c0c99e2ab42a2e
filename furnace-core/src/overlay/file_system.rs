//! File systems that can't be written to through an overlay.

use rustix::fs::StatFs;

/// Of file systems that the kernel does not take as an upper directory, by their magic number in statfs(2).
const UNSUITABLE: [(u32, &str); 9] = [
    (0x794c_7630, "overlay"),
    (0x6969, "nfs"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb2"),
    (0x0102_1997, "9p"),
    (0x4d44, "vfat"),
    (0x2011_bab0, "exfat"),
    (0x9fa0, "proc"),
    (0x6265_6572, "sysfs"),
];

/// The type of a file system that the kernel does not take as an upper directory.
pub(super) fn unsuitable_type(about: &StatFs) -> Option<&'static str> {
    // Magic numbers are words, whatever type the field has.
    let magic = u32::try_from(about.f_type & 0xffff_ffff).unwrap_or(0);
    let found = UNSUITABLE.into_iter().find(|(number, _)| *number == magic);
    found.map(|(_, name)| name)
}
