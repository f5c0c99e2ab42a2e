//! Modes of files, as chmod(1) has them in numbers.

use crate::output::escape::escaped;

/// Octal digits. How high it may be depends on what it is of.
pub(crate) fn parse(typed: &str) -> Result<u32, String> {
    let digits = typed.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    digits
        .then(|| u32::from_str_radix(typed, 8).ok())
        .flatten()
        .ok_or_else(|| format!("`{}` is no mode; type octal digits, such as 755", escaped(typed)))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn modes_are_octal() {
        assert_eq!(parse("755"), Ok(0o755));
        assert_eq!(parse("01777"), Ok(0o1777));
        for typed in ["", "8", "+7", "-7", "0o7", "u=rwx", "77777777777777"] {
            assert!(parse(typed).is_err(), "{typed:?}");
        }
    }
}
