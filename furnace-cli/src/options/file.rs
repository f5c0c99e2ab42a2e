//! `--file`: a copy in memory of what the caller can read.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use furnace_core::mount;

use crate::options::parts::{parts, words};
use crate::options::unknown::unknown;
use crate::options::{id, mode};

/// How a file is typed.
pub(crate) const FORM: &str = "SRC:DST[:OPTIONS]";

/// Its options, as they are typed.
const OPTIONS: [&str; 3] = ["mode=MODE", "uid=UID", "gid=GID"];

/// How many bytes it may have: it is in memory several times while the container starts, and the source may be endless.
const MOST: u64 = 64 << 20;

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct File {
    source: PathBuf,
    destination: PathBuf,
    mode: Option<u32>,
    uid: u32,
    gid: u32,
}

impl File {
    pub(crate) fn parse(typed: &OsStr) -> Result<Self, String> {
        let mut parts = parts(typed)?.into_iter();
        let (source, destination, options) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        if parts.next().is_some() {
            return Err("there are more than two colons; type `\\:` for a colon in a path".to_owned());
        }
        if source.is_empty() {
            return Err("the source is empty; type `-` for the standard input".to_owned());
        }
        let destination = destination
            .filter(|path| !path.is_empty())
            .ok_or("there is no destination; type SRC:DST")?;
        let mut file = Self {
            source: source.into(),
            destination: destination.into(),
            ..Self::default()
        };
        for word in options.map(|options| words(&options)).transpose()?.unwrap_or_default() {
            match word.split_once('=') {
                Some(("mode", mode)) => file.mode = Some(mode::parse(mode)?),
                Some(("uid", id)) => file.uid = id::id(id.as_bytes(), "user")?,
                Some(("gid", id)) => file.gid = id::id(id.as_bytes(), "group")?,
                _ => return Err(unknown("option of a file", &word, &OPTIONS)),
            }
        }
        Ok(file)
    }

    pub(crate) fn source(&self) -> &Path {
        &self.source
    }

    pub(crate) fn is_of_stdin(&self) -> bool {
        self.source == Path::new("-")
    }

    /// What it is to the library. Reads the source to its end.
    pub(crate) fn mount(&self) -> io::Result<mount::File> {
        let mut content = Vec::new();
        if self.is_of_stdin() {
            io::stdin().lock().take(MOST + 1).read_to_end(&mut content)?;
        } else {
            fs::File::open(&self.source)?.take(MOST + 1).read_to_end(&mut content)?;
        }
        if content.len() as u64 > MOST {
            let why = format!("it has more than {} MiB; show a large file with --bind-ro", MOST >> 20);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
        let file = mount::File::new(&self.destination, content).owner(self.uid, self.gid);
        Ok(match self.mode {
            Some(mode) => file.mode(mode),
            None => file,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::File;
    use std::ffi::OsStr;

    fn parse(typed: &str) -> Option<File> {
        File::parse(OsStr::new(typed)).ok()
    }

    #[test]
    fn options_follow_the_destination() {
        let all = File {
            source: "/a:".into(),
            destination: r"/b\".into(),
            mode: Some(0o600),
            uid: 1,
            gid: 2,
        };
        assert_eq!(parse(r"/a\::/b\\:mode=600,uid=1,gid=2"), Some(all));
        assert_eq!(
            parse("-:/b").map(|file| (file.is_of_stdin(), file.mode)),
            Some((true, None))
        );
        assert_eq!(parse("./-:/b").map(|file| file.is_of_stdin()), Some(false));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for typed in [
            "",
            "/a",
            ":/b",
            "/a:",
            "/a::mode=600",
            "/a:/b:",
            "/a:/b:mode=u+x",
            "/a:/b:ro",
            "/a:/b:mode=600:",
        ] {
            assert_eq!(parse(typed), None, "{typed}");
        }
    }
}
