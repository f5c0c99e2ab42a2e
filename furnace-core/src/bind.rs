//! A bind mount: what of the host is shown where.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use furnace_sys::Errno;
use furnace_sys::wire::Target;

use crate::error::{Error, ErrorKind, Phase, Result};
use crate::escape::escaped;

/// A bind mount as it was asked for.
#[derive(Clone, Debug)]
pub(crate) struct BindRequest {
    pub(crate) source: PathBuf,
    pub(crate) destination: PathBuf,
    pub(crate) read_only: bool,
}

/// A bind mount that makes sense.
#[derive(Clone, Debug)]
pub(crate) struct Bind {
    /// Absolute, on the host.
    pub(crate) source: CString,
    /// Relative to the root, without `.`, `..` or empty components.
    pub(crate) destination: CString,
    pub(crate) target: Target,
    pub(crate) read_only: bool,
}

impl BindRequest {
    /// Looks at the source, and makes sure that the destination is below the root.
    pub(crate) fn resolve(&self) -> Result<Bind> {
        let attempt = || {
            format!(
                "cannot bind {} to {} in the container",
                escaped(&self.source),
                escaped(&self.destination)
            )
        };
        let destination = below_root(&self.destination).map_err(|why| Error::invalid(attempt(), why))?;
        let source = c_string(self.source.as_os_str()).map_err(|why| Error::invalid(attempt(), why))?;
        let failed = |error: &std::io::Error| {
            let errno = Errno::from_io_error(error).unwrap_or(Errno::IO);
            Error::os(Phase::Configure, attempt(), errno).with_any_remedy(match error.kind() {
                std::io::ErrorKind::NotFound => {
                    Some("the source of a bind is a path outside the container, and must exist")
                }
                _ => None,
            })
        };
        let metadata = std::fs::metadata(&self.source).map_err(|error| failed(&error))?;
        let source = if self.source.is_absolute() {
            source
        } else {
            let absolute = std::path::absolute(&self.source).map_err(|error| failed(&error))?;
            c_string(absolute.as_os_str()).map_err(|why| Error::invalid(attempt(), why))?
        };
        let target = if metadata.is_dir() {
            Target::Directory
        } else {
            Target::File
        };
        if target == Target::File && self.destination.as_os_str().as_bytes().ends_with(b"/") {
            return Err(Error::invalid(
                attempt(),
                "the source is not a directory, but the destination names one",
            )
            .with_kind(ErrorKind::NotADirectory));
        }
        Ok(Bind {
            source,
            destination,
            target,
            read_only: self.read_only,
        })
    }
}

/// A path as the kernel takes it.
pub(crate) fn c_string(text: &OsStr) -> Result<CString, &'static str> {
    match text.as_bytes() {
        [] => Err("the path is empty"),
        bytes => CString::new(bytes).map_err(|_| "the path contains a NUL byte"),
    }
}

/// A destination, relative to the root.
fn below_root(destination: &Path) -> Result<CString, &'static str> {
    let mut below = PathBuf::new();
    for component in destination.components() {
        match component {
            Component::Normal(name) => below.push(name),
            Component::RootDir | Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) => {
                return Err("the destination contains `..`: it is always inside the container");
            }
        }
    }
    if below.as_os_str().is_empty() {
        return Err("the destination is the container's root itself");
    }
    c_string(below.as_os_str())
}

#[cfg(test)]
mod tests {
    use super::below_root;
    use std::path::Path;

    fn destination(path: &str) -> Result<String, &'static str> {
        below_root(Path::new(path)).map(|path| path.into_string().expect("UTF-8"))
    }

    #[test]
    fn destinations_are_relative_to_the_root() {
        assert_eq!(destination("/a/b").as_deref(), Ok("a/b"));
        assert_eq!(destination("a//./b/").as_deref(), Ok("a/b"));
    }

    #[test]
    fn destinations_never_leave_the_root() {
        assert!(destination("/../etc").is_err());
        assert!(destination("a/../../b").is_err());
        assert!(destination("/").is_err());
        assert!(destination("").is_err());
        assert!(destination("a\0b").is_err());
    }
}
