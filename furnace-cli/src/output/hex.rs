//! Paths in JSON, whose strings can't hold all that a path can.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The bytes of a path that a JSON string can't hold.
pub(crate) fn hex(path: &Path) -> Option<String> {
    if path.to_str().is_some() {
        return None;
    }
    let bytes = path.as_os_str().as_bytes().iter();
    Some(bytes.fold(String::new(), |mut digits, byte| {
        // A string takes whatever is written to it.
        let _ = write!(digits, "{byte:02x}");
        digits
    }))
}

#[cfg(test)]
mod tests {
    use super::hex;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    #[test]
    fn only_what_is_not_utf8_has_digits() {
        assert_eq!(hex(Path::new("a\u{1}\"\u{fffd}ü")), None);
        let odd = OsStr::from_bytes(b"a\x0f\xff");
        assert_eq!(hex(Path::new(odd)).as_deref(), Some("610fff"));
    }
}
