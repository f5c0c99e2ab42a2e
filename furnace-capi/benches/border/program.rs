//! What is measured, and where it runs.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::caller;
use crate::driver::Driver;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/border");
const TRUE: &str = "int main(void) { return 0; }\n";

/// A directory of this run's own, gone with it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("furnace-bench-{}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// A root directory with nothing in it but a static `/bin/true`.
    pub(crate) fn root(&self) -> Result<PathBuf> {
        let root = self.0.join("root");
        for directory in ["bin", "dev", "etc", "proc", "run", "sys", "tmp"] {
            fs::create_dir_all(root.join(directory))?;
        }
        let source = self.0.join("true.c");
        fs::write(&source, TRUE)?;
        compile(&source, &root.join("bin/true"), &["-static".into()])?;
        Ok(root)
    }

    pub(crate) fn in_rust(&self, root: &Path) -> Result<Driver> {
        Driver::start(Command::new(std::env::current_exe()?).arg(caller::ROLE).arg(root))
    }

    /// With the library as it is shipped.
    pub(crate) fn in_c(&self, root: &Path) -> Result<Driver> {
        let library = build_library()?;
        fs::copy(&library, self.0.join("libfurnace.so"))?;
        let mut search = OsString::from("-L");
        search.push(&self.0);
        let program = self.0.join("driver");
        let source = Path::new(HERE).join("driver.c");
        let include = concat!("-I", env!("CARGO_MANIFEST_DIR"), "/include");
        compile(&source, &program, &[include.into(), search, "-lfurnace".into()])?;
        fs::rename(self.0.join("libfurnace.so"), self.0.join(soname()))?;
        Driver::start(Command::new(program).arg(root).env("LD_LIBRARY_PATH", &self.0))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} stays: {error}", self.0.display());
        }
    }
}

/// What it is looked for as, as `build.rs` has it.
fn soname() -> String {
    match (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR")) {
        ("0", minor) => format!("libfurnace.so.0.{minor}"),
        (major, _) => format!("libfurnace.so.{major}"),
    }
}

fn compile(source: &Path, program: &Path, arguments: &[OsString]) -> Result<()> {
    let mut compiler = Command::new("cc");
    compiler.arg("-O2").arg("-o").arg(program).arg(source).args(arguments);
    succeed(&mut compiler)
}

/// Where it lies.
fn build_library() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--release", "--package", "furnace-capi"]);
    succeed(build.current_dir(env!("CARGO_MANIFEST_DIR")))?;
    // This program is target/release/deps/border-HASH.
    let own = std::env::current_exe()?;
    let profile = own.ancestors().nth(2).ok_or("this program lies nowhere")?;
    Ok(profile.with_file_name("release").join("libfurnace.so"))
}

fn succeed(command: &mut Command) -> Result<()> {
    match command.status()? {
        status if status.success() => Ok(()),
        status => Err(format!("{command:?}: {status}").into()),
    }
}
