//! What is mounted besides the default mounts: made detached and in full, before the host is out of reach.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};

use furnace_sys::flags::{MountAttributes, Propagation};
use furnace_sys::wire::{Slot, Step, Target};

use super::mounts::FsOption;
use super::parts::{add_attributes, clone_tree, new_mount};
use super::writer::Writer;
use crate::config::Config;
use crate::host::RESOLV_CONF;
use crate::mount::{CheckedBind, CheckedFile, CheckedMount, CheckedTmpfs, IdMap};

/// A detached mount, and where it will go.
pub(super) struct Pending<'a> {
    pub(super) mount: Slot,
    pub(super) destination: &'a CStr,
    pub(super) target: Target,
}

/// Binds that are to follow what the host mounts, by their place among the mounts. They are taken while what they are
/// taken from still follows it: before all that there is becomes private.
pub(super) fn take_followers(writer: &mut Writer, config: &Config) -> BTreeMap<usize, Slot> {
    if config.propagation == Propagation::Slave {
        return BTreeMap::new();
    }
    let followers = config
        .mounts
        .iter()
        .enumerate()
        .filter_map(|(place, mount)| match mount {
            CheckedMount::Bind(bind) if bind.propagation == Some(Propagation::Slave) => Some((place, bind)),
            CheckedMount::Bind(_) | CheckedMount::Tmpfs(_) | CheckedMount::File(_) => None,
        });
    let followers: Vec<_> = followers.collect();
    if !followers.is_empty() {
        writer.step(Step::SetPropagation {
            propagation: Propagation::Slave.bits(),
        });
    }
    let taken = followers
        .into_iter()
        .map(|(place, bind)| (place, clone_bind(writer, bind)));
    taken.collect()
}

/// All of them are made before any is attached, so that none is found through another. Some have been taken already.
pub(super) fn open<'a>(writer: &mut Writer, config: &'a Config, mut taken: BTreeMap<usize, Slot>) -> Vec<Pending<'a>> {
    let resolv_conf = config.host.resolv_conf.then(|| {
        let mount = clone_tree(writer, RESOLV_CONF, false);
        add_attributes(writer, mount, MountAttributes::READ_ONLY, false);
        Pending {
            mount,
            destination: c"etc/resolv.conf",
            target: Target::FileOrSymlink,
        }
    });
    let files: Vec<_> = config.mounts.iter().filter_map(CheckedMount::file).collect();
    let mut files = make_files(writer, &files).into_iter();
    let mounts = config
        .mounts
        .iter()
        .enumerate()
        .filter_map(|(place, mount)| match mount {
            CheckedMount::Bind(bind) => Some(Pending {
                mount: taken.remove(&place).unwrap_or_else(|| clone_bind(writer, bind)),
                destination: &bind.destination,
                target: bind.target,
            }),
            CheckedMount::Tmpfs(tmpfs) => Some(Pending {
                mount: make_tmpfs(writer, tmpfs),
                destination: &tmpfs.destination,
                target: Target::Directory,
            }),
            CheckedMount::File(file) => Some(Pending {
                mount: files.next()?,
                destination: &file.destination,
                target: Target::FileOrSymlink,
            }),
        });
    resolv_conf.into_iter().chain(mounts).collect()
}

fn clone_bind(writer: &mut Writer, bind: &CheckedBind) -> Slot {
    let mount = clone_tree(writer, &bind.source, bind.is_recursive());
    change_clone(writer, bind, mount, |writer| {
        let (path, out) = (writer.text(c"/proc"), writer.slot());
        writer.step(Step::OpenDirectory { path, out });
        out
    });
    mount
}

/// Makes the detached copy of a bind's source what the bind is to be. Where that takes a /proc, `open_proc` opens one.
pub(super) fn change_clone(
    writer: &mut Writer,
    bind: &CheckedBind,
    mount: Slot,
    open_proc: impl FnOnce(&mut Writer) -> Slot,
) {
    let recursive = bind.is_recursive().into();
    if let Some(map) = &bind.id_map {
        let directory = open_proc(writer);
        writer.step(Step::EnterDirectory { directory });
        let users = user_namespace(writer, map);
        writer.step(Step::MapIds {
            mount,
            users,
            recursive,
        });
    }
    match bind.propagation {
        Some(propagation) => writer.step(Step::SetAttributes {
            mount,
            set: bind.attributes.bits(),
            clear: 0,
            propagation: propagation.bits(),
            recursive,
        }),
        None => add_attributes(writer, mount, bind.attributes, bind.is_recursive()),
    }
}

fn user_namespace(writer: &mut Writer, map: &IdMap) -> Slot {
    let lines = [map.user_lines(), map.group_lines()];
    let [users, groups] = lines.each_ref().map(|lines| writer.bytes(lines.as_bytes()));
    // A page at most: the number of ranges is limited.
    let [users_length, groups_length] = lines.map(|lines| u32::try_from(lines.len()).unwrap_or(u32::MAX));
    let out = writer.slot();
    writer.step(Step::MakeUserNamespace {
        users,
        users_length,
        groups,
        groups_length,
        out,
    });
    out
}

pub(super) fn make_tmpfs(writer: &mut Writer, tmpfs: &CheckedTmpfs) -> Slot {
    let options: Vec<_> = tmpfs
        .options
        .iter()
        .map(|(key, value)| FsOption::Value(key, value))
        .collect();
    new_mount(writer, c"tmpfs", &options, tmpfs.attributes)
}

/// The files from memory, in one file system of their own. A part of it can be taken only while it has a place in the
/// mount namespace (Linux before 6.15), where nobody else is yet; it has none after.
pub(super) fn make_files(writer: &mut Writer, files: &[&CheckedFile]) -> Vec<Slot> {
    if files.is_empty() {
        return Vec::new();
    }
    let attributes = MountAttributes::NO_SUID | MountAttributes::NO_DEV;
    let directory = new_mount(writer, c"tmpfs", &[FsOption::Value(c"mode", c"700")], attributes);
    let names: Vec<CString> = (0..files.len()).map(decimal).collect();
    for (name, file) in names.iter().zip(files) {
        let name = writer.text(name);
        let content = writer.bytes(&file.content);
        writer.step(Step::MakeFile {
            directory,
            name,
            mode: file.mode,
            content,
            // Its length was checked.
            length: u32::try_from(file.content.len()).unwrap_or(u32::MAX),
        });
    }
    writer.step(Step::AttachOverRoot { mount: directory });
    let taken = names.iter().zip(files).map(|(name, file)| {
        let (name, out) = (writer.text(name), writer.slot());
        writer.step(Step::CloneMade { directory, name, out });
        let (uid, gid) = file.owner;
        if (uid, gid) != (0, 0) {
            writer.step(Step::ChangeOwner { made: out, uid, gid });
        }
        add_attributes(writer, out, MountAttributes::READ_ONLY, false);
        out
    });
    let taken = taken.collect();
    writer.step(Step::DetachOverRoot {});
    taken
}

fn decimal(number: usize) -> CString {
    // Digits contain no NUL.
    CString::new(number.to_string()).unwrap_or_default()
}
