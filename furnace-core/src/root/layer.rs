//! Where the changes of an overlay go.

use std::ffi::{CString, OsString};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statfs, statvfs};

use super::upper::MADE_BY_THE_KERNEL;
use super::{RootRequest, resolve};
use crate::error::{Error, ErrorKind, Phase, Result};
use crate::escape::escaped;
use crate::mount::c_string;

/// Where changes go.
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    /// To memory, of so many bytes at most.
    Memory { size: Option<u64> },
    /// To directories of the user's.
    Directories {
        upper: CString,
        /// On the same file system; the kernel's own.
        work: CString,
        /// Whether the work directory is Furnace's to make and to remove.
        work_is_ours: bool,
    },
}

/// Of file systems that the kernel does not take as an upper directory, by their magic number in statfs(2).
const UNSUITABLE: [(u32, &str); 9] = [
    (0x794c_7630, "overlay"),
    (0x6969, "nfs"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb2"),
    (0x0102_1997, "9p"),
    (0x4d44, "vfat"),
    (0x2011_bab0, "exfat"),
    (0x9fa0, "proc"),
    (0x6265_6572, "sysfs"),
];

const UPPER: &str = "the upper directory";
const WORK: &str = "the work directory";

impl RootRequest {
    /// Where changes go, with these lower directories below.
    pub(super) fn check_layer(&self, lower: &[&Path]) -> Result<Option<Layer>> {
        let Some(upper) = &self.upper else {
            return self.check_memory();
        };
        let refused = |why: &str| Error::invalid(attempt(upper, UPPER), why.to_owned());
        if self.ephemeral {
            return Err(refused(
                "changes can be kept in it, or in memory (ephemeral), but not in both",
            ));
        }
        let resolved = resolve(upper, UPPER, "make it first; it keeps what is changed in the root")?;
        check_file_system(&resolved)?;
        let device = device_of(&resolved, UPPER)?;
        for other in lower {
            if is_within(&resolved, other) || is_within(other, &resolved) {
                return Err(refused(&format!(
                    "it and the lower directory {} lie within each other",
                    escaped(other)
                )));
            }
        }
        let work = match &self.work {
            Some(work) => {
                let work = resolve(work, WORK, "make it first, on the file system of the upper directory")?;
                if is_within(&work, &resolved) || is_within(&resolved, &work) {
                    return Err(Error::invalid(
                        attempt(&work, WORK),
                        "it and the upper directory lie within each other".to_owned(),
                    ));
                }
                if device_of(&work, WORK)? != device {
                    return Err(Error::invalid(
                        attempt(&work, WORK),
                        "it is not on the file system of the upper directory".to_owned(),
                    ));
                }
                work
            }
            None => beside(&resolved, device)?,
        };
        let text = |path: &Path| c_string(path.as_os_str()).map_err(|why| Error::invalid(attempt(path, UPPER), why));
        Ok(Some(Layer::Directories {
            upper: text(&resolved)?,
            work: text(&work)?,
            work_is_ours: self.work.is_none(),
        }))
    }

    fn check_memory(&self) -> Result<Option<Layer>> {
        if self.work.is_some() {
            return Err(Error::invalid(
                "cannot use a work directory".to_owned(),
                "it goes with an upper directory, and there is none",
            ));
        }
        match self.ephemeral_size {
            Some(0) => Err(Error::invalid(
                "cannot make an ephemeral layer".to_owned(),
                "its size is 0",
            )),
            size => Ok(self.ephemeral.then_some(Layer::Memory { size })),
        }
    }
}

fn attempt(path: &Path, what: &str) -> String {
    format!("cannot use {} as {what}", escaped(path))
}

fn failed(path: &Path, what: &str, error: &std::io::Error) -> Error {
    let errno = furnace_sys::Errno::from_io_error(error).unwrap_or(furnace_sys::Errno::IO);
    Error::os(Phase::Configure, attempt(path, what), errno)
}

fn device_of(path: &Path, what: &str) -> Result<u64> {
    path.metadata()
        .map(|metadata| metadata.dev())
        .map_err(|error| failed(path, what, &error))
}

/// Whether an overlay would meet `inner` in `outer`. On another file system it does not: it sees no mounts.
fn is_within(inner: &Path, outer: &Path) -> bool {
    let device = |path: &Path| path.metadata().map(|metadata| metadata.dev()).ok();
    inner.starts_with(outer) && device(inner) == device(outer)
}

fn check_file_system(upper: &Path) -> Result<()> {
    let os = |errno: rustix::io::Errno| failed(upper, UPPER, &errno.into());
    // Magic numbers are words, whatever type the field has.
    let magic = u32::try_from(statfs(upper).map_err(os)?.f_type & 0xffff_ffff).unwrap_or(0);
    if let Some((_, name)) = UNSUITABLE.into_iter().find(|(number, _)| *number == magic) {
        return Err(Error::invalid(
            attempt(upper, UPPER),
            format!("it is on a file system of type {name}, which the kernel does not take for that"),
        )
        .with_kind(ErrorKind::Unsupported)
        .with_remedy("use a directory on ext4, xfs, btrfs or tmpfs, or an ephemeral root"));
    }
    if statvfs(upper).map_err(os)?.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Err(failed(upper, UPPER, &rustix::io::Errno::ROFS.into()));
    }
    Ok(())
}

/// The work directory that Furnace makes: of the upper directory's name, and on its file system.
fn beside(upper: &Path, device: u64) -> Result<PathBuf> {
    let refused = |why: &str| {
        Error::invalid(attempt(upper, UPPER), why.to_owned())
            .with_remedy("name a work directory on the same file system (--work)")
    };
    let (Some(parent), Some(name)) = (upper.parent(), upper.file_name()) else {
        return Err(refused("there is no place beside it for the work directory"));
    };
    if device_of(parent, UPPER)? != device {
        return Err(refused(
            "it is a mount point: a work directory beside it would be on another file system",
        ));
    }
    let mut name = OsString::from(name);
    name.push(".work");
    let work = parent.join(name);
    match work.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw() => {
            let mut entries = work.read_dir().map_err(|error| failed(&work, WORK, &error))?;
            let only_the_kernels = entries
                .all(|entry| entry.is_ok_and(|entry| MADE_BY_THE_KERNEL.iter().any(|name| entry.file_name() == *name)));
            if only_the_kernels {
                Ok(work)
            } else {
                Err(refused(
                    "the directory beside it by the name of the work directory is in use for something else",
                ))
            }
        }
        Ok(_) => Err(refused(
            "what is beside it by the name of the work directory is no directory of the caller's",
        )),
        Err(_) => Ok(work),
    }
}
