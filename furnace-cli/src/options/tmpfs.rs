//! `--tmpfs`: a file system in memory.

use std::ffi::OsStr;
use std::path::PathBuf;

use furnace_core::mount;

use crate::options::parts::{parts, words};
use crate::options::size::Size;
use crate::options::unknown::unknown;
use crate::options::{id, mode};

/// How a tmpfs is typed.
pub(crate) const FORM: &str = "DST[:OPTIONS]";

/// Its options, as they are typed.
const OPTIONS: [&str; 5] = ["size=SIZE", "mode=MODE", "uid=UID", "gid=GID", "noexec"];

/// One tmpfs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tmpfs {
    destination: PathBuf,
    size: Option<Size>,
    mode: Option<u32>,
    uid: u32,
    gid: u32,
    no_exec: bool,
}

impl Tmpfs {
    pub(crate) fn parse(typed: &OsStr) -> Result<Self, String> {
        let mut parts = parts(typed)?.into_iter();
        let (destination, options) = (parts.next().unwrap_or_default(), parts.next());
        if parts.next().is_some() {
            return Err("there is more than one colon; type `\\:` for a colon in a path".to_owned());
        }
        if destination.is_empty() {
            return Err("the destination is empty".to_owned());
        }
        let mut tmpfs = Self {
            destination: destination.into(),
            ..Self::default()
        };
        for word in options.map(|options| words(&options)).transpose()?.unwrap_or_default() {
            match word.split_once('=') {
                Some(("size", size)) => tmpfs.size = Some(Size::parse(OsStr::new(size))?),
                Some(("mode", mode)) => tmpfs.mode = Some(mode::parse(mode)?),
                Some(("uid", id)) => tmpfs.uid = id::id(id.as_bytes(), "user")?,
                Some(("gid", id)) => tmpfs.gid = id::id(id.as_bytes(), "group")?,
                None if word == "noexec" => tmpfs.no_exec = true,
                _ => return Err(unknown("option of a tmpfs", &word, &OPTIONS)),
            }
        }
        Ok(tmpfs)
    }

    /// What it is to the library.
    pub(crate) fn mount(&self) -> mount::Tmpfs {
        let tmpfs = mount::Tmpfs::new(&self.destination)
            .owner(self.uid, self.gid)
            .no_exec(self.no_exec);
        let tmpfs = match self.size {
            Some(size) => tmpfs.size(size.bytes()),
            None => tmpfs,
        };
        match self.mode {
            Some(mode) => tmpfs.mode(mode),
            None => tmpfs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tmpfs;
    use crate::options::size::Size;
    use std::ffi::OsStr;

    fn parse(typed: &str) -> Option<Tmpfs> {
        Tmpfs::parse(OsStr::new(typed)).ok()
    }

    #[test]
    fn options_follow_the_destination() {
        assert_eq!(parse("/m").map(|tmpfs| tmpfs.size), Some(None));
        let all = Tmpfs {
            destination: "/m:".into(),
            size: Some(Size::Bytes(1 << 20)),
            mode: Some(0o1777),
            uid: 1,
            gid: 2,
            no_exec: true,
        };
        assert_eq!(parse(r"/m\::size=1M,mode=1777,uid=1,gid=2,noexec"), Some(all));
    }

    #[test]
    fn the_last_of_several_counts() {
        assert_eq!(parse("/m:uid=1,uid=2").map(|tmpfs| tmpfs.uid), Some(2));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for typed in [
            "",
            ":",
            ":size=1M",
            "/m:",
            "/m:size",
            "/m:size=",
            "/m:mode=9",
            "/m:mode=",
            "/m:uid=root",
            "/m:noexec=1",
            "/m:noexec:",
            "/m:nodev",
            "/m:,",
        ] {
            assert_eq!(parse(typed), None, "{typed}");
        }
    }
}
