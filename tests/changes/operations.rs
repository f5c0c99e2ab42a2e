//! What is done to trees, in as few words as possible.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, lchown};
use std::path::Path;
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode, XattrFlags, lsetxattr, makedev, mknodat};

pub(crate) fn write(path: impl AsRef<Path>, text: &str) {
    fs::write(path, text).unwrap();
}

pub(crate) fn append(path: impl AsRef<Path>, text: &str) {
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

pub(crate) fn directory(path: impl AsRef<Path>) {
    fs::create_dir_all(path).unwrap();
}

pub(crate) fn remove(path: impl AsRef<Path>) {
    let path = path.as_ref();
    if fs::symlink_metadata(path).unwrap().is_dir() {
        fs::remove_dir_all(path).unwrap();
    } else {
        fs::remove_file(path).unwrap();
    }
}

/// Renames, or does what mv(1) does where directories can't be renamed.
pub(crate) fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) {
    let moved = Command::new("mv")
        .arg("-T")
        .arg(from.as_ref())
        .arg(to.as_ref())
        .status();
    assert!(moved.unwrap().success());
}

pub(crate) fn link(from: impl AsRef<Path>, to: impl AsRef<Path>) {
    fs::hard_link(from, to).unwrap();
}

pub(crate) fn mode(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn owner(path: impl AsRef<Path>, user: u32, group: u32) {
    lchown(path, Some(user), Some(group)).unwrap();
}

pub(crate) fn attribute(path: impl AsRef<Path>, name: &str, value: &[u8]) {
    lsetxattr(path.as_ref(), name, value, XattrFlags::empty()).unwrap();
}

pub(crate) fn node(path: impl AsRef<Path>, file_type: FileType, major: u32, minor: u32) {
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, path.as_ref(), file_type, mode, makedev(major, minor)).unwrap();
}
