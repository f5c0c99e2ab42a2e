//! What a container is to be, once all of it makes sense.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use furnace_sys::Errno;
use furnace_sys::flags::Propagation;

use crate::bind::{Bind, BindRequest, c_string};
use crate::error::{Error, ErrorKind, Phase, Result};
use crate::escape::escaped;
use crate::host::{self, Host};

/// `HOST_NAME_MAX` of sethostname(2).
const HOSTNAME_MAX: usize = 64;

/// What was asked for, unchecked.
#[derive(Clone, Debug)]
pub(crate) struct Wishes {
    pub(crate) root: PathBuf,
    pub(crate) binds: Vec<BindRequest>,
    pub(crate) isolate_network: bool,
    pub(crate) hostname: OsString,
    pub(crate) ephemeral: bool,
    pub(crate) propagation: Propagation,
    pub(crate) resolv_conf: bool,
    pub(crate) tmpfiles: bool,
    pub(crate) limit: Duration,
}

impl Wishes {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self {
            root,
            binds: Vec::new(),
            isolate_network: false,
            hostname: "localhost".into(),
            ephemeral: false,
            propagation: Propagation::Slave,
            resolv_conf: true,
            tmpfiles: true,
            limit: Duration::from_secs(30),
        }
    }
}

/// What a container is to be: all that the plan is made from.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The root directory, absolute and without symlinks.
    pub(crate) root: CString,
    pub(crate) binds: Vec<Bind>,
    pub(crate) isolate_network: bool,
    pub(crate) hostname: CString,
    pub(crate) ephemeral: bool,
    pub(crate) propagation: Propagation,
    /// Whether the host's resolv.conf is to be seen inside.
    pub(crate) resolv_conf: bool,
    pub(crate) host: Host,
}

impl Config {
    /// Checks the wishes against themselves and against the host. Touches nothing.
    pub(crate) fn resolve(wishes: &Wishes) -> Result<Self> {
        let root = resolve_root(&wishes.root)?;
        let hostname = check_hostname(&wishes.hostname)?;
        let binds = wishes.binds.iter().map(BindRequest::resolve).collect::<Result<_>>()?;
        host::check_privileges()?;
        let host = Host::look(&root, wishes.ephemeral).map_err(|errno| unusable_root(&root, errno))?;
        Ok(Self {
            root: c_string(root.as_os_str()).map_err(|why| Error::invalid(root_attempt(&root), why))?,
            binds,
            isolate_network: wishes.isolate_network,
            hostname,
            ephemeral: wishes.ephemeral,
            propagation: wishes.propagation,
            // With a network of its own the host's name servers are out of reach.
            resolv_conf: wishes.resolv_conf && !wishes.isolate_network && host.resolv_conf,
            host,
        })
    }
}

fn root_attempt(root: &Path) -> String {
    format!("cannot use {} as the root directory", escaped(root))
}

fn unusable_root(root: &Path, errno: Errno) -> Error {
    Error::os(Phase::Configure, root_attempt(root), errno).with_any_remedy(match errno {
        Errno::NOENT => Some("the root directory must exist; it holds the system that is to run"),
        Errno::ACCESS => Some("a directory on the way to it, or itself, may not be searched"),
        _ => None,
    })
}

fn resolve_root(root: &Path) -> Result<PathBuf> {
    c_string(root.as_os_str()).map_err(|why| Error::invalid(root_attempt(root), why))?;
    let failed = |error: &std::io::Error| unusable_root(root, Errno::from_io_error(error).unwrap_or(Errno::IO));
    let resolved = root.canonicalize().map_err(|error| failed(&error))?;
    if !resolved.metadata().map_err(|error| failed(&error))?.is_dir() {
        return Err(unusable_root(root, Errno::NOTDIR).with_kind(ErrorKind::NotADirectory));
    }
    Ok(resolved)
}

fn check_hostname(hostname: &OsString) -> Result<CString> {
    let attempt = || format!("cannot use {} as the host name", escaped(hostname));
    match hostname.as_bytes() {
        [] => Err(Error::invalid(attempt(), "it is empty")),
        bytes if bytes.len() > HOSTNAME_MAX => Err(Error::invalid(
            attempt(),
            format!("it has {} bytes; the kernel takes {HOSTNAME_MAX}", bytes.len()),
        )),
        bytes => CString::new(bytes).map_err(|_| Error::invalid(attempt(), "it contains a NUL byte")),
    }
}
