//! Containers to look into, and ways to look.

use furnace_core::{Builder, Container};
use libtest_mimic::Failed;

/// The running system, of which nothing can be changed: the quickest root directory that has every program.
pub(crate) fn system() -> Builder {
    let mut builder = Container::builder("/");
    builder.ephemeral(true).tmpfiles(false);
    builder
}

/// What `script` writes, run by the container's shell, without the last newline.
pub(crate) fn sh(container: &Container, script: &str) -> Result<String, Failed> {
    let output = container
        .command("sh")
        .args(["-c", script])
        .output()
        .map_err(|error| whole(&error))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{script}`: {}, {errors}", output.status).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim_end_matches('\n')
        .to_owned())
}

/// Whether the container's shell finds `condition` to hold.
pub(crate) fn holds(container: &Container, condition: &str) -> Result<bool, Failed> {
    let output = container
        .command("sh")
        .args(["-c", condition])
        .output()
        .map_err(|error| whole(&error))?;
    Ok(output.status.success())
}

/// An error with its causes, and what to do about it.
pub(crate) fn whole(error: &furnace_core::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    if let Some(remedy) = error.remedy() {
        text.push_str(&format!(" ({remedy})"));
    }
    text
}

/// A line of `/proc/PID/status`, seen from outside.
pub(crate) fn status_field(pid: u32, name: &str) -> Result<String, Failed> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    Ok(line
        .ok_or_else(|| format!("no {name} of process {pid}"))?
        .trim()
        .to_owned())
}

/// The pid of the container's fork server: the parent of its PID 1.
pub(crate) fn fork_server(container: &Container) -> Result<u32, Failed> {
    Ok(status_field(container.id(), "PPid")?.parse()?)
}
