//! A file system in memory, in the container.

use std::ffi::{CStr, CString};
use std::path::{Path, PathBuf};

use furnace_sys::flags::MountAttributes;

use super::destination::below_root;
use crate::error::escape::escaped;
use crate::error::{Attempt, Error, Result};

/// A file system in memory (tmpfs(5)), empty at first, gone with the container. Mounted nosuid and nodev.
#[derive(Clone, Debug)]
pub struct Tmpfs {
    destination: PathBuf,
    size: Option<u64>,
    mode: u32,
    owner: (u32, u32),
    attributes: MountAttributes,
}

impl Tmpfs {
    /// One at `destination`, which is made where it is missing.
    pub fn new(destination: impl AsRef<Path>) -> Self {
        Self {
            destination: destination.as_ref().to_owned(),
            size: None,
            mode: 0o755,
            owner: (0, 0),
            attributes: MountAttributes::NO_SUID | MountAttributes::NO_DEV,
        }
    }

    /// How many bytes it can hold, rounded up to whole pages. By default half of the machine's memory.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// The mode of its root directory; by default 0755.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// User and group that its root directory belongs to; by default root.
    #[must_use]
    pub fn owner(mut self, uid: u32, gid: u32) -> Self {
        self.owner = (uid, gid);
        self
    }

    /// Whether nothing on it can be executed.
    #[must_use]
    pub fn no_exec(mut self, wanted: bool) -> Self {
        self.attributes.set(MountAttributes::NO_EXEC, wanted);
        self
    }

    pub(super) fn check(&self) -> Result<CheckedTmpfs> {
        let attempt = || {
            let words = format!(
                "cannot mount a tmpfs on {} in the container",
                escaped(&self.destination)
            );
            Attempt::on(&self.destination, words)
        };
        let refused = |why: String| Error::invalid(attempt(), why);
        let destination = below_root(&self.destination).map_err(|why| refused(why.to_owned()))?;
        self.size
            .map_or(Ok(0), check_size)
            .map_err(|why| refused(why.to_owned()))?;
        if self.mode > 0o7777 {
            return Err(refused(format!("{:o} is no mode: the highest is 7777", self.mode)));
        }
        let (uid, gid) = self.owner;
        // -1 is no id (chown(2)).
        if uid == u32::MAX || gid == u32::MAX {
            return Err(refused(format!("{} is no user or group", u32::MAX)));
        }
        Ok(CheckedTmpfs {
            destination,
            options: options(self.size, self.mode, self.owner),
            attributes: self.attributes,
        })
    }
}

/// The kernel takes 0, and what becomes 0 in its own arithmetic, for no limit at all.
pub(crate) fn check_size(bytes: u64) -> Result<u64, &'static str> {
    match bytes {
        0 => Err("its size is 0"),
        _ if i64::try_from(bytes).is_err() => Err("its size is more than any file system has"),
        _ => Ok(bytes),
    }
}

/// The options of a tmpfs. Only what differs from the kernel's defaults, but for the mode, which is none of a directory's.
pub(crate) fn options(size: Option<u64>, mode: u32, (uid, gid): (u32, u32)) -> Vec<(&'static CStr, CString)> {
    let mut options = vec![(c"mode", number(format!("{mode:o}")))];
    options.extend(size.map(|bytes| (c"size", number(bytes.to_string()))));
    options.extend(
        [(c"uid", uid), (c"gid", gid)]
            .into_iter()
            .filter(|(_, id)| *id != 0)
            .map(|(key, id)| (key, number(id.to_string()))),
    );
    options
}

fn number(digits: String) -> CString {
    // Digits contain no NUL.
    CString::new(digits).unwrap_or_default()
}

/// A tmpfs that makes sense.
#[derive(Clone, Debug)]
pub(crate) struct CheckedTmpfs {
    pub(crate) destination: CString,
    pub(crate) options: Vec<(&'static CStr, CString)>,
    pub(crate) attributes: MountAttributes,
}
