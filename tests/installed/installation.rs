//! Furnace as `install.sh` installs it, in a directory for temporary files, once for all tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

use furnace_tests::{Need, Scratch};
use libtest_mimic::Failed;

/// What whoever builds against an installation needs.
pub(crate) const TO_COMPILE: [Need; 2] = [Need::Program("cc"), Need::Program("pkg-config")];

static INSTALLED: Mutex<Option<Scratch>> = Mutex::new(None);

/// The repository.
pub(crate) fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)
}

/// `install.sh` for what is built for these tests.
pub(crate) fn install_sh(action: &str) -> Command {
    let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
    let profile = match cfg!(debug_assertions) {
        true => "dev",
        false => "release",
    };
    let mut command = Command::new(source("install.sh"));
    command
        .arg(action)
        .env("PROFILE", profile)
        .env("CARGO_TARGET_DIR", target);
    for variable in [
        "DESTDIR",
        "BINDIR",
        "LIBDIR",
        "INCLUDEDIR",
        "DATADIR",
        "MANDIR",
        "TARGET",
    ] {
        command.env_remove(variable);
    }
    command
}

/// The prefix that everything is installed in.
pub(crate) fn prefix() -> PathBuf {
    let mut installed = installed();
    let scratch = installed.get_or_insert_with(|| {
        let scratch = Scratch::new();
        run(install_sh("all").env("PREFIX", scratch.path())).unwrap();
        scratch
    });
    scratch.path().to_owned()
}

/// Removes it, if it is there.
pub(crate) fn remove() {
    drop(installed().take());
}

fn installed() -> MutexGuard<'static, Option<Scratch>> {
    INSTALLED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A program that finds the installation: by pkg-config when it builds, by the loader when it runs.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig"))
        .env("LD_LIBRARY_PATH", prefix().join("lib"));
    command
}

/// Runs it; fails with what it says, if it fails.
pub(crate) fn run(command: &mut Command) -> Result<Output, Failed> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        return Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&said)).into());
    }
    Ok(output)
}

/// What pkg-config says of furnace.
pub(crate) fn pkg_config(arguments: &[&str]) -> Result<Vec<String>, Failed> {
    let output = run(command("pkg-config").args(arguments).arg("furnace"))?;
    Ok(String::from_utf8(output.stdout)?
        .split_whitespace()
        .map(str::to_owned)
        .collect())
}

/// A copy of a directory of examples, to build in.
pub(crate) fn copy_of(examples: &str) -> Result<Scratch, Failed> {
    let scratch = Scratch::new();
    for entry in std::fs::read_dir(source("examples").join(examples))? {
        let entry = entry?;
        std::fs::copy(entry.path(), scratch.join(entry.file_name()))?;
    }
    Ok(scratch)
}
