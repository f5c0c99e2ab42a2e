//! The tree that becomes the container's root: a directory or an image, as it is or below an overlay.

mod layer;
mod upper;
mod work;

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use furnace_sys::Errno;
use furnace_sys::flags::MountAttributes;
use rustix::fs::{StatVfsMountFlags, statvfs};

pub(crate) use layer::Layer;
pub(crate) use upper::Upper;

use crate::error::{Error, ErrorKind, Phase, Result, errno_of};
use crate::image::Image;
use crate::mount::c_string;
use crate::overlay::{Directory, Role, attempt, check_apart};

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
    /// Of an image.
    pub(crate) partition: Option<u32>,
}

/// A tree that makes sense.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    pub(crate) base: Base,
    /// Directories that lie over the base, topmost first.
    pub(crate) over: Vec<CString>,
    /// Where changes go, if they do not go to the lower directory itself.
    pub(crate) layer: Option<Layer>,
    /// Whether nothing in the root can be changed from inside.
    pub(crate) read_only: bool,
    /// Whether the base is on a file system, or a mount, that can't be written to.
    pub(crate) base_is_read_only: bool,
    /// What the mounts that its directories are on forbid: an overlay of them forbids it too.
    pub(crate) forbidden: MountAttributes,
}

/// The overlay takes all names of lower directories in one option of 256 bytes, at three bytes for each.
const LOWER_MAX: usize = 64;

/// What the root directory that was asked for is.
#[derive(Clone, Debug)]
pub(crate) enum Base {
    /// A directory, absolute and without symlinks.
    Directory(CString),
    /// A file with a file system in it.
    Image(Image),
}

impl RootRequest {
    /// Checks the request against itself and against the host. Touches nothing.
    pub(crate) fn check(&self) -> Result<Root> {
        let base = self.resolve_base()?;
        if self.lower.len() >= LOWER_MAX {
            return Err(Error::invalid(
                attempt(Role::Root, &self.base),
                format!(
                    "there are {} directories over it; {} are the most",
                    self.lower.len(),
                    LOWER_MAX - 1
                ),
            ));
        }
        let mut over: Vec<Directory> = self
            .lower
            .iter()
            .map(|directory| open(Role::Lower, directory, LOWER_MISSING))
            .collect::<Result<_>>()?;
        over.reverse();
        let bottom = match base.directory() {
            Some(directory) if !over.is_empty() || self.upper.is_some() => {
                Some(Directory::open(Role::Root, directory, ROOT_MISSING)?)
            }
            Some(_) | None => None,
        };
        let below: Vec<&Directory> = over.iter().chain(&bottom).collect();
        check_apart(&below)?;
        let layer = match &base {
            ResolvedBase::Image(image)
                if self.upper.is_none()
                    && self.work.is_none()
                    && (image.filesystem.is_read_only() || self.read_only) =>
            {
                let size = self.memory_size()?;
                Some(Layer::Memory { size })
            }
            ResolvedBase::Image(_) | ResolvedBase::Directory(_) => self.check_layer(&below)?,
        };
        let failed = |error: &std::io::Error| unusable_tree(Role::Root, &self.base, error, ROOT_MISSING);
        let flags = |directory: &Path| match statvfs(directory) {
            Ok(mount) => Ok(mount.f_flag),
            Err(errno) => Err(failed(&errno.into())),
        };
        let of_base = base.directory().map(flags).transpose()?;
        let base_is_read_only = of_base.is_some_and(|flags| flags.contains(StatVfsMountFlags::RDONLY));
        let of_over = over.iter().map(|directory| flags(directory.path()));
        let forbidden = of_over
            .chain(of_base.map(Ok))
            .try_fold(MountAttributes::empty(), |all, of_one| Ok(all | forbidden(of_one?)))?;
        Ok(Root {
            over: over
                .iter()
                .map(|directory| text(Role::Lower, directory.path()))
                .collect::<Result<_>>()?,
            base: match base {
                ResolvedBase::Directory(path) => Base::Directory(text(Role::Root, &path)?),
                ResolvedBase::Image(image) => Base::Image(image),
            },
            layer,
            read_only: self.read_only,
            base_is_read_only,
            forbidden,
        })
    }

