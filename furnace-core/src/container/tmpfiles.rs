//! What a system's own configuration wants to find in its fresh `/dev` and `/run`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::config::Config;
use crate::container::Container;
use crate::device::Dev;
use crate::error::{ErrorKind, Result};
use crate::stdio::Stdio;

/// A start does not wait longer than this.
const LIMIT: Duration = Duration::from_secs(10);

/// Has the root's own systemd-tmpfiles make what belongs below the new file systems. It runs inside, like any command:
/// whatever it is, it can't do more than that.
pub(crate) fn run(container: &Container, config: &Config) {
    // In the host's /dev it has no business.
    let prefixes: &[&str] = match config.dev {
        Dev::Minimal => &["--prefix=/dev", "--prefix=/run"],
        Dev::Host => &["--prefix=/run"],
    };
    let _waiting = tracing::info_span!("waiting for systemd-tmpfiles in the container").entered();
    let mut outcomes = config
        .host
        .tmpfiles
        .iter()
        .map(|program| try_run(container, OsStr::from_bytes(program.to_bytes()), prefixes))
        .filter(|outcome| !matches!(outcome, Err(error) if error.kind() == ErrorKind::NotFound));
    let Some(outcome) = outcomes.next() else { return };
    match outcome {
        Ok(None) => tracing::warn!("systemd-tmpfiles in the container took longer than {LIMIT:?}"),
        Ok(Some(status)) if !status.success() => tracing::warn!(%status, "systemd-tmpfiles in the container failed"),
        Ok(Some(_)) => {}
        Err(error) => tracing::warn!(%error, "systemd-tmpfiles in the container did not run"),
    }
}

fn try_run(container: &Container, program: &OsStr, prefixes: &[&str]) -> Result<Option<ExitStatus>> {
    let mut child = container
        .command(program)
        .arg("--create")
        .args(prefixes)
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .new_session(true)
        .spawn()?;
    let ended = child.wait_timeout(LIMIT)?;
    if ended.is_none() {
        child.kill()?;
        child.wait()?;
    }
    Ok(ended)
}
