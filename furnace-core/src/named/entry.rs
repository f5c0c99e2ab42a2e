//! One name in the runtime directory: a file that holds the record, and is locked by whoever changes it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use furnace_sys::Errno;
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, flock, fstat, ftruncate, openat, statat, unlinkat};

use super::record::{Content, Record};
use crate::error::errno_of;

/// Readers hold it for microseconds, and so does who removes it; who starts a container, for as long as that takes.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);

/// Far more than a record takes.
const LONGEST: u64 = 64 * 1024;

pub(super) const SUFFIX: &str = ".json";

/// What one wants with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    /// To change or remove it.
    Change,
    /// To change it, and to make it where there is none.
    Make,
}

/// Locked for as long as this lives.
#[derive(Debug)]
pub(super) struct Entry {
    file: File,
    file_name: String,
}

/// Why there is no entry.
#[derive(Debug)]
pub(super) enum Missing {
    NoSuchName,
    /// Somebody else has it locked, and goes on to.
    Busy,
    /// What has the name is no file that could hold a record.
    NoRecord,
    Failed(Errno),
}

impl From<Errno> for Missing {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT => Self::NoSuchName,
            // A symlink, a directory, a socket.
            Errno::LOOP | Errno::ISDIR | Errno::NXIO => Self::NoRecord,
            other => Self::Failed(other),
        }
    }
}

impl Entry {
    /// Locks the entry for `name` in `directory`.
    pub(super) fn lock(
        directory: BorrowedFd<'_>,
        name: &str,
        access: Access,
        patience: Duration,
    ) -> Result<Self, Missing> {
        let file_name = format!("{name}{SUFFIX}");
        tracing::trace!(name, ?access, "a record is locked");
        let flags = OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let flags = flags
            | match access {
                Access::Read => OFlags::RDONLY,
                Access::Change => OFlags::RDWR,
                Access::Make => OFlags::RDWR | OFlags::CREATE,
            };
        let operation = match access {
            Access::Read => FlockOperation::NonBlockingLockShared,
            Access::Change | Access::Make => FlockOperation::NonBlockingLockExclusive,
        };
        let begun = Instant::now();
        loop {
            let file = openat(directory, &*file_name, flags, Mode::RUSR | Mode::WUSR)?;
            if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
                return Err(Missing::NoRecord);
            }
            match flock(&file, operation) {
                // It may have been removed, and made anew, before it was locked.
                Ok(()) if is_at(&file, directory, &file_name)? => {
                    let file = File::from(file);
                    return Ok(Self { file, file_name });
                }
                Ok(()) | Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) if begun.elapsed() >= patience => return Err(Missing::Busy),
                Err(Errno::WOULDBLOCK) => std::thread::sleep(Duration::from_millis(1)),
                Err(errno) => return Err(Missing::Failed(errno)),
            }
        }
    }

    pub(super) fn read(&mut self) -> Result<Content, Errno> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0)).map_err(|error| errno_of(&error))?;
        let mut limited = Read::by_ref(&mut self.file).take(LONGEST);
        limited.read_to_end(&mut bytes).map_err(|error| errno_of(&error))?;
        Ok(Content::decode(&bytes))
    }

    /// Forgets what it holds.
    pub(super) fn clear(&mut self) -> Result<(), Errno> {
        ftruncate(&self.file, 0)
    }

    pub(super) fn write(&mut self, record: &Record) -> Result<(), Errno> {
        let bytes = record.encode().map_err(|_| Errno::INVAL)?;
        self.clear()?;
        self.file.seek(SeekFrom::Start(0)).map_err(|error| errno_of(&error))?;
        self.file.write_all(&bytes).map_err(|error| errno_of(&error))
    }

    /// Frees the name.
    pub(super) fn remove(&self, directory: BorrowedFd<'_>) -> Result<(), Errno> {
        match unlinkat(directory, &*self.file_name, AtFlags::empty()) {
            Err(Errno::NOENT) => Ok(()),
            other => other,
        }
    }
}

fn is_at(file: &impl AsFd, directory: BorrowedFd<'_>, file_name: &str) -> Result<bool, Errno> {
    let held = fstat(file)?;
    match statat(directory, file_name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(there) => Ok((there.st_dev, there.st_ino) == (held.st_dev, held.st_ino)),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(errno),
    }
}
