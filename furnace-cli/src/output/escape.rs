//! What was typed may come from anywhere, and must not command the terminal that a message about it is shown on.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// `text` with everything escaped that is not plainly visible.
pub(crate) fn escaped(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut shown, character| {
            match character {
                '\'' | '"' | '\\' => shown.push(character),
                _ => shown.extend(character.escape_debug()),
            }
            shown
        })
}

/// As [`escaped`], for a path; what is no UTF-8 is shown in hexadecimal digits.
pub(crate) fn escaped_path(path: &Path) -> String {
    let mut shown = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        shown.push_str(&escaped(chunk.valid()));
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    shown
}

/// JSON that says the same, in which nothing is left that commands a terminal it may be shown on: what a serializer has
/// to escape is only a part of that.
pub(crate) fn escaped_json(json: &str) -> String {
    let is_harmless = |character: char| match character {
        ' '..='~' => true,
        _ => character.escape_debug().len() == 1,
    };
    json.chars()
        .fold(String::with_capacity(json.len()), |mut shown, character| {
            match is_harmless(character) {
                true => shown.push(character),
                false => {
                    let units = &mut [0; 2];
                    let units = character.encode_utf16(units).iter();
                    shown.extend(units.map(|unit| format!("\\u{unit:04x}")));
                }
            }
            shown
        })
}

#[cfg(test)]
mod tests {
    use super::{escaped, escaped_json, escaped_path};
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    #[test]
    fn only_what_is_not_visible_is_escaped() {
        assert_eq!(escaped(r#"--bind 'a' "b" \: ü"#), r#"--bind 'a' "b" \: ü"#);
        assert_eq!(escaped("\x1b[2J\r\n\u{202e}"), r"\u{1b}[2J\r\n\u{202e}");
    }

    #[test]
    fn json_means_the_same_and_commands_nothing() {
        let text = "a\u{1b}[2J\u{7f}\u{9b}\u{202e}\u{e0041}\"\\\nü漢👍";
        let json = serde_json::to_string(text).expect("it is text");
        let shown = escaped_json(&json);
        assert_eq!(shown, r#""a\u001b[2J\u007f\u009b\u202e\udb40\udc41\"\\\nü漢👍""#);
        assert_eq!(serde_json::from_str::<String>(&shown).expect("it is JSON"), text);
    }

    #[test]
    fn no_byte_of_a_path_is_lost() {
        let path = OsStr::from_bytes(b"/a\n\xff\xc3\xbc");
        assert_eq!(escaped_path(Path::new(path)), r"/a\n\xffü");
    }
}
