//! The partitions that there are, for somebody who has to choose one.

use std::fmt;

use furnace_sys::Errno;

use super::{Partition, Table};
use crate::image::bytes::Window;
use crate::image::contents::Contents;

/// Nobody reads more.
const SHOWN: usize = 16;

/// A list for people.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::image) struct Choices(String);

impl Choices {
    pub(in crate::image) fn of(table: &Table, disk: Window<'_>) -> Result<Self, Errno> {
        let shown = table.partitions.iter().take(SHOWN);
        let mut words: Vec<String> = shown.map(|one| describe(*one, disk)).collect::<Result<_, _>>()?;
        match table.partitions.len().saturating_sub(SHOWN) {
            0 => {}
            more => words.push(format!("and {more} more")),
        }
        Ok(Self(format!("there is {}", words.join(", "))))
    }
}

fn describe(partition: Partition, disk: Window<'_>) -> Result<String, Errno> {
    let Partition {
        number,
        length,
        extended,
        ..
    } = partition;
    let what = match partition.window(disk) {
        _ if extended => "extended".to_owned(),
        Some(window) => Contents::of(window)?.to_string(),
        None => "not inside the file".to_owned(),
    };
    Ok(format!("{number} ({}, {what})", Size(length)))
}

impl fmt::Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
