//! What several parts of a plan are made of.

use std::ffi::CStr;

use furnace_sys::flags::MountAttributes;
use furnace_sys::wire::{Slot, Step, Target};

use super::mounts::FsOption;
use super::writer::Writer;

/// A new file system, and a detached mount of it.
pub(super) fn new_mount(
    writer: &mut Writer,
    kind: &CStr,
    options: &[FsOption<'_>],
    attributes: MountAttributes,
) -> Slot {
    let out = writer.slot();
    new_mount_into(writer, kind, options, attributes, out);
    out
}

/// As [`new_mount`], into a slot that was chosen before.
pub(super) fn new_mount_into(
    writer: &mut Writer,
    kind: &CStr,
    options: &[FsOption<'_>],
    attributes: MountAttributes,
    out: Slot,
) {
    let fs = new_file_system(writer, kind, options);
    make_mount(writer, fs, attributes, out);
}

/// A new file system that is not mounted yet.
pub(super) fn new_file_system(writer: &mut Writer, kind: &CStr, options: &[FsOption<'_>]) -> Slot {
    let fs = writer.slot();
    new_file_system_into(writer, kind, options, fs);
    fs
}

/// As [`new_file_system`], into a slot that was chosen before.
pub(super) fn new_file_system_into(writer: &mut Writer, kind: &CStr, options: &[FsOption<'_>], fs: Slot) {
    let kind = writer.text(kind);
    writer.step(Step::OpenFs { kind, out: fs });
    let (key, value) = (writer.text(c"source"), kind);
    writer.step(Step::SetOption { fs, key, value });
    for option in options {
        match option {
            FsOption::Flag(key) => {
                let key = writer.text(key);
                writer.step(Step::SetFlag { fs, key });
            }
            FsOption::Value(key, value) => {
                let (key, value) = (writer.text(key), writer.text(value));
                writer.step(Step::SetOption { fs, key, value });
            }
            FsOption::Directories(key, first, count) => {
                let (key, first, count) = (writer.text(key), *first, *count);
                writer.step(Step::SetDirectories { fs, key, first, count });
            }
        }
    }
    writer.step(Step::CreateFs { fs });
}

/// A detached mount of a new file system.
pub(super) fn make_mount(writer: &mut Writer, fs: Slot, attributes: MountAttributes, out: Slot) {
    let attributes = attributes.bits();
    writer.step(Step::MakeMount { fs, attributes, out });
}

/// A detached copy of a tree of the host.
pub(super) fn clone_tree(writer: &mut Writer, path: &CStr, recursive: bool) -> Slot {
    let path = writer.text(path);
    let out = writer.slot();
    let recursive = recursive.into();
    writer.step(Step::CloneTree { path, recursive, out });
    out
}

/// A directory that is there when the plan is walked.
pub(super) fn open_directory(writer: &mut Writer, path: &CStr) -> Slot {
    let (path, out) = (writer.text(path), writer.slot());
    writer.step(Step::OpenDirectory { path, out });
    out
}

/// Adds attributes to a detached mount, if there are any.
pub(super) fn add_attributes(writer: &mut Writer, mount: Slot, attributes: MountAttributes, recursive: bool) {
    if !attributes.is_empty() {
        writer.step(Step::SetAttributes {
            mount,
            set: attributes.bits(),
            clear: 0,
            propagation: 0,
            recursive: recursive.into(),
        });
    }
}

/// A directory or a file with this name, made in a directory that this plan made.
pub(super) fn open_made(writer: &mut Writer, directory: Slot, name: &CStr, out: Slot) {
    let name = writer.text(name);
    writer.step(Step::OpenMade { directory, name, out });
}

/// Attaches a detached mount to its place in the root, of which all but the last component is the open `directory`.
pub(super) fn attach_in(
    writer: &mut Writer,
    root: Slot,
    mount: Slot,
    destination: &CStr,
    target: Target,
    directory: Slot,
) {
    let path = writer.text(destination);
    writer.step(Step::AttachIn {
        mount,
        root,
        directory,
        path,
        target,
    });
}

/// Attaches a detached mount to its place in the root. `at` is empty before and after.
pub(super) fn attach(writer: &mut Writer, root: Slot, mount: Slot, destination: &CStr, target: Target, at: Slot) {
    let path = writer.text(destination);
    writer.step(Step::OpenTarget {
        root,
        path,
        target,
        out: at,
    });
    writer.step(Step::Attach { mount, at });
}
