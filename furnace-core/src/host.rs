//! What the plan needs to know of the host and of the root directory, looked at once and before anything is started.

use std::ffi::{CStr, CString};
use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use furnace_sys::Errno;
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RawDir, ResolveFlags, StatxFlags, open, openat2, statat, statx,
};
use rustix::io::retry_on_intr;

use crate::device::Dev;
use crate::error::Result;
use crate::root::{Base, Root};

/// The file whose content names the host's name servers.
pub(crate) const RESOLV_CONF: &CStr = c"/etc/resolv.conf";

/// Where a system keeps the program that fills its runtime directories.
const TMPFILES: [&CStr; 2] = [c"/usr/bin/systemd-tmpfiles", c"/bin/systemd-tmpfiles"];

/// Facts, not choices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    /// The minor numbers of the loop devices in the host's /dev.
    pub(crate) loop_devices: Vec<u32>,
    /// The directories in the host's /dev, for where that is the container's too.
    pub(crate) dev_directories: Vec<CString>,
    /// Whether the host has name servers to tell of, and the root a place to tell them.
    pub(crate) resolv_conf: bool,
    /// Where the root may have a systemd-tmpfiles, if it may.
    pub(crate) tmpfiles: Vec<&'static CStr>,
}

impl Host {
    /// Looks at this host, and at the trees of which `root` is made.
    pub(crate) fn look(root: &Root, dev: Dev, wants_resolv_conf: bool) -> Result<Self, Errno> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let trees = root.directories().map(|tree| open(tree, flags, Mode::empty()));
        let trees: Vec<OwnedFd> = trees.collect::<Result<_, Errno>>()?;
        let is_there = |path: &CStr| trees.iter().any(|tree| is_there(tree.as_fd(), path));
        Ok(Self {
            loop_devices: loop_devices(),
            dev_directories: if dev == Dev::Host {
                dev_directories()
            } else {
                Vec::new()
            },
            resolv_conf: wants_resolv_conf && resolv_conf_has_place(root.takes_targets() || is_there(RESOLV_CONF)),
            tmpfiles: match root.base {
                Base::Directory(_) => TMPFILES.into_iter().find(|path| is_there(path)).into_iter().collect(),
                // What is in an image is not known before.
                Base::Image(_) => TMPFILES.into(),
            },
        })
    }
}

/// The numbers of the loop devices in /dev.
fn loop_devices() -> Vec<u32> {
    let mut minors = Vec::new();
    see_in_dev(FileType::BlockDevice, |name| {
        let number = name.to_bytes().strip_prefix(b"loop");
        let number = number.and_then(|digits| str::from_utf8(digits).ok());
        minors.extend(number.and_then(|digits| digits.parse::<u32>().ok()));
    });
    minors.sort_unstable();
    minors
}

fn dev_directories() -> Vec<CString> {
    let mut directories = Vec::new();
    see_in_dev(FileType::Directory, |name| directories.push(name.to_owned()));
    directories
}

/// Shows the names of this type in the host's /dev. What can't be looked into has none to show.
fn see_in_dev(wanted: FileType, mut see: impl FnMut(&CStr)) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(dev) = open(c"/dev", flags, Mode::empty()) else {
        return;
    };
    let mut space = [MaybeUninit::uninit(); 2048];
    let mut entries = RawDir::new(&dev, &mut space);
    while let Some(Ok(entry)) = entries.next() {
        let name = entry.file_name();
        let is_wanted = match entry.file_type() {
            // Some file systems make one look for it.
            FileType::Unknown => statat(&dev, name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == wanted),
            told => told == wanted,
        };
        if is_wanted {
            see(name);
        }
    }
}

/// The host's resolv.conf is wanted wherever both sides have a place for it.
fn resolv_conf_has_place(has_place: bool) -> bool {
    if !fs::metadata("/etc/resolv.conf").is_ok_and(|metadata| metadata.is_file()) {
        tracing::debug!("the host has no /etc/resolv.conf to share");
        return false;
    }
    if !has_place {
        tracing::warn!("the root directory is read-only and has no /etc/resolv.conf: it will not have the host's");
    }
    has_place
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

/// The type of the file system at `path`, as mount(8) names it.
pub(crate) fn file_system_of(path: &Path) -> Option<String> {
    let mount = statx(CWD, path, AtFlags::empty(), StatxFlags::MNT_ID)
        .ok()?
        .stx_mnt_id
        .to_string();
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    // proc_pid_mountinfo(5): the id comes first, the type after the dash that ends the optional fields.
    let line = mounts.lines().find(|line| line.split(' ').next() == Some(&mount))?;
    let (_, after) = line.split_once(" - ")?;
    after.split(' ').next().map(str::to_owned)
}
