//! `idmap=HOST-INSIDE[-COUNT]`: whose files of the host are whose inside.

use crate::output::escape::escaped;

/// How it is typed.
pub(crate) const FORM: &str = "idmap=HOST-INSIDE[-COUNT]";

/// The `count` users and groups of the host from `host` on are those from `inside` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IdRange {
    pub(crate) host: u32,
    pub(crate) inside: u32,
    pub(crate) count: u32,
}

impl IdRange {
    pub(crate) fn parse(typed: &str) -> Result<Self, String> {
        let numbers: Option<Vec<u32>> = typed.split('-').map(number).collect();
        match numbers.as_deref() {
            Some(&[host, inside]) => Ok(Self { host, inside, count: 1 }),
            Some(&[host, inside, count]) => Ok(Self { host, inside, count }),
            _ => Err(format!(
                "`{}` is no range of ids; type {FORM}, such as idmap=1000-0, or idmap=100000-0-65536",
                escaped(typed)
            )),
        }
    }
}

fn number(digits: &str) -> Option<u32> {
    // A sign is no part of an id.
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::IdRange;

    #[test]
    fn one_id_is_the_default() {
        let range = |host, inside, count| Ok(IdRange { host, inside, count });
        assert_eq!(IdRange::parse("1000-0"), range(1000, 0, 1));
        assert_eq!(IdRange::parse("100000-0-65536"), range(100_000, 0, 65536));
    }

    #[test]
    fn ids_are_decimal_numbers() {
        for typed in [
            "",
            "1",
            "1-",
            "-1",
            "1-2-",
            "1-2-3-4",
            "+1-2",
            "a-b",
            "1-4294967296",
            "1--2",
            "1:2",
        ] {
            assert!(IdRange::parse(typed).is_err(), "{typed:?}");
        }
    }
}
