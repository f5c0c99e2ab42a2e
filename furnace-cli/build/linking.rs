//! Links `furnace` with all that it needs, so that it runs where it is copied to: on an older distribution, on one with
//! another libc, in a directory with nothing else in it.
//!
//! What does this for every other program, `-C target-feature=+crt-static`, is a flag of the whole build: it belongs to
//! whoever builds and not to a package, and no proc-macro or shared library can be built with it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// What rustc's standard library asks the linker for by `-lNAME`, and the archives that have it.
const ARCHIVES: [(&str, &str); 7] = [
    ("c", "GROUP(-l:libc.a -l:libgcc_eh.a -l:libgcc.a)"),
    ("dl", "INPUT(-l:libdl.a)"),
    ("gcc_s", "INPUT(-l:libgcc_eh.a)"),
    ("m", "INPUT(-l:libm.a)"),
    ("pthread", "INPUT(-l:libpthread.a)"),
    ("rt", "INPUT(-l:librt.a)"),
    ("util", "INPUT(-l:libutil.a)"),
];

/// Has the linker do so, unless that is not wanted.
pub(crate) fn link_all_that_it_needs() {
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    if !is_set("CARGO_FEATURE_STATIC") || is_static_anyway() {
        return;
    }
    if let Some(complaint) = missing_archive() {
        println!("cargo::error={complaint}");
        return;
    }
    let directory = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("archives");
    match write_archives(&directory) {
        Ok(()) => {
            // Of the program alone; rustc asks for a program that can be anywhere in memory, which takes a loader.
            for argument in ["-static", "-no-pie", &format!("-L{}", directory.display())] {
                println!("cargo::rustc-link-arg-bins={argument}");
            }
        }
        Err(error) => println!("cargo::error=cannot write {}: {error}", directory.display()),
    }
}

/// musl's targets are, and whoever asks for it gets it from rustc.
fn is_static_anyway() -> bool {
    let is_gnu = env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "gnu");
    let asked = env::var("CARGO_CFG_TARGET_FEATURE").is_ok_and(|all| all.split(',').any(|one| one == "crt-static"));
    !is_gnu || asked
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some()
}

/// rustc says in so many words that these libraries are to be shared ones. So the linker is given, where it looks first,
/// "shared libraries" that are scripts of its own and say where the archives are.
fn write_archives(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    ARCHIVES
        .into_iter()
        .try_for_each(|(name, script)| fs::write(directory.join(format!("lib{name}.so")), script))
}

/// Some distributions have libc's archive in a package of its own, and linkers name neither.
fn missing_archive() -> Option<String> {
    let linker = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    // Where this can't be asked, the linker will tell what it lacks.
    let asked = Command::new(linker).arg("-print-file-name=libc.a").output().ok()?;
    let missing = asked.status.success() && asked.stdout.trim_ascii() == b"libc.a";
    missing.then(|| {
        "furnace is linked statically, and there is no libc.a: install libc6-dev (Debian) or glibc-static (Fedora, \
         openSUSE: glibc-devel-static), or build with --no-default-features for a program that needs this system's libc"
            .to_owned()
    })
}
