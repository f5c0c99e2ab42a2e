//! Who is meant, as it is typed.

use std::fmt;
use std::str::FromStr;

use crate::error::escape::escaped_bytes;
use crate::error::{Attempt, Error, Result};

/// The longest name that Linux's own tools make has 32 characters.
const LONGEST: usize = 256;

/// A user, and maybe a group: `USER[:GROUP]`, each a number or a name.
///
/// What consists of digits is a number, and never looked up; what does not, is a name: letters, digits, `_`, `-` and `.`,
/// beginning with a letter or `_`, maybe with a `$` at its end.
///
/// ```
/// use furnace_core::UserSpec;
///
/// assert!("1000".parse::<UserSpec>().is_ok());
/// assert!("www-data:adm".parse::<UserSpec>().is_ok());
/// assert!("4294967296".parse::<UserSpec>().is_err());
/// assert!("-1".parse::<UserSpec>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserSpec {
    pub(crate) user: Which,
    pub(crate) group: Option<Which>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Which {
    Id(u32),
    Name(String),
}

impl FromStr for UserSpec {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for what is neither a number up to 4294967294 nor a
    /// name.
    fn from_str(typed: &str) -> Result<Self> {
        let parse = || {
            Ok(match typed.split_once(':') {
                None => Self {
                    user: Which::parse(typed, "user")?,
                    group: None,
                },
                Some((user, group)) => Self {
                    user: Which::parse(user, "user")?,
                    group: Some(Which::parse(group, "group")?),
                },
            })
        };
        parse().map_err(|why: String| {
            let words = format!("cannot be the user {}", escaped_bytes(typed.as_bytes()));
            Error::invalid(Attempt::on_no_path(words), why)
        })
    }
}

impl fmt::Display for UserSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.user.fmt(f)?;
        self.group.as_ref().map_or(Ok(()), |group| write!(f, ":{group}"))
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl Which {
    fn parse(typed: &str, what: &str) -> Result<Self, String> {
        if typed.is_empty() {
            return Err(format!("the {what} is empty"));
        }
        if typed.bytes().all(|byte| byte.is_ascii_digit()) {
            return match id(typed.as_bytes()) {
                Some(id) => Ok(Self::Id(id)),
                None => Err(format!("the {what} id is greater than {}", u32::MAX - 1)),
            };
        }
        if is_name(typed) {
            return Ok(Self::Name(typed.to_owned()));
        }
        Err(format!(
            "`{}` is neither the number of a {what} nor a name: a name begins with a letter or `_`, and has only these, \
             digits, `-` and `.` in it",
            escaped_bytes(typed.as_bytes())
        ))
    }
}

fn is_name(typed: &str) -> bool {
    let plain = typed.strip_suffix('$').unwrap_or(typed);
    let begins = plain.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    begins && plain.bytes().all(fits) && typed.len() <= LONGEST
}

/// The number of a user or a group, in digits and nothing else. The last number is no id: to the kernel it means "leave it
/// as it is" (setresuid(2)).
pub(super) fn id(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: u32 = str::from_utf8(digits).ok()?.parse().ok()?;
    (number != u32::MAX).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::{UserSpec, Which};

    fn parse(typed: &str) -> Option<(Which, Option<Which>)> {
        let spec: UserSpec = typed.parse().ok()?;
        assert_eq!(spec.to_string().parse::<UserSpec>().expect("it was one"), spec);
        Some((spec.user, spec.group))
    }

    fn name(name: &str) -> Which {
        Which::Name(name.to_owned())
    }

    #[test]
    fn digits_are_a_number() {
        assert_eq!(parse("0"), Some((Which::Id(0), None)));
        assert_eq!(
            parse("4294967294:007"),
            Some((Which::Id(4_294_967_294), Some(Which::Id(7))))
        );
    }

    #[test]
    fn words_are_names() {
        assert_eq!(parse("www-data"), Some((name("www-data"), None)));
        assert_eq!(parse("_apt:nogroup"), Some((name("_apt"), Some(name("nogroup")))));
        assert_eq!(parse("1000:adm"), Some((Which::Id(1000), Some(name("adm")))));
        assert_eq!(parse("host$:0"), Some((name("host$"), Some(Which::Id(0)))));
    }

    #[test]
    fn nothing_wraps_around() {
        for typed in [
            "4294967295",
            "4294967296",
            "18446744073709551616",
            "1:4294967295",
            "1:4294967296",
        ] {
            assert_eq!(parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for typed in [
            "", ":", "1:", ":1", "a:", "1000x", "+1", "-1", "-a", " 1", "1 ", "0x10", "1:2:3", "a:b:c", "1:+2", "١",
            "ä", "a\0", "a\n", "a b", "$", "a/b", "../a", "a$b",
        ] {
            assert_eq!(parse(typed), None, "{typed:?}");
        }
        assert_eq!(parse(&"a".repeat(257)), None);
    }
}
