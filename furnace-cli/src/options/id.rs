//! The number of a user or a group.

/// The number that is typed, of a user or a group, as `of` says. Names are not looked up: there is no container yet.
pub(crate) fn id(digits: &[u8], of: &str) -> Result<u32, String> {
    // The last number is no id: to the kernel it means "leave it as it is".
    const NO_ID: u32 = u32::MAX;
    let number = if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        str::from_utf8(digits).map_err(|_| ()).map(str::parse)
    } else {
        Err(())
    };
    match number {
        Ok(Ok(id)) if id != NO_ID => Ok(id),
        Ok(_) => Err(format!("the {of} id is greater than {}", NO_ID - 1)),
        Err(()) => Err(format!("the {of} id is not a decimal number; names are not looked up")),
    }
}

#[cfg(test)]
mod tests {
    use super::id;

    fn parse(typed: &str) -> Option<u32> {
        id(typed.as_bytes(), "user").ok()
    }

    #[test]
    fn digits_are_a_number() {
        assert_eq!(parse("0"), Some(0));
        assert_eq!(parse("4294967294"), Some(4_294_967_294));
        assert_eq!(parse("007"), Some(7));
    }

    #[test]
    fn nothing_but_digits_is_one() {
        for typed in ["", "root", "1000x", "+1", "-1", " 1", "1 ", "0x10", "1:2", "١"] {
            assert_eq!(parse(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn no_number_wraps_around() {
        for typed in ["4294967295", "4294967296", "18446744073709551616"] {
            assert_eq!(parse(typed), None, "{typed:?}");
        }
    }
}
