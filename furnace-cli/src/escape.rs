//! What was typed may come from anywhere, and must not command the terminal that a message about it is shown on.

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

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn only_what_is_not_visible_is_escaped() {
        assert_eq!(escaped(r#"--bind 'a' "b" \: ü"#), r#"--bind 'a' "b" \: ü"#);
        assert_eq!(escaped("\x1b[2J\r\n\u{202e}"), r"\u{1b}[2J\r\n\u{202e}");
    }
}
