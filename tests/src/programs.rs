//! Programs that tests run: the front end, the examples, and small ones in C.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The directory into which cargo has built this test.
fn target_directory() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

fn cargo_build(arguments: &[&str]) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .arg("build")
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    if target_directory().ends_with("release") {
        command.arg("--release");
    }
    command.env("CARGO_TARGET_DIR", target_directory().parent().unwrap());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The command line tool.
///
/// # Panics
///
/// If it does not build.
#[must_use]
pub fn furnace() -> &'static Path {
    static FURNACE: OnceLock<PathBuf> = OnceLock::new();
    FURNACE.get_or_init(|| {
        cargo_build(&["-p", "furnace-cli"]);
        target_directory().join("furnace")
    })
}

/// An example of furnace-core.
///
/// # Panics
///
/// If it does not build.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    cargo_build(&["-p", "furnace-core", "--example", name]);
    target_directory().join("examples").join(name)
}

/// The library for C: the directory that has `libfurnace.so`, also under its soname, and `libfurnace.a`. The header is in
/// [`include()`].
///
/// # Panics
///
/// If it does not build.
#[must_use]
pub fn libfurnace() -> &'static Path {
    static LIBFURNACE: OnceLock<PathBuf> = OnceLock::new();
    LIBFURNACE.get_or_init(|| {
        cargo_build(&["-p", "furnace-capi"]);
        let directory = target_directory();
        let by_soname = directory.join(concat!(
            "libfurnace.so.",
            env!("CARGO_PKG_VERSION_MAJOR"),
            ".",
            env!("CARGO_PKG_VERSION_MINOR")
        ));
        match std::os::unix::fs::symlink("libfurnace.so", by_soname) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => panic!("{error}"),
            _ => directory,
        }
    })
}

/// The directory of the headers for C.
#[must_use]
pub fn include() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../include"))
}

/// Compiles a program in C, statically, to `directory/name`.
///
/// # Panics
///
/// If it does not compile.
#[must_use]
pub fn compile_c(directory: &Path, name: &str, source: &str) -> PathBuf {
    let file = directory.join(format!("{name}.c"));
    let program = directory.join(name);
    std::fs::write(&file, source).unwrap();
    let output = Command::new("cc")
        .args(["-O1", "-static", "-pthread", "-o"])
        .args([&program, &file])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::remove_file(file).unwrap();
    program
}
