//! An upper directory in use.

use std::ffi::OsStr;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use furnace_sys::Errno;
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};

use super::Layer;
use crate::error::{Error, ErrorKind, Phase, Result};
use crate::escape::escaped;

/// What the kernel makes in a work directory, and does not always empty.
pub(super) const MADE_BY_THE_KERNEL: [&str; 2] = ["work", "index"];

/// An upper directory that nobody else shall use, with its work directory; given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Upper {
    lock: OwnedFd,
    work: Option<PathBuf>,
    owner: u32,
}

impl Upper {
    /// Locks the upper directory of `layer`, if it has one, and makes its work directory, if that is Furnace's.
    pub(crate) fn take(layer: &Layer) -> Result<Option<Self>> {
        let Layer::Directories {
            upper,
            work,
            work_is_ours,
        } = layer
        else {
            return Ok(None);
        };
        let attempt = || {
            format!(
                "cannot use {} as the upper directory",
                escaped(OsStr::from_bytes(upper.to_bytes()))
            )
        };
        let failed = |errno| Error::os(Phase::Start, attempt(), errno);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let lock = open(upper.as_c_str(), flags, Mode::empty()).map_err(failed)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::AGAIN) => {
                return Err(Error::new(Phase::Start, ErrorKind::ResourceBusy, attempt())
                    .because("another container keeps its changes in it at this moment"));
            }
            other => other.map_err(failed)?,
        }
        let mut taken = Self {
            lock,
            work: None,
            owner: std::process::id(),
        };
        if *work_is_ours {
            let work = PathBuf::from(OsStr::from_bytes(work.to_bytes()));
            match fs::DirBuilder::new().mode(0o700).create(&work) {
                // One of a container that was killed.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                other => other.map_err(|error| {
                    let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
                    Error::os(
                        Phase::Start,
                        format!("cannot make the work directory {}", escaped(&work)),
                        errno,
                    )
                })?,
            }
            taken.work = Some(work);
        }
        Ok(Some(taken))
    }
}

impl Drop for Upper {
    fn drop(&mut self) {
        // A forked copy of the process has a copy of this.
        if std::process::id() != self.owner {
            return;
        }
        if let Some(work) = &self.work {
            for inner in MADE_BY_THE_KERNEL {
                let _ = fs::remove_dir_all(work.join(inner));
            }
            if let Err(error) = fs::remove_dir(work) {
                tracing::warn!(path = %escaped(work), %error, "a work directory could not be removed");
            }
        }
        // Copies of the descriptor in forked processes would keep it locked.
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}
