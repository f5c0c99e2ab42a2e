//! Where the changes of an overlay go.

use std::ffi::CString;
use std::path::{Path, PathBuf};

use furnace_sys::Errno;

use super::{RootRequest, open, text, work};
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};
use crate::mount::check_size;
use crate::overlay::{Directory, Role, attempt, check_apart};

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

impl RootRequest {
    /// Where changes go, with these directories below.
    pub(super) fn check_layer(&self, below: &[&Directory]) -> Result<Option<Layer>> {
        let Some(upper) = &self.upper else {
            return self.check_memory();
        };
        if self.ephemeral {
            let why = "changes can be kept in it, or in memory (ephemeral), but not in both";
            return Err(Error::invalid(attempt(Role::Upper, upper), why));
        }
        let upper = open(
            Role::Upper,
            upper,
            "make it first; it keeps what is changed in the root",
        )?;
        upper.check_writable()?;
        let work = match &self.work {
            Some(work) => Some(open(
                Role::Work,
                work,
                "make it first, on the file system of the upper directory",
            )?),
            None => None,
        };
        let all: Vec<&Directory> = [&upper].into_iter().chain(&work).chain(below.iter().copied()).collect();
        check_apart(&all)?;
        let work_path = match &work {
            Some(work) => {
                work.check_same_mount_as(&upper)?;
                work.check_free_for_work()?;
                work.path().to_owned()
            }
            None => beside(&upper)?,
        };
        Ok(Some(Layer::Directories {
            upper: text(Role::Upper, upper.path())?,
            work: text(Role::Work, &work_path)?,
            work_is_ours: work.is_none(),
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

/// The work directory that Furnace makes: of the upper directory's name, and on its mount.
fn beside(upper: &Directory) -> Result<PathBuf> {
    let refused = |why: &'static str| {
        upper
            .unusable(ErrorKind::InvalidInput, why)
            .with_remedy("name a work directory on the same file system (--work)")
    };
    let on_its_mount = |path: &Path| {
        let failed = |errno| Error::os(Phase::Configure, attempt(Role::Work, path), errno);
        upper.is_on_mount_of(path).map_err(failed)
    };
    let (Some(parent), Some(work)) = (upper.path().parent(), work::beside(upper.path())) else {
        return Err(refused("there is no place beside it for the work directory"));
    };
    if !on_its_mount(parent)? {
        return Err(refused(
            "it is a mount point: a work directory beside it would be on another mount",
        ));
    }
    match work::open_own(&work) {
        Ok(_) if !on_its_mount(&work)? => Err(refused(
            "what is beside it by the name of the work directory is a mount point",
        )),
        Ok(_) => Ok(work),
        Err(unfit) => match unfit.why() {
            Ok(why) => Err(refused(why)),
            Err(Errno::NOENT) => Ok(work),
            Err(errno) => Err(Error::os(Phase::Configure, attempt(Role::Work, &work), errno)),
        },
    }
}
