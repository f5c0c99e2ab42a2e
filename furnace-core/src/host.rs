//! What the plan needs to know of the host and of the root directory, looked at once and before anything is started.

use std::ffi::CStr;
use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use furnace_sys::Errno;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, StatVfsMountFlags, fstatvfs, open, openat2, statat};
use rustix::io::retry_on_intr;

use crate::error::{Error, ErrorKind, Phase, Result};

/// The file whose content names the host's name servers.
pub(crate) const RESOLV_CONF: &CStr = c"/etc/resolv.conf";

/// Where a system keeps the program that fills its runtime directories.
const TMPFILES: [&CStr; 2] = [c"/usr/bin/systemd-tmpfiles", c"/bin/systemd-tmpfiles"];

/// Facts, not choices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    /// The minor numbers of the loop devices in the host's /dev.
    pub(crate) loop_devices: Vec<u32>,
    /// Whether the host has name servers to tell of, and the root a place to tell them.
    pub(crate) resolv_conf: bool,
    /// The systemd-tmpfiles of the root, if it has one.
    pub(crate) tmpfiles: Option<&'static CStr>,
    /// Mode, owner and group of the root directory.
    pub(crate) root_mode: u32,
    pub(crate) root_uid: u32,
    pub(crate) root_gid: u32,
}

impl Host {
    /// Looks at this host, and at `root` on it.
    pub(crate) fn look(root: &Path, ephemeral: bool) -> Result<Self, Errno> {
        let metadata = fs::metadata(root).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        let directory = open(root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self {
            loop_devices: loop_devices(),
            resolv_conf: resolv_conf_is_wanted(directory.as_fd(), ephemeral)?,
            tmpfiles: TMPFILES.into_iter().find(|path| is_there(directory.as_fd(), path)),
            root_mode: metadata.mode() & 0o7777,
            root_uid: metadata.uid(),
            root_gid: metadata.gid(),
        })
    }
}

/// Whether the caller may make containers at all; better said once than as the first `EPERM` of many.
pub(crate) fn check_privileges() -> Result<()> {
    use rustix::thread::{CapabilitySet, capabilities};
    let attempt = "cannot make a container";
    let held = capabilities(None)
        .map_err(|errno| Error::os(Phase::Configure, attempt, errno))?
        .effective;
    let names = [
        (CapabilitySet::SYS_ADMIN, "CAP_SYS_ADMIN"),
        (CapabilitySet::MKNOD, "CAP_MKNOD"),
    ];
    match names.into_iter().find(|(capability, _)| !held.contains(*capability)) {
        None => Ok(()),
        Some((_, name)) => Err(Error::new(Phase::Configure, ErrorKind::PermissionDenied, attempt)
            .because(format!("the capability {name} is missing"))
            .with_remedy("run it as root, for example with sudo")),
    }
}

fn loop_devices() -> Vec<u32> {
    let mut minors: Vec<u32> = fs::read_dir("/dev")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            entry
                .file_name()
                .to_str()?
                .strip_prefix("loop")?
                .parse::<u32>()
                .ok()
                .map(|n| (entry, n))
        })
        .filter(|(entry, _)| entry.file_type().is_ok_and(|kind| kind.is_block_device()))
        .map(|(_, number)| number)
        .collect();
    minors.sort_unstable();
    minors
}

/// The host's resolv.conf is wanted wherever both sides have a place for it. A root that can't be written to and has no
/// such file can't be given one.
fn resolv_conf_is_wanted(root: BorrowedFd<'_>, ephemeral: bool) -> Result<bool, Errno> {
    if !fs::metadata("/etc/resolv.conf").is_ok_and(|metadata| metadata.is_file()) {
        tracing::debug!("the host has no /etc/resolv.conf to share");
        return Ok(false);
    }
    let read_only = fstatvfs(root)?.f_flag.contains(StatVfsMountFlags::RDONLY);
    if read_only && !ephemeral && !is_there(root, RESOLV_CONF) {
        tracing::warn!("the root directory is read-only and has no /etc/resolv.conf: it will not have the host's");
        return Ok(false);
    }
    Ok(true)
}

/// Whether there is anything at `path` below `root`, a dangling symlink included.
fn is_there(root: BorrowedFd<'_>, path: &CStr) -> bool {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    retry_on_intr(|| openat2(root, path, flags, Mode::empty(), resolve)).is_ok()
}

/// The namespaces that a kernel can be built without, by the name of their file under /proc/self/ns; those it lacks.
pub(crate) fn missing_namespaces() -> Vec<&'static str> {
    let kinds = [
        ("mnt", "mount"),
        ("pid", "pid"),
        ("ipc", "ipc"),
        ("uts", "uts"),
        ("cgroup", "cgroup"),
        ("net", "network"),
    ];
    kinds
        .into_iter()
        .filter(|(file, _)| {
            matches!(
                statat(CWD, format!("/proc/self/ns/{file}"), AtFlags::empty()),
                Err(Errno::NOENT)
            )
        })
        .map(|(_, name)| name)
        .collect()
}
