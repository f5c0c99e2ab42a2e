//! A bind mount: what of the host is shown where.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use furnace_sys::Errno;
use furnace_sys::flags::{MountAttributes, Propagation};
use furnace_sys::wire::Target;

use super::destination::{below_root, c_string, check_names_file};
use super::id_map::IdMap;
use super::sources::Sources;
use crate::error::escape::escaped;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result, errno_of};

/// A directory or a file of the host, shown in the container.
///
/// By default all that is mounted below it is shown too, and it can be written to. Whatever the source is mounted with
/// (read-only, nosuid, nodev, noexec) stays; what is asked for here is added, before anybody can see the mount.
#[derive(Clone, Debug)]
pub struct Bind {
    source: PathBuf,
    destination: PathBuf,
    attributes: MountAttributes,
    recursive: bool,
    propagation: Option<Propagation>,
    id_map: Option<IdMap>,
}

impl Bind {
    /// `source`, a path of the host, at `destination` in the container. A relative `destination` is relative to the
    /// container's root, which it never leaves.
    pub fn new(source: impl AsRef<Path>, destination: impl AsRef<Path>) -> Self {
        Self {
            source: source.as_ref().to_owned(),
            destination: destination.as_ref().to_owned(),
            attributes: MountAttributes::empty(),
            recursive: true,
            propagation: None,
            id_map: None,
        }
    }

    fn attribute(mut self, attribute: MountAttributes, wanted: bool) -> Self {
        self.attributes.set(attribute, wanted);
        self
    }

    /// Whether nothing can be changed through it, nor through any mount below it: not for a moment.
    #[must_use]
    pub fn read_only(self, wanted: bool) -> Self {
        self.attribute(MountAttributes::READ_ONLY, wanted)
    }

    /// Whether set-user-id bits and file capabilities do nothing there.
    #[must_use]
    pub fn no_suid(self, wanted: bool) -> Self {
        self.attribute(MountAttributes::NO_SUID, wanted)
    }

    /// Whether device nodes cannot be opened there.
    #[must_use]
    pub fn no_dev(self, wanted: bool) -> Self {
        self.attribute(MountAttributes::NO_DEV, wanted)
    }

    /// Whether nothing can be executed there.
    #[must_use]
    pub fn no_exec(self, wanted: bool) -> Self {
        self.attribute(MountAttributes::NO_EXEC, wanted)
    }

    /// Whether what is mounted below the source is shown too; by default it is. Otherwise the directories beneath those
    /// mounts are seen.
    #[must_use]
    pub fn recursive(mut self, recursive: bool) -> Self {
        self.recursive = recursive;
        self
    }

    /// Whether mounts that the host makes below the source later are seen inside. By default it is as for the container
    /// as a whole, but not for a [read-only](Self::read_only) bind: to that they would come writable.
    #[must_use]
    pub fn propagation(mut self, propagation: Propagation) -> Self {
        self.propagation = Some(propagation);
        self
    }

    /// Shows owners as `map` says (mount_setattr(2), `MOUNT_ATTR_IDMAP`, Linux 5.12). Not every file system can.
    #[must_use]
    pub fn id_map(mut self, map: IdMap) -> Self {
        self.id_map = Some(map);
        self
    }

    /// A mount that the host makes later would come in writable.
    fn propagation_by_default(&self) -> Option<Propagation> {
        self.attributes
            .contains(MountAttributes::READ_ONLY)
            .then_some(Propagation::Private)
    }

    pub(super) fn check(&self, sources: &mut Sources) -> Result<CheckedBind> {
        let attempt = || {
            let words = format!(
                "cannot bind {} to {} in the container",
                escaped(&self.source),
                escaped(&self.destination)
            );
            Attempt::on(&self.source, words)
        };
        let misplaced = |why| Error::invalid(attempt().at(&self.destination), why);
        let destination = below_root(&self.destination).map_err(misplaced)?;
        let failed = |errno: Errno| {
            Error::os(Phase::Configure, attempt(), errno).with_any_remedy(match errno {
                Errno::NOENT => Some("the source of a bind is a path outside the container, and must exist"),
                _ => None,
            })
        };
        let text = |path: &Path| c_string(path.as_os_str()).map_err(|why| Error::invalid(attempt(), why));
        let source = match text(&self.source)? {
            plain if self.source.is_absolute() && !may_be_the_callers(&self.source) => plain,
            _ => {
                let resolved = std::path::absolute(&self.source).and_then(std::fs::canonicalize);
                text(&resolved.map_err(|error| failed(errno_of(&error)))?)?
            }
        };
        let target = if sources.is_directory(&source).map_err(failed)? {
            Target::Directory
        } else {
            check_names_file(&self.destination).map_err(|why| misplaced(why).with_kind(ErrorKind::NotADirectory))?;
            Target::File
        };
        Ok(CheckedBind {
            source,
            destination,
            target,
            attributes: self.attributes,
            recursive: self.recursive,
            propagation: self.propagation.or(self.propagation_by_default()),
            id_map: self.id_map.as_ref().map(IdMap::check).transpose()?,
        })
    }
}

/// Whether a path may lead to what is another thing for furnace-init, to `/proc/self`: then it is resolved here. That costs
/// more than all else that is done for a bind.
fn may_be_the_callers(path: &Path) -> bool {
    let path = path.as_os_str().as_bytes();
    let own: [&[u8]; 3] = [b"/proc", b"/dev/fd", b"/dev/std"];
    // `..` too, and what hides one of these.
    let is_plain = !path.windows(2).any(|pair| pair == b"/." || pair == b"//");
    !is_plain || own.iter().any(|own| path.starts_with(own))
}

/// A bind mount that makes sense.
#[derive(Clone, Debug)]
pub(crate) struct CheckedBind {
    /// Absolute, on the host.
    pub(crate) source: CString,
    /// Relative to the root, without `.`, `..` or empty components.
    pub(crate) destination: CString,
    pub(crate) target: Target,
    pub(crate) attributes: MountAttributes,
    pub(crate) recursive: bool,
    pub(crate) propagation: Option<Propagation>,
    pub(crate) id_map: Option<IdMap>,
}

impl CheckedBind {
    /// Whether what is mounted below it comes with it. Nothing is mounted below a file, and to look for it the kernel would
    /// walk all mounts beside it.
    pub(crate) fn is_recursive(&self) -> bool {
        self.recursive && self.target == Target::Directory
    }
}
