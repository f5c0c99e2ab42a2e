//! Where in the container something is mounted.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A path as the kernel takes it.
pub(crate) fn c_string(text: &OsStr) -> Result<CString, &'static str> {
    match text.as_bytes() {
        [] => Err("the path is empty"),
        bytes => CString::new(bytes).map_err(|_| "the path contains a NUL byte"),
    }
}

/// A destination, relative to the root, without `.`, `..` or empty components.
pub(crate) fn below_root(destination: &Path) -> Result<CString, &'static str> {
    let bytes = destination.as_os_str().as_bytes();
    let mut below = Vec::with_capacity(bytes.len() + 1);
    for component in bytes.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => return Err("the destination contains `..`: it is always inside the container"),
            name => {
                if !below.is_empty() {
                    below.push(b'/');
                }
                below.extend_from_slice(name);
            }
        }
    }
    if below.is_empty() {
        return Err("the destination is the container's root itself");
    }
    CString::new(below).map_err(|_| "the path contains a NUL byte")
}

/// As [`below_root`], for what is not a directory.
pub(super) fn file_below_root(destination: &Path) -> Result<CString, &'static str> {
    check_names_file(destination)?;
    below_root(destination)
}

pub(super) fn check_names_file(destination: &Path) -> Result<(), &'static str> {
    if destination.as_os_str().as_bytes().ends_with(b"/") {
        return Err("the source is not a directory, but the destination names one");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::below_root;
    use std::path::Path;

    fn destination(path: &str) -> Result<String, &'static str> {
        below_root(Path::new(path)).map(|path| path.into_string().expect("UTF-8"))
    }

    #[test]
    fn destinations_are_relative_to_the_root() {
        assert_eq!(destination("/a/b").as_deref(), Ok("a/b"));
        assert_eq!(destination("a//./b/").as_deref(), Ok("a/b"));
    }

    #[test]
    fn destinations_never_leave_the_root() {
        assert!(destination("/../etc").is_err());
        assert!(destination("a/../../b").is_err());
        assert!(destination("/").is_err());
        assert!(destination("").is_err());
        assert!(destination("a\0b").is_err());
    }
}
