//! A file from memory, in the container.

use std::ffi::CString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::destination::file_below_root;
use crate::error::escape::escaped;
use crate::error::{Attempt, Error, Result};

/// A read-only file with given bytes, such as an `/etc/hosts` or a secret: it is never a file of the host's, and gone with
/// the container. What is beneath it is neither read nor changed.
#[derive(Clone)]
pub struct File {
    destination: PathBuf,
    content: Arc<[u8]>,
    mode: u32,
    owner: (u32, u32),
}

impl File {
    /// One at `destination`, with these bytes.
    pub fn new(destination: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Self {
        Self {
            destination: destination.as_ref().to_owned(),
            content: content.as_ref().into(),
            mode: 0o444,
            owner: (0, 0),
        }
    }

    /// Its mode; by default 0444. Nobody can write to it, whatever the mode says.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// User and group that it belongs to; by default root.
    #[must_use]
    pub fn owner(mut self, uid: u32, gid: u32) -> Self {
        self.owner = (uid, gid);
        self
    }

    pub(super) fn check(&self) -> Result<CheckedFile> {
        let attempt = || {
            let words = format!("cannot make the file {} in the container", escaped(&self.destination));
            Attempt::on(&self.destination, words)
        };
        let refused = |why: String| Error::invalid(attempt(), why);
        let destination = file_below_root(&self.destination).map_err(|why| refused(why.to_owned()))?;
        // It is mounted nosuid: the other bits would do nothing.
        if self.mode > 0o777 {
            return Err(refused(format!(
                "{:o} is no mode for it: the highest is 777",
                self.mode
            )));
        }
        let (uid, gid) = self.owner;
        // -1 is no id (chown(2)).
        if uid == u32::MAX || gid == u32::MAX {
            return Err(refused(format!("{} is no user or group", u32::MAX)));
        }
        if u32::try_from(self.content.len()).is_err() {
            return Err(refused("it has 4 GiB or more".to_owned()));
        }
        Ok(CheckedFile {
            destination,
            content: Arc::clone(&self.content),
            mode: self.mode,
            owner: self.owner,
        })
    }
}

/// It may be a secret: only its length is told.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, &self.destination, self.content.len(), self.mode, self.owner)
    }
}

/// A file that makes sense.
#[derive(Clone)]
pub(crate) struct CheckedFile {
    pub(crate) destination: CString,
    pub(crate) content: Arc<[u8]>,
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
}

impl fmt::Debug for CheckedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, &self.destination, self.content.len(), self.mode, self.owner)
    }
}

fn show(
    f: &mut fmt::Formatter<'_>,
    destination: &dyn fmt::Debug,
    length: usize,
    mode: u32,
    owner: (u32, u32),
) -> fmt::Result {
    f.debug_struct("File")
        .field("destination", destination)
        .field("length", &length)
        .field("mode", &format_args!("{mode:04o}"))
        .field("owner", &owner)
        .finish_non_exhaustive()
}
