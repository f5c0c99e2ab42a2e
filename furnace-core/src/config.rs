//! What a container is to be, once all of it makes sense.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use furnace_sys::flags::Propagation;

use crate::device::{Dev, Device};
use crate::error::escape::escaped;
use crate::error::{Attempt, Error, Result};
use crate::host::Host;
use crate::mount::{CheckedMount, Mount, Sources};
use crate::root::{Root, RootRequest};

/// `HOST_NAME_MAX` of sethostname(2).
const HOSTNAME_MAX: usize = 64;

/// What was asked for, unchecked.
#[derive(Clone, Debug)]
pub(crate) struct Wishes {
    pub(crate) root: RootRequest,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) dev: Dev,
    pub(crate) devices: Vec<PathBuf>,
    pub(crate) isolate_network: bool,
    pub(crate) own_session: bool,
    pub(crate) terminals: bool,
    pub(crate) hostname: OsString,
    pub(crate) propagation: Propagation,
    pub(crate) resolv_conf: bool,
    pub(crate) tmpfiles: bool,
    pub(crate) limit: Duration,
}

impl Wishes {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self {
            root: RootRequest {
                base: root,
                ..RootRequest::default()
            },
            mounts: Vec::new(),
            dev: Dev::Minimal,
            devices: Vec::new(),
            isolate_network: false,
            own_session: false,
            terminals: true,
            hostname: "localhost".into(),
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
    pub(crate) root: Root,
    /// Later ones lie over earlier ones.
    pub(crate) mounts: Vec<CheckedMount>,
    pub(crate) dev: Dev,
    pub(crate) devices: Vec<Device>,
    pub(crate) isolate_network: bool,
    pub(crate) own_session: bool,
    pub(crate) terminals: bool,
    pub(crate) hostname: CString,
    pub(crate) propagation: Propagation,
    pub(crate) host: Host,
}

impl Config {
    /// Checks the wishes against themselves and against the host. Touches nothing.
    pub(crate) fn resolve(wishes: &Wishes) -> Result<Self> {
        let root = wishes.root.check()?;
        let hostname = check_hostname(&wishes.hostname)?;
        let mut sources = Sources::default();
        let mounts = wishes.mounts.iter().map(|mount| mount.check(&mut sources));
        let mounts: Vec<CheckedMount> = mounts.collect::<Result<_>>()?;
        if wishes.dev == Dev::Host {
            mounts.iter().try_for_each(check_place_in_host_dev)?;
        }
        let devices = wishes.devices.iter().map(|path| Device::look(path));
        let devices = devices.collect::<Result<_>>()?;
        // With a network of its own the host's name servers are out of reach.
        let wants_resolv_conf = wishes.resolv_conf && !wishes.isolate_network;
        let host = Host::look(&root, wishes.dev, wants_resolv_conf).map_err(|errno| root.unusable(errno))?;
        tracing::trace!(
            root = %escaped(root.path()),
            overlay = root.is_overlay(),
            mounts = mounts.len(),
            loop_devices = host.loop_devices.len(),
            resolv_conf = host.resolv_conf,
            tmpfiles = !host.tmpfiles.is_empty(),
            "the host was looked at"
        );
        Ok(Self {
            root,
            mounts,
            dev: wishes.dev,
            devices,
            isolate_network: wishes.isolate_network,
            own_session: wishes.own_session,
            terminals: wishes.terminals,
            hostname,
            propagation: wishes.propagation,
            host,
        })
    }
}

fn check_hostname(hostname: &OsString) -> Result<CString> {
    let attempt = || Attempt::on_no_path(format!("cannot use {} as the host name", escaped(hostname)));
    match hostname.as_bytes() {
        [] => Err(Error::invalid(attempt(), "it is empty")),
        bytes if bytes.len() > HOSTNAME_MAX => Err(Error::invalid(
            attempt(),
            format!("it has {} bytes; the kernel takes {HOSTNAME_MAX}", bytes.len()),
        )),
        bytes => CString::new(bytes).map_err(|_| Error::invalid(attempt(), "it contains a NUL byte")),
    }
}

/// In the host's /dev no mount target is made.
fn check_place_in_host_dev(mount: &CheckedMount) -> Result<()> {
    let destination = Path::new("/").join(OsStr::from_bytes(mount.destination().to_bytes()));
    if !destination.starts_with("/dev") || destination.symlink_metadata().is_ok() {
        return Ok(());
    }
    let words = format!("cannot mount on {} in the container", escaped(&destination));
    let attempt = Attempt::on(destination, words);
    Err(Error::invalid(
        attempt,
        "its /dev is the host's, where that is not there, and nothing is made in it",
    ))
}
