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
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, RenameFlags, Timespec, Timestamps, XattrFlags, lremovexattr, lsetxattr, makedev,
    mknodat, renameat_with, utimensat,
};

use crate::copy;
use crate::overlay::{Overlay, Redirect};
use crate::tree::{AGED, age, paths};

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
    let cases = (vec(operation(), 20..40), vec(operation(), 1..50));
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

/// Something that is there when its turn comes.
#[derive(Clone, Debug)]
struct Old(Index);

/// A name, in a directory that is there when its turn comes.
#[derive(Clone, Debug)]
struct New(Index, &'static [u8]);

impl Old {
    fn path(&self, root: &Path) -> io::Result<PathBuf> {
        let all: Vec<_> = paths(root).into_iter().collect();
        if all.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(root.join(self.0.get(&all)))
    }
}

impl New {
    fn path(&self, root: &Path) -> PathBuf {
        let directories = paths(root).into_iter().map(|path| root.join(path));
        let mut all: Vec<_> = directories
            .filter(|path| path.symlink_metadata().unwrap().is_dir())
            .collect();
        all.push(root.to_owned());
        self.0.get(&all).join(OsStr::from_bytes(self.1))
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Create(New, Vec<u8>),
    Write(Old, Vec<u8>, Option<i64>),
    OpenToWrite(Old),
    MakeDirectory(New),
    Remove(Old),
    Rename(Old, New),
    RenameBeside(Old, &'static [u8]),
    Exchange(Old, Old),
    Link(Old, New),
    LinkOver(Old, Old),
    Symlink(&'static str, New),
    Node(New, FileType, u32),
    Mode(Old, u32),
    Owner(Old, u32, u32),
    Time(Old, i64),
    SetAttribute(Old, u8, u8),
    RemoveAttribute(Old, u8),
    Remount,
}

fn old() -> impl Strategy<Value = Old> {
    any::<Index>().prop_map(Old)
}

/// Of few, so that much is done to the same ones; some of them odd.
fn name() -> impl Strategy<Value = &'static [u8]> {
    const NAMES: [&[u8]; 4] = [b"a", b"b", b"d:\\\n", b"\xff"];
    select(&NAMES[..])
}

fn new() -> impl Strategy<Value = New> {
    (any::<Index>(), name()).prop_map(|(directory, name)| New(directory, name))
}

fn operation() -> impl Strategy<Value = Operation> {
    let node = select(
        &[
            FileType::Fifo,
            FileType::Socket,
            FileType::CharacterDevice,
            FileType::BlockDevice,
        ][..],
    );
    let bytes = || vec(0_u8..2, 0..3);
    prop_oneof![
        4 => (new(), bytes()).prop_map(|(path, bytes)| Operation::Create(path, bytes)),
        2 => (old(), bytes(), option::of(0_i64..2)).prop_map(|(path, bytes, time)| Operation::Write(path, bytes, time)),
        1 => old().prop_map(Operation::OpenToWrite),
        6 => new().prop_map(Operation::MakeDirectory),
        2 => old().prop_map(Operation::Remove),
        5 => (old(), new()).prop_map(|(from, to)| Operation::Rename(from, to)),
        3 => (old(), name()).prop_map(|(from, name)| Operation::RenameBeside(from, name)),
        3 => (old(), old()).prop_map(|(one, other)| Operation::Exchange(one, other)),
        2 => (old(), new()).prop_map(|(from, to)| Operation::Link(from, to)),
        1 => (old(), old()).prop_map(|(from, to)| Operation::LinkOver(from, to)),
        1 => (select(&["a", "b/a", "/a"][..]), new()).prop_map(|(target, path)| Operation::Symlink(target, path)),
        1 => (new(), node, 1_u32..3).prop_map(|(path, node, minor)| Operation::Node(path, node, minor)),
        1 => (old(), 0_u32..0o10000).prop_map(|(path, mode)| Operation::Mode(path, mode)),
        1 => (old(), 0_u32..3, 0_u32..3).prop_map(|(path, user, group)| Operation::Owner(path, user, group)),
        1 => (old(), 0_i64..2).prop_map(|(path, time)| Operation::Time(path, time)),
        1 => (old(), 0_u8..2, 0_u8..2).prop_map(|(path, name, value)| Operation::SetAttribute(path, name, value)),
        1 => (old(), 0_u8..2).prop_map(|(path, name)| Operation::RemoveAttribute(path, name)),
        1 => Just(Operation::Remount),
    ]
}

impl Operation {
    /// Does it, if it can be done.
    fn perform(&self, root: &Path) -> io::Result<()> {
        match self {
            Self::Create(path, bytes) => {
                let file = OpenOptions::new().write(true).create_new(true).open(path.path(root));
                file?.write_all(bytes)
            }
            Self::Write(path, bytes, time) => {
                let path = path.path(root)?;
                open(&path)?.write_all(bytes)?;
                time.iter().try_for_each(|time| set_time(&path, *time))
            }
            Self::OpenToWrite(path) => open(&path.path(root)?).map(drop),
            Self::MakeDirectory(path) => fs::create_dir(path.path(root)),
            Self::Remove(path) => remove(&path.path(root)?),
            Self::Rename(from, to) => fs::rename(from.path(root)?, to.path(root)),
            Self::RenameBeside(from, name) => {
                let from = from.path(root)?;
                fs::rename(&from, from.with_file_name(OsStr::from_bytes(name)))
            }
            Self::Exchange(one, other) => {
                let (one, other) = (one.path(root)?, other.path(root)?);
                Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
            }
            Self::Link(from, to) => fs::hard_link(from.path(root)?, to.path(root)),
            Self::LinkOver(from, to) => {
                let (from, to) = (from.path(root)?, to.path(root)?);
                if from != to && !from.symlink_metadata()?.is_dir() && !to.symlink_metadata()?.is_dir() {
                    fs::remove_file(&to)?;
                    fs::hard_link(from, to)?;
                }
                Ok(())
            }
            Self::Symlink(target, path) => symlink(target, path.path(root)),
            Self::Node(path, file_type, minor) => {
                let device = match file_type {
                    FileType::CharacterDevice | FileType::BlockDevice => makedev(1, *minor),
                    _ => 0,
                };
                Ok(mknodat(CWD, path.path(root), *file_type, Mode::RUSR, device)?)
            }
            Self::Mode(path, mode) => {
                let path = path.path(root)?;
                if path.symlink_metadata()?.is_symlink() {
                    return Ok(());
                }
                fs::set_permissions(path, fs::Permissions::from_mode(*mode))
            }
            Self::Owner(path, user, group) => lchown(path.path(root)?, Some(*user), Some(*group)),
            Self::Time(path, time) => set_time(&path.path(root)?, *time),
            Self::SetAttribute(path, name, value) => Ok(lsetxattr(
                path.path(root)?,
                attribute(*name),
                &[*value],
                XattrFlags::empty(),
            )?),
            Self::RemoveAttribute(path, name) => Ok(lremovexattr(path.path(root)?, attribute(*name))?),
            // Of the overlay, not of its tree.
            Self::Remount => Ok(()),
        }
    }
}

/// Opens what is a regular file to write it anew.
fn open(path: &Path) -> io::Result<fs::File> {
    if !path.symlink_metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    OpenOptions::new().write(true).open(path)
}

fn remove(path: &Path) -> io::Result<()> {
    if path.symlink_metadata()?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

/// A time that many files of the lower tree have too.
fn set_time(path: &Path, later: i64) -> io::Result<()> {
    let time = Timespec {
        tv_sec: AGED.0 + later,
        tv_nsec: AGED.1,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

fn attribute(number: u8) -> String {
    format!("trusted.furnace.{number}")
}
