//! The partitions that there are, for somebody who has to choose one.

use std::fmt;

/// Nobody reads more.
const SHOWN: usize = 16;

/// A list for people.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choices(String);

/// One of them.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) number: u32,
    /// In bytes.
    pub(super) length: u64,
    pub(super) what: String,
}

impl Choices {
    /// Of all that there are, each told by `describe`, which is asked only for those that are shown.
    pub(super) fn of<T, E>(all: &[T], describe: impl Fn(&T) -> Result<Choice, E>) -> Result<Self, E> {
        let shown = all.iter().take(SHOWN);
        let mut words: Vec<String> = shown
            .map(|one| Ok(describe(one)?.to_string()))
            .collect::<Result<_, E>>()?;
        match all.len().saturating_sub(SHOWN) {
            0 => {}
            more => words.push(format!("and {more} more")),
        }
        Ok(Self(format!("there is {}", words.join(", "))))
    }
}

impl fmt::Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.number, Size(self.length), self.what)
    }
}

/// A number of bytes for people: rounded down, to a tenth.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [
            (60, "EiB"),
            (50, "PiB"),
            (40, "TiB"),
            (30, "GiB"),
            (20, "MiB"),
            (10, "KiB"),
        ];
        let fitting = units.into_iter().find(|(shift, _)| self.0 >> shift > 0);
        let Some((shift, unit)) = fitting else {
            return write!(f, "{} bytes", self.0);
        };
        let tenths = (u128::from(self.0) * 10) >> shift;
        match tenths % 10 {
            0 => write!(f, "{} {unit}", tenths / 10),
            tenth => write!(f, "{}.{tenth} {unit}", tenths / 10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn sizes_are_for_people() {
        let said = |bytes: u64| Size(bytes).to_string();
        assert_eq!(said(0), "0 bytes");
        assert_eq!(said(512), "512 bytes");
        assert_eq!(said(1536), "1.5 KiB");
        assert_eq!(said(512 << 20), "512 MiB");
        assert_eq!(said((9 << 30) + (1 << 29)), "9.5 GiB");
        assert_eq!(said(u64::MAX), "15.9 EiB");
    }
}
