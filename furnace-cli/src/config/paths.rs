//! Paths of the host, relative to the directory of the file that names them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use clap::ValueHint;

use crate::config::keys::Key;

/// `value` as it would be typed in the directory `base`, but for use in any other.
///
/// Which values are paths of the host the definitions say by what a shell completes; where a path is only the first
/// part of a value, as in `SRC:DST`, it has another type.
pub(super) fn resolved(key: Key<'_>, value: &str, base: &Path) -> OsString {
    let stream = match key.hint() {
        ValueHint::AnyPath | ValueHint::DirPath | ValueHint::ExecutablePath => false,
        ValueHint::FilePath => true,
        _ => return value.into(),
    };
    let first_part = !key.is_path();
    let is_stream = stream && (value == "-" || first_part && value.starts_with("-:"));
    let has_no_path = value.is_empty() || first_part && value.starts_with(':');
    if value.starts_with('/') || is_stream || has_no_path {
        return value.into();
    }
    let mut path = match first_part {
        true => escaped(base.as_os_str()),
        false => base.into(),
    };
    path.push("/");
    path.push(value);
    path
}

/// `path` as the first of several parts with colons between them.
fn escaped(path: &OsStr) -> OsString {
    let mut part = Vec::new();
    for byte in path.as_bytes() {
        if matches!(byte, b':' | b'\\') {
            part.push(b'\\');
        }
        part.push(*byte);
    }
    OsString::from_vec(part)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::resolved;
    use crate::config::keys::Keys;

    fn word(key: &str, value: &str, base: &str) -> String {
        let keys = Keys::new();
        let key = keys.find(key).expect("it is one");
        resolved(key, value, Path::new(base)).into_string().expect("it is text")
    }

    #[test]
    fn paths_of_the_host_are_relative_to_the_file() {
        for key in ["root", "overlay", "work", "lower", "changes", "device"] {
            assert_eq!(word(key, "a:b", "/x:y"), "/x:y/a:b", "{key}");
            assert_eq!(word(key, "/a", "/x"), "/a", "{key}");
        }
        for key in ["bind", "bind-ro", "file"] {
            assert_eq!(word(key, "a:/b", r"/x:y\z"), r"/x\:y\\z/a:/b", "{key}");
            assert_eq!(word(key, "/a:/b", "/x"), "/a:/b", "{key}");
        }
    }

    #[test]
    fn paths_in_the_container_are_not() {
        for key in ["workdir", "tmpfs", "command", "env", "hostname"] {
            assert_eq!(word(key, "a", "/x"), "a", "{key}");
        }
    }

    #[test]
    fn a_stream_is_no_path() {
        assert_eq!(word("changes", "-", "/x"), "-");
        assert_eq!(word("file", "-:/a", "/x"), "-:/a");
        assert_eq!(word("bind", "-:/a", "/x"), "/x/-:/a");
        assert_eq!(word("root", "-", "/x"), "/x/-");
    }

    #[test]
    fn nothing_stays_nothing() {
        assert_eq!(word("root", "", "/x"), "");
        assert_eq!(word("bind", ":/a", "/x"), ":/a");
    }
}
