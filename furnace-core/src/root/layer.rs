//! Where the changes of an overlay go.

use std::ffi::CString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, StatFs, StatVfsMountFlags, StatxFlags, statfs, statvfs, statx};

use super::{RootRequest, resolve, work};
use crate::error::escape::escaped;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result, errno_of};
use crate::mount::{c_string, check_size};

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

pub(super) const UPPER: &str = "the upper directory";
pub(super) const WORK: &str = "the work directory";

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
        let place = place_of(&resolved, UPPER)?;
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
                if place_of(&work, WORK)? != place {
                    return Err(Error::invalid(
                        attempt(&work, WORK),
                        "it is not on the file system of the upper directory, or on another mount of it".to_owned(),
                    ));
                }
                work
            }
            None => beside(&resolved, place)?,
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
                Attempt::on_no_path("cannot use a work directory"),
                "it goes with an upper directory, and there is none",
            ));
        }
        let size = self.memory_size()?;
        if size.is_some() && !self.ephemeral {
            return Err(no_layer("there is no ephemeral layer"));
        }
        Ok(self.ephemeral.then_some(Layer::Memory { size }))
    }

    pub(super) fn memory_size(&self) -> Result<Option<u64>> {
        self.ephemeral_size.map(check_size).transpose().map_err(no_layer)
    }
}

fn no_layer(why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::invalid(Attempt::on_no_path("cannot limit the size of an ephemeral layer"), why)
}

pub(super) fn attempt(path: &Path, what: &str) -> Attempt {
    Attempt::on(path, format!("cannot use {} as {what}", escaped(path)))
}

fn failed(path: &Path, what: &str, error: &std::io::Error) -> Error {
    let errno = errno_of(error);
    Error::os(Phase::Configure, attempt(path, what), errno)
}

/// A file system, and a mount of it: an overlay takes an upper and a work directory only where both are the same.
type Place = (u32, u32, u64);

fn place_of(path: &Path, what: &str) -> Result<Place> {
    let about = statx(
        CWD,
        path,
        AtFlags::empty(),
        StatxFlags::BASIC_STATS | StatxFlags::MNT_ID,
    )
    .map_err(|errno| failed(path, what, &errno.into()))?;
    Ok((about.stx_dev_major, about.stx_dev_minor, about.stx_mnt_id))
}

/// Whether an overlay would meet `inner` in `outer`. On another file system it does not: it sees no mounts.
pub(super) fn is_within(inner: &Path, outer: &Path) -> bool {
    let device = |path: &Path| path.metadata().map(|metadata| metadata.dev()).ok();
    inner.starts_with(outer) && device(inner) == device(outer)
}

/// The type of a file system that the kernel does not take as an upper directory.
pub(crate) fn unsuitable_type(about: &StatFs) -> Option<&'static str> {
    // Magic numbers are words, whatever type the field has.
    let magic = u32::try_from(about.f_type & 0xffff_ffff).unwrap_or(0);
    let found = UNSUITABLE.into_iter().find(|(number, _)| *number == magic);
    found.map(|(_, name)| name)
}

fn check_file_system(upper: &Path) -> Result<()> {
    let os = |errno: rustix::io::Errno| failed(upper, UPPER, &errno.into());
    if let Some(name) = unsuitable_type(&statfs(upper).map_err(os)?) {
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
fn beside(upper: &Path, place: Place) -> Result<PathBuf> {
    let refused = |why: &str| {
        Error::invalid(attempt(upper, UPPER), why.to_owned())
            .with_remedy("name a work directory on the same file system (--work)")
    };
    let (Some(parent), Some(work)) = (upper.parent(), work::beside(upper)) else {
        return Err(refused("there is no place beside it for the work directory"));
    };
    if place_of(parent, UPPER)? != place {
        return Err(refused(
            "it is a mount point: a work directory beside it would be on another mount",
        ));
    }
    match work::open_own(&work) {
        Ok(_) if place_of(&work, WORK)? != place => Err(refused(
            "what is beside it by the name of the work directory is a mount point",
        )),
        Ok(_) => Ok(work),
        Err(unfit) => match unfit.why() {
            Ok(why) => Err(refused(why)),
            Err(furnace_sys::Errno::NOENT) => Ok(work),
            Err(errno) => Err(failed(&work, WORK, &errno.into())),
        },
    }
}
