//! The version with the commit that it was built on, for `furnace --version`.
//!
//! A package says itself of which commit it is. In a checkout git's own files say it, which are read here: there may be
//! no git where it is built, or one that does not trust whose files these are. Where neither is, there is the version.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// How many digits of a commit's name tell it from all others.
const DIGITS: usize = 12;

/// Tells the program its version.
pub(crate) fn tell() {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let commit = match fs::read_to_string(watched(package.join(".cargo_vcs_info.json"))) {
        Ok(about) => of_package(&about),
        Err(_) => of_checkout(&package),
    };
    let commit = commit.as_deref().and_then(|name| name.get(..DIGITS));
    match commit.filter(|name| name.bytes().all(|digit| digit.is_ascii_hexdigit())) {
        Some(commit) => println!("cargo::rustc-env=FURNACE_VERSION={version} ({commit})"),
        None => println!("cargo::rustc-env=FURNACE_VERSION={version}"),
    }
}

/// The path, of which cargo is told that this depends on it. A path that is not there would have it run each time.
fn watched(path: PathBuf) -> PathBuf {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    path
}

/// From `{"git": {"sha1": "..."}, ...}`.
fn of_package(about: &str) -> Option<String> {
    let (_, after) = about.split_once("\"sha1\"")?;
    after.split('"').nth(1).map(str::to_owned)
}

/// What is checked out, if the package is a directory of Furnace's repository, and not of another's.
fn of_checkout(package: &Path) -> Option<String> {
    let top = package.parent()?;
    let git = git_directory(&top.join(".git"))?;
    let shared = match fs::read_to_string(git.join("commondir")) {
        Ok(path) => git.join(path.trim_end()),
        Err(_) => git.clone(),
    };
    // It grows with whatever moves HEAD, a commit on a branch too.
    watched(git.join("logs/HEAD"));
    let head = fs::read_to_string(watched(git.join("HEAD"))).ok()?;
    match head.trim_end().strip_prefix("ref: ") {
        Some(name) => of_reference(&shared, name),
        None => Some(head.trim_end().to_owned()),
    }
}

/// Of a working tree, .git is a file that says where the directory is.
fn git_directory(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        return Some(path.to_owned());
    }
    let link = fs::read_to_string(path).ok()?;
    let target = link.trim_end().strip_prefix("gitdir: ")?;
    Some(path.parent()?.join(target))
}

/// A reference has a file of its own, or a line in a file of many.
fn of_reference(shared: &Path, name: &str) -> Option<String> {
    if let Ok(commit) = fs::read_to_string(watched(shared.join(name))) {
        return Some(commit.trim_end().to_owned());
    }
    let packed = fs::read_to_string(watched(shared.join("packed-refs"))).ok()?;
    let mut lines = packed.lines().filter_map(|line| line.split_once(' '));
    lines
        .find(|(_, reference)| *reference == name)
        .map(|(commit, _)| commit.to_owned())
}
