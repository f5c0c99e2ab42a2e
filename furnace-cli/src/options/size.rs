//! Sizes, as people type them: `--ephemeral=2G`, `size=512M`, `size=50%`.

use std::ffi::OsStr;

use crate::output::escape::escaped;

/// How much something in memory may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// 1 at least.
    Bytes(u64),
    /// Of the machine's memory, 1 to 100.
    Percent(u8),
}

/// What may follow the number, as in tmpfs(5): 1024 bytes, 1024 of those, and so on. There is one name for each, so that
/// none can be meant as a power of 1000.
const UNITS: [&str; 5] = ["", "K", "M", "G", "T"];

const FORMS: &str = "type bytes (1048576), or a number of K, M, G or T (512M), or a part of the memory (50%)";

impl Size {
    /// Decimal digits, alone, or with one of `K`, `M`, `G`, `T` (in either case) or `%`.
    pub(crate) fn parse(typed: &OsStr) -> Result<Self, String> {
        let text = typed.to_string_lossy();
        read(&text).map_err(|why| format!("`{}` is no size: {why}", escaped(&text)))
    }
}

fn read(text: &str) -> Result<Size, String> {
    let (digits, unit) = split(text);
    if digits.is_empty() {
        let why = match text {
            "" => "it is empty",
            _ if text.starts_with('-') => "it is negative",
            _ => "it does not begin with a digit",
        };
        return Err(format!("{why}; {FORMS}"));
    }
    if let Some(fraction) = unit.strip_prefix(['.', ',']) {
        let near = whole(digits, fraction).unwrap_or_else(|| FORMS.to_owned());
        return Err(format!("the number is not whole; {near}"));
    }
    if digits.bytes().all(|digit| digit == b'0') {
        // tmpfs(5) would take it for no limit at all.
        return Err(format!("it has to be greater than 0; {FORMS}"));
    }
    if unit == "%" {
        return match digits.parse() {
            Ok(percent @ 1..=100) => Ok(Size::Percent(percent)),
            _ => Err("the most is 100%".to_owned()),
        };
    }
    let Some(power) = power(unit) else {
        let near = usual(unit).and_then(|power| UNITS.get(power));
        let near = near.map_or_else(
            || FORMS.to_owned(),
            |name| format!("type {digits}{name}; units are powers of 1024"),
        );
        return Err(format!("`{}` is no unit; {near}", escaped(unit)));
    };
    let number = digits.parse().ok();
    let bytes = number.and_then(|number: u64| number.checked_mul(1 << (10 * power)));
    bytes.map(Size::Bytes).ok_or_else(|| "the most is 16777215T".to_owned())
}

/// Up to the first that is no digit, and from there.
fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Which power of 1024 a unit is.
fn power(unit: &str) -> Option<usize> {
    UNITS.iter().position(|name| name.eq_ignore_ascii_case(unit))
}

/// The unit that one of another convention, such as `MiB`, probably means.
fn usual(unit: &str) -> Option<usize> {
    let unit = unit.trim().to_ascii_uppercase();
    let unit = unit
        .strip_suffix("BYTES")
        .or_else(|| unit.strip_suffix('B'))
        .unwrap_or(&unit);
    power(unit.strip_suffix('I').unwrap_or(unit))
}

/// What to type instead of `digits` and `.` and `rest`: the nearest whole number of the next smaller unit.
fn whole(digits: &str, rest: &str) -> Option<String> {
    let (fraction, unit) = split(rest);
    let smaller = usual(unit)?.checked_sub(1)?;
    let scale = 10_u64.checked_pow(fraction.len().try_into().ok()?)?;
    let number: u64 = format!("{digits}{fraction}").parse().ok()?;
    // Rounded up, so that it is never 0 and never less than was asked for.
    let number = number.checked_mul(1024)?.div_ceil(scale).max(1);
    Some(format!("type {number}{}", UNITS.get(smaller)?))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::Size;

    fn bytes(typed: &str) -> Option<u64> {
        match Size::parse(typed.as_ref()) {
            Ok(Size::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    fn error(typed: &str) -> String {
        Size::parse(typed.as_ref()).expect_err(typed)
    }

    #[test]
    fn units_are_powers_of_1024() {
        assert_eq!(bytes("1"), Some(1));
        assert_eq!(bytes("0065536"), Some(65536));
        assert_eq!(bytes("64K"), Some(64 << 10));
        assert_eq!(bytes("512m"), Some(512 << 20));
        assert_eq!(bytes("2G"), Some(2 << 30));
        assert_eq!(bytes("3t"), Some(3 << 40));
    }

    #[test]
    fn a_part_of_the_memory_is_a_size() {
        assert_eq!(Size::parse("1%".as_ref()), Ok(Size::Percent(1)));
        assert_eq!(Size::parse("100%".as_ref()), Ok(Size::Percent(100)));
        assert_eq!(error("101%"), "`101%` is no size: the most is 100%");
        assert_eq!(
            error("99999999999999999999%"),
            "`99999999999999999999%` is no size: the most is 100%"
        );
    }

    #[test]
    fn the_largest_is_the_largest() {
        assert_eq!(bytes("18446744073709551615"), Some(u64::MAX));
        assert_eq!(bytes("16777215T"), Some(u64::MAX - ((1 << 40) - 1)));
        for typed in [
            "18446744073709551616",
            "18014398509481984K",
            "16777216T",
            "99999999999999999999G",
        ] {
            assert_eq!(error(typed), format!("`{typed}` is no size: the most is 16777215T"));
        }
    }

    #[test]
    fn nothing_is_no_size() {
        for typed in ["0", "000", "0K", "0%", "0MiB"] {
            assert!(error(typed).contains("greater than 0"), "{typed}: {}", error(typed));
        }
    }

    #[test]
    fn the_nearest_right_form_is_told() {
        for (typed, right) in [
            ("1.5G", "type 1536M"),
            ("1,5g", "type 1536M"),
            ("0.5K", "type 512"),
            ("0.1T", "type 103G"),
            ("2.5GiB", "type 2560M"),
            ("0.0000001G", "type 1M"),
            ("512MiB", "type 512M"),
            ("512Mi", "type 512M"),
            ("512 mb", "type 512M"),
            ("512kb", "type 512K"),
            ("512B", "type 512;"),
            ("512 bytes", "type 512;"),
            ("1K ", "type 1K"),
        ] {
            assert!(error(typed).contains(right), "{typed}: {}", error(typed));
            assert!(error(typed).contains(&format!("`{typed}`")));
        }
    }

    #[test]
    fn what_is_no_number_is_told_what_is() {
        for typed in [
            "",
            " ",
            " 1",
            "-1",
            "+1",
            "M",
            "%",
            "half",
            "5X",
            "5P",
            "5%%",
            "5KK",
            "0x10",
            "1.5",
            "1.5X",
            "1..5G",
            "1.G.",
            "1e9",
            "١",
            ".5G",
            "1.99999999999999999999G",
        ] {
            assert!(error(typed).contains("512M"), "{typed}: {}", error(typed));
        }
        assert!(error("-1").contains("negative"));
        assert!(error("5X").contains("`X` is no unit"));
    }

    #[test]
    fn hostile_text_is_harmless() {
        for typed in [&b"\x1b[2J"[..], b"5\x1b[2J\xff", b"1.5\n\x07G"] {
            let error = Size::parse(OsStr::from_bytes(typed)).expect_err("it is none");
            assert!(!error.contains(char::is_control), "{error:?}");
        }
    }
}
