//! The tree that becomes the container's root: a directory, or an overlay of several, or an image.

mod layer;
mod upper;

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use furnace_sys::Errno;
use rustix::fs::{StatVfsMountFlags, statvfs};

pub(crate) use layer::Layer;
pub(crate) use upper::Upper;

use crate::error::{Error, ErrorKind, Phase, Result};
use crate::escape::escaped;
use crate::mount::c_string;

/// The tree as it was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct RootRequest {
    pub(crate) base: PathBuf,
    /// Over the base, later ones over earlier ones.
    pub(crate) lower: Vec<PathBuf>,
    pub(crate) upper: Option<PathBuf>,
    pub(crate) work: Option<PathBuf>,
    pub(crate) ephemeral: bool,
    pub(crate) ephemeral_size: Option<u64>,
    pub(crate) read_only: bool,
}

/// A tree that makes sense.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    /// What is shown of the host, topmost first. More than one is an overlay.
    pub(crate) lower: Vec<CString>,
    /// Where changes go, if they do not go to the lower directory itself.
    pub(crate) layer: Option<Layer>,
    /// Whether nothing in the root can be changed from inside.
    pub(crate) read_only: bool,
    /// Whether the lower directory is on a file system, or a mount, that can't be written to.
    pub(crate) lower_is_read_only: bool,
    /// Of the topmost lower directory; the root of a layer in memory is made like it.
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// The overlay takes all names of lower directories in one option of 256 bytes, at three bytes for each.
const LOWER_MAX: usize = 64;

impl RootRequest {
    /// Checks the request against itself and against the host. Touches nothing.
    pub(crate) fn check(&self) -> Result<Root> {
        let base = resolve(&self.base, "the root directory", ROOT_MISSING)?;
        let mut lower = vec![base.clone()];
        for directory in &self.lower {
            lower.insert(0, resolve(directory, "a lower directory", LOWER_MISSING)?);
        }
        if lower.len() > LOWER_MAX {
            return Err(Error::invalid(
                unusable(&self.base, "the root directory"),
                format!("there are {} lower directories; {LOWER_MAX} are the most", lower.len()),
            ));
        }
        let layer = self.check_layer(&lower)?;
        let top = lower.first().unwrap_or(&base);
        let failed = |error: &std::io::Error| unusable_tree(top, "the root directory", error, ROOT_MISSING);
        let metadata = top.metadata().map_err(|error| failed(&error))?;
        let mount = statvfs(base.as_path()).map_err(|errno| failed(&errno.into()))?;
        let lower = lower.iter().map(|path| {
            c_string(path.as_os_str()).map_err(|why| Error::invalid(unusable(path, "the root directory"), why))
        });
        let lower: Vec<CString> = lower.collect::<Result<_>>()?;
        Ok(Root {
            lower_is_read_only: mount.f_flag.contains(StatVfsMountFlags::RDONLY) || lower.len() > 1,
            lower,
            layer,
            read_only: self.read_only,
            mode: metadata.mode() & 0o7777,
            uid: metadata.uid(),
            gid: metadata.gid(),
        })
    }
}

impl Root {
    /// The root directory that was asked for.
    pub(crate) fn base(&self) -> &CStr {
        self.lower.last().map(CString::as_c_str).unwrap_or_default()
    }

    /// Why it can't be used after all.
    pub(crate) fn unusable(&self, errno: Errno) -> Error {
        let base = Path::new(OsStr::from_bytes(self.base().to_bytes()));
        unusable_tree(base, "the root directory", &errno.into(), ROOT_MISSING)
    }

    /// Whether it is an overlay, and not the directory itself.
    pub(crate) fn is_overlay(&self) -> bool {
        self.layer.is_some() || self.lower.len() > 1
    }

    /// Whether mount targets that are missing in it can be made.
    pub(crate) fn takes_targets(&self) -> bool {
        self.layer.is_some() || !self.lower_is_read_only
    }

    /// All trees of which it is made, topmost first.
    pub(crate) fn trees(&self) -> impl Iterator<Item = &CStr> {
        let upper = match &self.layer {
            Some(Layer::Directories { upper, .. }) => Some(upper),
            Some(Layer::Memory { .. }) | None => None,
        };
        upper.into_iter().chain(&self.lower).map(CString::as_c_str)
    }
}

const ROOT_MISSING: &str = "the root directory must exist; it holds the system that is to run";
const LOWER_MISSING: &str = "a lower directory must exist; it lies over the root directory";

fn unusable(path: &Path, what: &str) -> String {
    format!("cannot use {} as {what}", escaped(path))
}

fn unusable_tree(path: &Path, what: &str, error: &std::io::Error, missing: &'static str) -> Error {
    let errno = Errno::from_io_error(error).unwrap_or(Errno::IO);
    Error::os(Phase::Configure, unusable(path, what), errno).with_any_remedy(match errno {
        Errno::NOENT => Some(missing),
        Errno::ACCESS => Some("a directory on the way to it, or itself, may not be searched"),
        _ => None,
    })
}

/// Absolute and without symlinks.
fn resolve(path: &Path, what: &str, missing: &'static str) -> Result<PathBuf> {
    c_string(path.as_os_str()).map_err(|why| Error::invalid(unusable(path, what), why))?;
    let failed = |error: &std::io::Error| unusable_tree(path, what, error, missing);
    let resolved = path.canonicalize().map_err(|error| failed(&error))?;
    if !resolved.metadata().map_err(|error| failed(&error))?.is_dir() {
        return Err(failed(&Errno::NOTDIR.into()).with_kind(ErrorKind::NotADirectory));
    }
    Ok(resolved)
}
