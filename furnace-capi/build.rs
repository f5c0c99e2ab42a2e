//! How the shared library is linked. Its soname changes when the ABI may, which before 1.0 is with each minor version;
//! cargo-c has the same rule.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let part =
        |name: &str| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts; it is missing"));
    let abi = match part("CARGO_PKG_VERSION_MAJOR").as_str() {
        "0" => format!("0.{}", part("CARGO_PKG_VERSION_MINOR")),
        major => major.to_owned(),
    };
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libfurnace.so.{abi}");
    // What is loaded once stays: what it holds for good is then held once, however often it is loaded, and nothing that a
    // thread still has to do at its end is gone before.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
