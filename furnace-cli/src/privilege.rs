//! Refuses to run with more rights than whoever typed: environment, arguments and paths are theirs.

use std::io;

/// `AT_SECURE` of getauxval(3).
const AT_SECURE: u64 = 23;

/// Whether the kernel says that this program was given rights by its file: a set-user-id bit, or capabilities.
pub(crate) fn is_lent() -> io::Result<bool> {
    let vector = std::fs::read("/proc/self/auxv")?;
    let words: Vec<u64> = vector
        .chunks_exact(8)
        .filter_map(|bytes| bytes.try_into().ok().map(u64::from_ne_bytes))
        .collect();
    Ok(words
        .chunks_exact(2)
        .any(|entry| matches!(entry, [AT_SECURE, value] if *value != 0)))
}
