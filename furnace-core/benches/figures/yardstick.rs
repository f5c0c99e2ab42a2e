//! The yardstick's programs, compiled when the benchmark starts.

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::driver::Driver;
use crate::root::Root;

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/yardstick");

/// The launcher has no libc, and is as few pages as furnace-init.
const LAUNCHER_OPTIONS: &[&str] = &[
    "-static",
    "-nostdlib",
    "-nostartfiles",
    "-ffreestanding",
    "-fno-stack-protector",
    "-Wl,-z,noseparate-code,--build-id=none,-s",
];

/// Compiles a program in C.
pub(crate) fn compile(source: &str, program: &Path, options: &[&str]) -> Result<()> {
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-o"]).arg(program).arg(Path::new(SOURCES).join(source));
    let output = cc.args(options).output().map_err(|error| format!("cc: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!(
            "cc cannot compile {source}:\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into())
    }
}

/// The yardstick, ready to be driven.
pub(crate) fn start(root: &Root) -> Result<Driver> {
    let [launcher, driver] = ["launcher", "driver"].map(|name| root.beside(name));
    compile("launcher.c", &launcher, LAUNCHER_OPTIONS)?;
    let carried = format!("-DLAUNCHER=\"{}\"", launcher.display());
    compile("driver.c", &driver, &["-static", &carried])?;
    Driver::start(Command::new(driver).arg(root.path()))
}
