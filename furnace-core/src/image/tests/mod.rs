//! Images made of crafted bytes.

mod look;
mod random;
pub(super) mod superblocks;
pub(super) mod tables;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{MemfdFlags, memfd_create};

/// A file with these bytes, in memory.
pub(super) fn file(bytes: &[u8]) -> File {
    let mut file = File::from(memfd_create("image", MemfdFlags::CLOEXEC).expect("a memfd"));
    file.write_all(bytes).expect("written");
    file
}

/// Writes `bytes` over others.
pub(super) fn put(over: &mut [u8], at: usize, bytes: &[u8]) {
    over[at..at + bytes.len()].copy_from_slice(bytes);
}

/// A file with a path, gone with this.
struct Temporary(PathBuf);

impl Temporary {
    fn new(bytes: &[u8]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("furnace-image-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).expect("written");
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Numbers that look random and are the same each time (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("less than a usize")
    }
}
