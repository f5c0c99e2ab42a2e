//! Compiles furnace-init, the freestanding program that the library carries, with the compiler and for the target that
//! this crate is compiled with. No cargo inside cargo: a packaged or vendored copy builds offline.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// What the linker is told: nothing but this program, in as few pages as it takes.
const LINK_ARGS: &str = "-nostdlib -nostartfiles -static -Wl,-T,init/link.ld,--build-id=none,--gc-sections,-s";

fn main() {
    println!("cargo::rerun-if-changed=init");
    println!("cargo::rerun-if-changed=src/wire");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");

    let required = |name: &str| -> OsString {
        env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name} for build scripts; it is missing"))
    };
    let program = PathBuf::from(required("OUT_DIR")).join("furnace-init");
    let target = required("TARGET");
    let mut rustc = Command::new(required("RUSTC"));
    rustc
        .args([
            "init/main.rs",
            "--crate-name",
            "furnace_init",
            "--crate-type",
            "bin",
            "--edition",
            "2024",
        ])
        .args([
            "-C",
            "panic=abort",
            "-C",
            "opt-level=s",
            "-C",
            "lto=fat",
            "-C",
            "codegen-units=1",
            // What is inlined at several places takes the program more pages.
            "-C",
            "llvm-args=-inline-threshold=5",
        ])
        .args([
            "-C",
            "overflow-checks=off",
            "-C",
            "debug-assertions=off",
            "-C",
            "debuginfo=0",
        ])
        .args([
            "-C",
            "relocation-model=static",
            "-C",
            "force-unwind-tables=no",
            "-C",
            "relro-level=off",
        ])
        .arg("-C")
        .arg(format!("link-args={LINK_ARGS}"))
        .arg("--target")
        .arg(&target)
        .arg("-o")
        .arg(&program);
    if target.to_string_lossy().contains("musl") {
        // The target's own startup files would be linked in, whatever the linker is told.
        rustc.args(["-C", "link-self-contained=no"]);
    }
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut option = OsString::from("linker=");
        option.push(linker);
        rustc.arg("-C").arg(option);
    }
    let status = rustc
        .status()
        .unwrap_or_else(|error| panic!("cannot start {rustc:?}: {error}"));
    assert!(
        status.success(),
        "furnace-init did not compile: {rustc:?} ended with {status}"
    );
}
