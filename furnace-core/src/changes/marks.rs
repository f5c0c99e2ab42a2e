//! What overlayfs has written on an entry of its upper directory, as Linux's
//! Documentation/filesystems/overlayfs.rst tells it.

use std::ffi::{CStr, CString};

use furnace_sys::Errno;

use super::attributes::attribute;
use super::change::FileType;
use super::entry::Entry;

const OPAQUE: &CStr = c"trusted.overlay.opaque";
const REDIRECT: &CStr = c"trusted.overlay.redirect";
const METACOPY: &CStr = c"trusted.overlay.metacopy";
const WHITEOUT: &CStr = c"trusted.overlay.whiteout";

/// What of the lower tree shows through an entry of the upper directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Below {
    /// What has the same name.
    SameName,
    /// What had this name beside it.
    Sibling(CString),
    /// What is at this path, relative to the root of the lower tree.
    At(CString),
    /// Nothing: it is opaque.
    Nothing,
}

/// Why the marks of an entry can't be followed.
#[derive(Debug)]
pub(super) enum Trouble {
    Os(Errno),
    /// It is redirected to what is no path of the lower tree.
    Redirect(Vec<u8>),
}

impl From<Errno> for Trouble {
    fn from(errno: Errno) -> Self {
        Self::Os(errno)
    }
}

/// Whether it is a character device 0:0: nobody can make one in an overlay, and in no layer of one is it seen.
pub(super) fn is_whiteout_device(entry: &Entry) -> bool {
    let about = entry.about();
    entry.file_type() == FileType::CharacterDevice && (about.stx_rdev_major, about.stx_rdev_minor) == (0, 0)
}

/// Whether it is an empty file that stands for a whiteout (Linux 6.7), in a directory that may have such.
pub(super) fn is_whiteout_file(entry: &Entry) -> Result<bool, Errno> {
    let may_be = entry.file_type() == FileType::File && entry.size() == 0;
    Ok(may_be && attribute(entry, WHITEOUT)?.is_some())
}

/// Whether files in this directory may stand for whiteouts.
pub(super) fn has_whiteout_files(directory: &Entry) -> Result<bool, Errno> {
    Ok(attribute(directory, OPAQUE)?.as_deref() == Some(b"x"))
}

/// What of the lower tree shows through a directory.
pub(super) fn below_directory(directory: &Entry) -> Result<Below, Trouble> {
    if attribute(directory, OPAQUE)?.as_deref() == Some(b"y") {
        return Ok(Below::Nothing);
    }
    redirected(directory)
}

/// Where in the lower tree the bytes of a regular file are, if only its metadata was copied up.
pub(super) fn bytes_below(file: &Entry) -> Result<Option<Below>, Trouble> {
    match attribute(file, METACOPY)? {
        None => Ok(None),
        Some(_) => redirected(file).map(Some),
    }
}

fn redirected(entry: &Entry) -> Result<Below, Trouble> {
    match attribute(entry, REDIRECT)? {
        None => Ok(Below::SameName),
        Some(redirect) => parse(&redirect).ok_or(Trouble::Redirect(redirect)),
    }
}

fn parse(redirect: &[u8]) -> Option<Below> {
    let is_name = |name: &[u8]| !matches!(name, b"" | b"." | b"..") && !name.contains(&0);
    match redirect {
        [b'/', path @ ..] if path.split(|byte| *byte == b'/').all(is_name) => CString::new(path).ok().map(Below::At),
        name if is_name(name) && !name.contains(&b'/') => CString::new(name).ok().map(Below::Sibling),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Below, parse};

    #[test]
    fn redirects_are_names_or_absolute_paths() {
        assert_eq!(parse(b"a"), Some(Below::Sibling(c"a".to_owned())));
        assert_eq!(parse(b"/a"), Some(Below::At(c"a".to_owned())));
        assert_eq!(parse(b"/a/..b/\xff"), Some(Below::At(c"a/..b/\xff".to_owned())));
    }

    #[test]
    fn redirects_never_leave_the_lower_tree() {
        for redirect in [
            "", "/", "//", ".", "..", "/..", "/a/../b", "a/b", "../a", "/a/", "//a", "/a/./b", "a\0",
        ] {
            assert_eq!(parse(redirect.as_bytes()), None, "{redirect:?}");
        }
    }
}
