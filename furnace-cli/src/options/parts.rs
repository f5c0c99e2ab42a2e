//! Values of several parts, with colons between them: `SRC:DST:FLAGS`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Takes `typed` apart at its bare colons. In a part, `\:` is a colon and `\\` a backslash.
pub(crate) fn parts(typed: &OsStr) -> Result<Vec<OsString>, &'static str> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    let mut rest = typed.as_bytes();
    loop {
        rest = match rest {
            [] => break,
            [b':', after @ ..] => {
                parts.push(OsString::from_vec(std::mem::take(&mut part)));
                after
            }
            [b'\\', plain @ (b':' | b'\\'), after @ ..] => {
                part.push(*plain);
                after
            }
            [b'\\', ..] => {
                return Err("a backslash is followed by neither `:` nor `\\`; type `\\\\` for one in a path");
            }
            [plain, after @ ..] => {
                part.push(*plain);
                after
            }
        };
    }
    parts.push(OsString::from_vec(part));
    Ok(parts)
}

/// The words of a part that has several, with commas between them.
pub(crate) fn words(part: &OsStr) -> Result<Vec<String>, &'static str> {
    // No word has other characters than ASCII: what is no UTF-8 is refused with whatever it is shown as.
    let words: Vec<String> = part.to_string_lossy().split(',').map(str::to_owned).collect();
    if words.iter().any(String::is_empty) {
        return Err("a word is missing after the last colon");
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::{parts, words};
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    fn split(typed: &[u8]) -> Option<Vec<Vec<u8>>> {
        let parts = parts(OsStr::from_bytes(typed)).ok()?;
        Some(parts.iter().map(|part| part.as_bytes().to_vec()).collect())
    }

    #[test]
    fn colons_separate() {
        assert_eq!(split(b""), Some(vec![b"".to_vec()]));
        assert_eq!(split(b"a"), Some(vec![b"a".to_vec()]));
        assert_eq!(
            split(b"a:b::"),
            Some(vec![b"a".to_vec(), b"b".to_vec(), vec![], vec![]])
        );
    }

    #[test]
    fn colons_and_backslashes_are_escaped() {
        assert_eq!(split(br"/a\:b:/c\\d"), Some(vec![b"/a:b".to_vec(), br"/c\d".to_vec()]));
        assert_eq!(split(br"/a\\:/b"), Some(vec![br"/a\".to_vec(), b"/b".to_vec()]));
        assert_eq!(split(br"/a\:"), Some(vec![b"/a:".to_vec()]));
    }

    #[test]
    fn other_bytes_are_themselves() {
        assert_eq!(
            split(b"/a \n\xff,:/\xfe"),
            Some(vec![b"/a \n\xff,".to_vec(), b"/\xfe".to_vec()])
        );
    }

    #[test]
    fn a_backslash_has_one_meaning() {
        for typed in [&br"/a\n"[..], br"/a\", br"/a:/b\", br"\,"] {
            assert_eq!(split(typed), None, "{}", typed.escape_ascii());
        }
    }

    #[test]
    fn no_word_is_empty() {
        assert_eq!(words(OsStr::new("a,b=c")), Ok(vec!["a".to_owned(), "b=c".to_owned()]));
        for typed in ["", ",", "a,", ",a", "a,,b"] {
            assert!(words(OsStr::new(typed)).is_err(), "{typed:?}");
        }
    }
}
