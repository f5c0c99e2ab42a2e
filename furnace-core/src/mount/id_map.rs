//! Which owners of the host are shown as which inside.

use crate::error::{Attempt, Error, Result};

/// How many ranges the kernel takes in a map (user_namespaces(7)).
const RANGES_MAX: usize = 340;

/// How many bytes its text may have: less than the smallest of pages (user_namespaces(7)).
const TEXT_MAX: usize = 4095;

/// Shows ranges of the host's user and group ids as others inside. What is created inside by one of the others belongs
/// to the host's id. Ids that no range names are shown as nobody's, and can't be used to create anything. The default is
/// without a range: there have to be some of users and some of groups.
///
/// ```
/// use furnace_core::mount::{Bind, IdMap};
///
/// // The files of the host's user 1000 belong to root inside, and what root creates there belongs to user 1000.
/// let home = Bind::new("/home/me", "/root").id_map(IdMap::new(1000, 0, 1));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdMap {
    users: Vec<Range>,
    groups: Vec<Range>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    host: u32,
    inside: u32,
    count: u32,
}

impl Range {
    /// The first id after the range, on either side; nothing if that is no id.
    fn ends(self) -> Option<(u32, u32)> {
        Some((self.host.checked_add(self.count)?, self.inside.checked_add(self.count)?))
    }

    fn overlaps(self, other: Self) -> bool {
        let meet = |a: u32, b: u32| a < b.saturating_add(other.count) && b < a.saturating_add(self.count);
        meet(self.host, other.host) || meet(self.inside, other.inside)
    }
}

impl IdMap {
    /// The `count` users and groups of the host from `host` on are shown as those from `inside` on.
    #[must_use]
    pub fn new(host: u32, inside: u32, count: u32) -> Self {
        let range = Range { host, inside, count };
        Self {
            users: vec![range],
            groups: vec![range],
        }
    }

    /// Likewise for more users.
    #[must_use]
    pub fn users(mut self, host: u32, inside: u32, count: u32) -> Self {
        self.users.push(Range { host, inside, count });
        self
    }

    /// Likewise for more groups.
    #[must_use]
    pub fn groups(mut self, host: u32, inside: u32, count: u32) -> Self {
        self.groups.push(Range { host, inside, count });
        self
    }

    pub(super) fn check(&self) -> Result<Self> {
        for (kind, ranges) in [("users", &self.users), ("groups", &self.groups)] {
            let refused =
                |why: String| Error::invalid(Attempt::on_no_path(format!("cannot map {kind} of a bind")), why);
            if ranges.is_empty() {
                return Err(refused(
                    "there is no range, and the kernel takes no empty map".to_owned(),
                ));
            }
            if ranges.len() > RANGES_MAX {
                return Err(refused(format!(
                    "there are {} ranges; the kernel takes {RANGES_MAX}",
                    ranges.len()
                )));
            }
            for (index, range) in ranges.iter().enumerate() {
                let Range { host, inside, count } = *range;
                let shown = format!("{host} as {inside}, {count} of them");
                if count == 0 {
                    return Err(refused(format!("a range is empty: {shown}")));
                }
                // The highest id is none (chown(2)).
                if range.ends().is_none() {
                    return Err(refused(format!("a range ends beyond the highest id: {shown}")));
                }
                if ranges.iter().take(index).any(|other| range.overlaps(*other)) {
                    return Err(refused(format!("ranges overlap: {shown}")));
                }
            }
            let length = lines(ranges).len();
            if length > TEXT_MAX {
                return Err(refused(format!(
                    "written down, its {} ranges take {length} bytes; the kernel takes {TEXT_MAX}",
                    ranges.len()
                )));
            }
        }
        Ok(self.clone())
    }

    /// The lines for `uid_map`. To the kernel, "inside" are the ids as they are stored.
    pub(crate) fn user_lines(&self) -> String {
        lines(&self.users)
    }

    /// The lines for `gid_map`.
    pub(crate) fn group_lines(&self) -> String {
        lines(&self.groups)
    }
}

fn lines(ranges: &[Range]) -> String {
    ranges
        .iter()
        .map(|Range { host, inside, count }| format!("{host} {inside} {count}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::IdMap;

    #[test]
    fn lines_are_as_the_kernel_reads_them() {
        let map = IdMap::new(1000, 0, 1).groups(5, 6, 7).check().expect("it makes sense");
        assert_eq!(map.user_lines(), "1000 0 1\n");
        assert_eq!(map.group_lines(), "1000 0 1\n5 6 7\n");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for map in [
            IdMap::default(),
            IdMap::default().users(0, 0, 1),
            IdMap::default().groups(0, 0, 1),
            IdMap::new(0, 0, 0),
            IdMap::new(u32::MAX, 0, 1),
            IdMap::new(0, u32::MAX - 1, 2),
            IdMap::new(0, 0, 10).users(9, 100, 1),
            IdMap::new(0, 0, 10).groups(100, 9, 1),
        ] {
            assert!(map.check().is_err(), "{map:?}");
        }
        assert!(IdMap::new(0, 0, 10).users(10, 10, 10).check().is_ok());
        assert!(IdMap::default().users(0, 0, 1).groups(5, 0, 1).check().is_ok());
    }
}