    /// Whatever is no directory can only be an image.
    fn resolve_base(&self) -> Result<ResolvedBase> {
        text(Role::Root, &self.base)?;
        let failed = |error: &std::io::Error| unusable_tree(Role::Root, &self.base, error, ROOT_MISSING);
        let resolved = self.base.canonicalize().map_err(|error| failed(&error))?;
        if !resolved.metadata().map_err(|error| failed(&error))?.is_dir() {
            return Image::look(&resolved, self.partition).map(ResolvedBase::Image);
        }
        match self.partition {
            None => Ok(ResolvedBase::Directory(resolved)),
            Some(number) => Err(Error::invalid(
                attempt(Role::Root, &self.base),
                format!("partition {number} of it was asked for, but it is a directory, not a disk image"),
            )),
        }
    }
}

fn forbidden(flags: StatVfsMountFlags) -> MountAttributes {
    let each = [
        (StatVfsMountFlags::NOSUID, MountAttributes::NO_SUID),
        (StatVfsMountFlags::NODEV, MountAttributes::NO_DEV),
        (StatVfsMountFlags::NOEXEC, MountAttributes::NO_EXEC),
    ];
    let set = each.into_iter().filter(|(flag, _)| flags.contains(*flag));
    set.map(|(_, attribute)| attribute).collect()
}

enum ResolvedBase {
    Directory(PathBuf),
    Image(Image),
}

impl ResolvedBase {
    fn directory(&self) -> Option<&Path> {
        match self {
            Self::Directory(path) => Some(path),
            Self::Image(_) => None,
        }
    }
}

impl Root {
    /// The root directory, or image, that was asked for.
    pub(crate) fn path(&self) -> &Path {
        match &self.base {
            Base::Directory(path) => Path::new(OsStr::from_bytes(path.to_bytes())),
            Base::Image(image) => &image.path,
        }
    }

    /// Why it can't be used after all.
    pub(crate) fn unusable(&self, errno: Errno) -> Error {
        unusable_tree(Role::Root, self.path(), &errno.into(), ROOT_MISSING)
    }

    /// An image that is another file by now may have another file system in it, or another root's secrets.
    pub(crate) fn check_again(&self) -> Result<()> {
        let Base::Image(image) = &self.base else { return Ok(()) };
        let metadata = image.path.metadata();
        let metadata = metadata.map_err(|error| unusable_tree(Role::Root, self.path(), &error, ROOT_MISSING))?;
        if (metadata.dev(), metadata.ino()) == (image.device, image.inode) {
            Ok(())
        } else {
            Err(
                Error::new(Phase::Configure, ErrorKind::Other, attempt(Role::Root, self.path()))
                    .because("the image has been replaced since the container was configured"),
            )
        }
    }

    /// Whether it is an overlay, and not the base itself.
    pub(crate) fn is_overlay(&self) -> bool {
        self.layer.is_some() || !self.over.is_empty()
    }

    /// Whether mount targets that are missing in it can be made.
    pub(crate) fn takes_targets(&self) -> bool {
        self.layer.is_some() || (self.over.is_empty() && !self.base_is_read_only)
    }

    /// All directories of which it is made, topmost first.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &CStr> {
        let upper = match &self.layer {
            Some(Layer::Directories { upper, .. }) => Some(upper),
            Some(Layer::Memory { .. }) | None => None,
        };
        let base = match &self.base {
            Base::Directory(path) => Some(path),
            Base::Image(_) => None,
        };
        upper.into_iter().chain(&self.over).chain(base).map(CString::as_c_str)
    }
}

const ROOT_MISSING: &str = "the root directory must exist; it holds the system that is to run";
const LOWER_MISSING: &str = "a lower directory must exist; it lies over the root directory";

fn unusable_tree(role: Role, path: &Path, error: &std::io::Error, missing: &'static str) -> Error {
    let errno = errno_of(error);
    Error::os(Phase::Configure, attempt(role, path), errno).with_any_remedy(match errno {
        Errno::NOENT => Some(missing),
        Errno::ACCESS => Some("a directory on the way to it, or itself, may not be searched"),
        _ => None,
    })
}

fn text(role: Role, path: &Path) -> Result<CString> {
    c_string(path.as_os_str()).map_err(|why| Error::invalid(attempt(role, path), why))
}

/// Opens a directory by its absolute path without symlinks.
fn open(role: Role, path: &Path, missing: &'static str) -> Result<Directory> {
    text(role, path)?;
    let resolved = path.canonicalize();
    let resolved = resolved.map_err(|error| unusable_tree(role, path, &error, missing))?;
    Directory::open(role, &resolved, missing)
}
