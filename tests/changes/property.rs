//! Whatever is done to an overlay: its list, applied to the lower tree, gives what it shows.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, RenameFlags, Timespec, Timestamps, XattrFlags, lremovexattr, lsetxattr, makedev,
    mknodat, renameat_with, utimensat,
};

use crate::copy;
use crate::overlay::{Overlay, Redirect};
use crate::tree::age;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("any_operations_with_redirects", &[Need::Root], || {
            any_operations(Redirect::On)
        }),
        test("any_operations_without_redirects", &[Need::Root], || {
            any_operations(Redirect::Off)
        }),
    ]
}

/// The same cases each time, or `FURNACE_PROPERTY_CASES` new ones.
fn runner() -> TestRunner {
    let asked_for = std::env::var("FURNACE_PROPERTY_CASES").ok();
    let config = Config {
        cases: asked_for.as_ref().map_or(64, |cases| cases.parse().unwrap()),
        failure_persistence: None,
        ..Config::default()
    };
    match asked_for {
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
        Some(_) => TestRunner::new(config),
    }
}

fn any_operations(redirect: Redirect) -> Outcome {
    let cases = (vec(operation(), 0..30), vec(operation(), 1..40));
    let outcome = runner().run(&cases, |(before, after)| {
        let overlay = Overlay::new(redirect, |lower| {
            for operation in &before {
                // Many have nothing to work on; that is no matter.
                let _ = operation.perform(lower);
            }
            age(lower);
        });
        for operation in &after {
            if matches!(operation, Operation::Remount) {
                overlay.remount();
            }
            let _ = operation.perform(&overlay.merged());
        }
        let changes = overlay.list().map_err(|error| TestCaseError::fail(error.to_string()))?;
        copy::check(&overlay, &changes).map_err(|what| TestCaseError::fail(format!("{what}\nlist: {changes:#?}")))
    });
    outcome.map_err(|failure| failure.to_string().into())
}

#[derive(Clone, Debug)]
enum Operation {
    Write(PathBuf, Vec<u8>),
    Append(PathBuf, u8),
    OpenToWrite(PathBuf),
    MakeDirectory(PathBuf),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
    Exchange(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
    Symlink(PathBuf, PathBuf),
    Node(PathBuf, FileType, u32),
    Mode(PathBuf, u32),
    Owner(PathBuf, u32, u32),
    Time(PathBuf, i64),
    SetAttribute(PathBuf, u8, u8),
    RemoveAttribute(PathBuf, u8),
    Remount,
}

/// Few names, so that much is done to the same ones; some of them odd.
fn path() -> impl Strategy<Value = PathBuf> {
    const NAMES: [&[u8]; 5] = [b"a", b"b", b"c", b"d:\\\n", b"\xff"];
    vec(proptest::sample::select(&NAMES[..]), 1..=3)
        .prop_map(|names| names.into_iter().map(OsStr::from_bytes).collect())
}

fn operation() -> impl Strategy<Value = Operation> {
    let node = prop_oneof![
        Just(FileType::Fifo),
        Just(FileType::Socket),
        Just(FileType::CharacterDevice),
        Just(FileType::BlockDevice)
    ];
    prop_oneof![
        3 => (path(), vec(any::<u8>(), 0..4)).prop_map(|(path, bytes)| Operation::Write(path, bytes)),
        2 => (path(), any::<u8>()).prop_map(|(path, byte)| Operation::Append(path, byte)),
        1 => path().prop_map(Operation::OpenToWrite),
        6 => path().prop_map(Operation::MakeDirectory),
        3 => path().prop_map(Operation::Remove),
        6 => (path(), path()).prop_map(|(from, to)| Operation::Rename(from, to)),
        2 => (path(), path()).prop_map(|(from, to)| Operation::Exchange(from, to)),
        4 => (path(), path()).prop_map(|(from, to)| Operation::Link(from, to)),
        2 => (path(), path()).prop_map(|(target, path)| Operation::Symlink(target, path)),
        2 => (path(), node, 1_u32..3).prop_map(|(path, node, minor)| Operation::Node(path, node, minor)),
        1 => (path(), 0_u32..0o10000).prop_map(|(path, mode)| Operation::Mode(path, mode)),
        1 => (path(), 0_u32..3, 0_u32..3).prop_map(|(path, user, group)| Operation::Owner(path, user, group)),
        1 => (path(), 0_i64..3).prop_map(|(path, time)| Operation::Time(path, time)),
        2 => (path(), 0_u8..2, any::<u8>()).prop_map(|(path, name, value)| Operation::SetAttribute(path, name, value)),
        1 => (path(), 0_u8..2).prop_map(|(path, name)| Operation::RemoveAttribute(path, name)),
        1 => Just(Operation::Remount),
    ]
}

impl Operation {
    fn perform(&self, root: &Path) -> io::Result<()> {
        match self {
            Self::Write(path, bytes) => write(OpenOptions::new().create(true).truncate(true), &root.join(path), bytes),
            Self::Append(path, byte) => write(OpenOptions::new().append(true), &root.join(path), &[*byte]),
            Self::OpenToWrite(path) => write(OpenOptions::new().append(true), &root.join(path), &[]),
            Self::MakeDirectory(path) => fs::create_dir(root.join(path)),
            Self::Remove(path) => {
                let path = root.join(path);
                if fs::symlink_metadata(&path)?.is_dir() {
                    fs::remove_dir_all(path)
                } else {
                    fs::remove_file(path)
                }
            }
            Self::Rename(from, to) => fs::rename(root.join(from), root.join(to)),
            Self::Exchange(one, other) => {
                let (one, other) = (root.join(one), root.join(other));
                Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
            }
            Self::Link(from, to) => fs::hard_link(root.join(from), root.join(to)),
            Self::Symlink(target, path) => symlink(target, root.join(path)),
            Self::Node(path, file_type, minor) => {
                let device = match file_type {
                    FileType::CharacterDevice | FileType::BlockDevice => makedev(1, *minor),
                    _ => 0,
                };
                Ok(mknodat(CWD, root.join(path), *file_type, Mode::RUSR, device)?)
            }
            Self::Mode(path, mode) => {
                let path = root.join(path);
                if fs::symlink_metadata(&path)?.is_symlink() {
                    return Ok(());
                }
                fs::set_permissions(path, fs::Permissions::from_mode(*mode))
            }
            Self::Owner(path, user, group) => lchown(root.join(path), Some(*user), Some(*group)),
            Self::Time(path, tv_sec) => {
                let time = Timespec {
                    tv_sec: *tv_sec,
                    tv_nsec: 5,
                };
                let times = Timestamps {
                    last_access: time,
                    last_modification: time,
                };
                Ok(utimensat(CWD, root.join(path), &times, AtFlags::SYMLINK_NOFOLLOW)?)
            }
            Self::SetAttribute(path, name, value) => Ok(lsetxattr(
                root.join(path),
                attribute(*name),
                &[*value],
                XattrFlags::empty(),
            )?),
            Self::RemoveAttribute(path, name) => Ok(lremovexattr(root.join(path), attribute(*name))?),
            Self::Remount => Ok(()),
        }
    }
}

fn attribute(number: u8) -> String {
    format!("trusted.furnace.{number}")
}

/// Writes to what is a regular file, or nothing yet.
fn write(options: &mut OpenOptions, path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => Ok(()),
        _ => options.write(true).open(path)?.write_all(bytes),
    }
}
