//! Foreign text in messages: paths and names come from anywhere, and must not command a terminal or forge a log line.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;

/// Shows text with everything escaped that is not plainly visible.
pub(crate) struct Escaped<'a>(&'a [u8]);

/// Shows `text` with everything escaped that is not plainly visible.
pub(crate) fn escaped<T: AsRef<OsStr> + ?Sized>(text: &T) -> Escaped<'_> {
    Escaped(text.as_ref().as_bytes())
}

/// As [`escaped`], for bytes.
pub(crate) fn escaped_bytes(text: &[u8]) -> Escaped<'_> {
    Escaped(text)
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '\'' | '"' => write!(f, "{character}")?,
                    _ => write!(f, "{}", character.escape_debug())?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::escaped_bytes;

    #[test]
    fn plain_text_stays() {
        assert_eq!(escaped_bytes("/srv/a b/ü'\"".as_bytes()).to_string(), "/srv/a b/ü'\"");
    }

    #[test]
    fn what_commands_a_terminal_is_escaped() {
        let hostile = b"a\x1b]52;c;\x07\r\n\xe2\x80\xae\xff\\";
        assert_eq!(
            escaped_bytes(hostile).to_string(),
            r"a\u{1b}]52;c;\u{7}\r\n\u{202e}\xff\\"
        );
    }
}
