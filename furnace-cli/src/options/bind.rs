//! `--bind` and `--bind-ro`: what of the host is shown where.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;

use furnace_core::{Propagation, mount};

use crate::options::idmap::{self, IdRange};
use crate::options::parts::{parts, words};
use crate::options::unknown::unknown;

/// How a bind is typed.
pub(crate) const FORM: &str = "SRC[:DST[:FLAGS]]";

/// One bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bind {
    source: PathBuf,
    destination: Option<PathBuf>,
    flags: Vec<Flag>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flag {
    ReadOnly,
    NoSuid,
    NoDev,
    NoExec,
    NotRecursive,
    Propagation(Propagation),
    IdMap(IdRange),
}

impl Bind {
    pub(crate) fn parse(typed: &OsStr, read_only: bool) -> Result<Self, String> {
        let mut parts = parts(typed)?.into_iter();
        let (source, destination, flags) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        if parts.next().is_some() {
            return Err("there are more than two colons; type `\\:` for a colon in a path".to_owned());
        }
        if source.is_empty() {
            return Err("the source is empty".to_owned());
        }
        if destination.as_ref().is_some_and(|path| path.is_empty()) {
            return Err("the destination is empty".to_owned());
        }
        let typed_flags = flags.map(|flags| words(&flags)).transpose()?.unwrap_or_default();
        let mut flags = read_only.then_some(Flag::ReadOnly).into_iter().collect::<Vec<_>>();
        for word in &typed_flags {
            flags.push(Flag::parse(word)?);
        }
        let asks_for = |propagation| flags.contains(&Flag::Propagation(propagation));
        if asks_for(Propagation::Slave) && asks_for(Propagation::Private) {
            return Err("it can be slave or private, but not both".to_owned());
        }
        Ok(Self {
            source: source.into(),
            destination: destination.map(PathBuf::from),
            flags,
        })
    }

    /// What it is to the library.
    pub(crate) fn mount(&self) -> io::Result<mount::Bind> {
        let destination = match &self.destination {
            Some(destination) => destination.clone(),
            None => std::path::absolute(&self.source)?,
        };
        let bind = mount::Bind::new(&self.source, destination);
        let bind = self.flags.iter().fold(bind, |bind, flag| match *flag {
            Flag::ReadOnly => bind.read_only(true),
            Flag::NoSuid => bind.no_suid(true),
            Flag::NoDev => bind.no_dev(true),
            Flag::NoExec => bind.no_exec(true),
            Flag::NotRecursive => bind.recursive(false),
            Flag::Propagation(propagation) => bind.propagation(propagation),
            // All of them are one map.
            Flag::IdMap(_) => bind,
        });
        Ok(match self.id_map() {
            Some(map) => bind.id_map(map),
            None => bind,
        })
    }

    fn id_map(&self) -> Option<mount::IdMap> {
        let mut ranges = self.flags.iter().filter_map(|flag| match flag {
            Flag::IdMap(range) => Some(*range),
            _ => None,
        });
        let IdRange { host, inside, count } = ranges.next()?;
        let map = mount::IdMap::new(host, inside, count);
        Some(ranges.fold(map, |map, IdRange { host, inside, count }| {
            map.users(host, inside, count).groups(host, inside, count)
        }))
    }
}

impl Flag {
    fn parse(word: &str) -> Result<Self, String> {
        if let Some(range) = word.strip_prefix("idmap=") {
            return IdRange::parse(range).map(Self::IdMap);
        }
        let flags = [
            ("ro", Self::ReadOnly),
            ("nosuid", Self::NoSuid),
            ("nodev", Self::NoDev),
            ("noexec", Self::NoExec),
            ("norec", Self::NotRecursive),
            ("slave", Self::Propagation(Propagation::Slave)),
            ("private", Self::Propagation(Propagation::Private)),
        ];
        match flags.iter().find(|(name, _)| *name == word) {
            Some((_, flag)) => Ok(*flag),
            None => {
                let names: Vec<&str> = flags.iter().map(|(name, _)| *name).chain([idmap::FORM]).collect();
                Err(unknown("flag of a bind", word, &names))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bind, Flag};
    use std::ffi::OsStr;
    use std::path::Path;

    fn parse(typed: &str) -> Option<Bind> {
        Bind::parse(OsStr::new(typed), false).ok()
    }

    #[test]
    fn the_destination_may_be_left_out() {
        let bind = parse("/a").expect("it is one");
        assert_eq!((bind.source.as_path(), bind.destination), (Path::new("/a"), None));
        let bind = parse("/a:/b").expect("it is one");
        assert_eq!(bind.destination.as_deref(), Some(Path::new("/b")));
    }

    #[test]
    fn flags_follow_the_destination() {
        let bind = parse("/a:/b:noexec,ro").expect("it is one");
        assert_eq!(bind.flags, [Flag::NoExec, Flag::ReadOnly]);
        let bind = Bind::parse(OsStr::new("/a:/b:nodev"), true).expect("it is one");
        assert_eq!(bind.flags, [Flag::ReadOnly, Flag::NoDev]);
        assert_eq!(
            parse("/a:/b:idmap=1-2,idmap=3-4-5").map(|bind| bind.flags.len()),
            Some(2)
        );
    }

    #[test]
    fn what_has_two_meanings_is_refused() {
        for typed in [
            "/a:/b:",
            "/a:/b:c",
            "/a:/b:ro:",
            "/a:/b:slave,private",
            r"/a\n",
            r"/a:/b:\ro",
        ] {
            assert_eq!(parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn no_path_is_empty() {
        for typed in ["", ":", ":/b", "/a:", "/a::ro"] {
            assert_eq!(parse(typed), None, "{typed}");
        }
    }
}
