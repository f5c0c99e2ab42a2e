//! The tree that becomes the root.

use furnace_sys::flags::MountAttributes;
use furnace_sys::wire::{Slot, Step};

use super::mounts::FsOption;
use super::parts::{add_attributes, clone_tree, new_mount, open_made};
use super::writer::Writer;
use crate::mount::tmpfs_options;
use crate::root::{Layer, Root};

/// A detached mount of the tree.
pub(super) fn make(writer: &mut Writer, root: &Root) -> Slot {
    match &root.layer {
        None if root.is_overlay() => {
            let first = open_lower(writer, root);
            enter_descriptors(writer);
            overlay(writer, &[(Part::Lower, first, lower_count(root))])
        }
        None => directory(writer, root),
        Some(layer) => layered(writer, root, layer),
    }
}

/// What remains to be done when all mount targets have been made.
pub(super) fn close_to_writers(writer: &mut Writer, config: &Root, root: Slot) {
    if config.read_only && config.takes_targets() {
        add_attributes(writer, root, MountAttributes::READ_ONLY, false);
    }
}

/// The root directory itself, with all that is mounted below it.
fn directory(writer: &mut Writer, root: &Root) -> Slot {
    let out = clone_tree(writer, root.base(), true);
    if root.read_only {
        add_attributes(writer, out, MountAttributes::READ_ONLY, true);
        if root.takes_targets() {
            // Until the targets are made, what is mounted below it stays read-only.
            writer.step(Step::SetAttributes {
                mount: out,
                set: 0,
                clear: MountAttributes::READ_ONLY.bits(),
                propagation: 0,
                recursive: 0,
            });
        }
    }
    out
}

/// An overlay whose changes go to a layer.
fn layered(writer: &mut Writer, root: &Root, layer: &Layer) -> Slot {
    let upper = writer.slot();
    writer.hand_over(upper);
    // The caller is handed what is in the next slot as the tree below: the one lower directory, or an overlay of all.
    let below = (root.lower.len() > 1).then(|| writer.slot());
    let first = open_lower(writer, root);
    let work = writer.slot();
    match layer {
        Layer::Memory { size } => memory(writer, root, *size, upper, work),
        Layer::Directories {
            upper: upper_path,
            work: work_path,
            ..
        } => {
            for (path, out) in [(upper_path, upper), (work_path, work)] {
                let path = writer.text(path);
                writer.step(Step::OpenDirectory { path, out });
            }
        }
    }
    enter_descriptors(writer);
    let lower = (Part::Lower, first, lower_count(root));
    if let Some(below) = below {
        overlay_into(writer, &[lower], below);
    }
    let made = overlay(writer, &[lower, (Part::Upper, upper, 1), (Part::Work, work, 1)]);
    if matches!(layer, Layer::Memory { .. }) {
        writer.step(Step::DetachOverRoot {});
    }
    made
}

/// A file system in memory for the changes. It needs a place in the mount namespace while the overlay is made (Linux
/// before 6.12 takes an upper directory from nowhere else), and none after.
fn memory(writer: &mut Writer, root: &Root, size: Option<u64>, upper: Slot, work: Slot) {
    let options = tmpfs_options(size, 0o755, (0, 0));
    let options: Vec<FsOption<'_>> = options.iter().map(|(key, value)| FsOption::Value(key, value)).collect();
    let layer = new_mount(writer, c"tmpfs", &options, MountAttributes::empty());
    for (name, mode, out) in [(c"upper", root.mode, upper), (c"work", 0o700, work)] {
        let directory = layer;
        let text = writer.text(name);
        writer.step(Step::MakeDirectory {
            directory,
            name: text,
            mode,
        });
        open_made(writer, directory, name, out);
    }
    // The root of an overlay is its upper directory's.
    let (uid, gid) = (root.uid, root.gid);
    if (uid, gid) != (0, 0) {
        writer.step(Step::ChangeOwner { made: upper, uid, gid });
    }
    writer.step(Step::AttachOverRoot { mount: layer });
}

fn lower_count(root: &Root) -> u32 {
    root.lower.len().try_into().unwrap_or(u32::MAX)
}

/// The lower directories, topmost first, in slots that follow each other; the first of them.
fn open_lower(writer: &mut Writer, root: &Root) -> Slot {
    let first = writer.slots(lower_count(root));
    for (number, path) in (first.0..).zip(&root.lower) {
        let path = writer.text(path);
        writer.step(Step::OpenDirectory {
            path,
            out: Slot(number),
        });
    }
    first
}

/// Makes short names of open directories, as [`Step::SetDirectories`] wants it.
fn enter_descriptors(writer: &mut Writer) {
    let (path, out) = (writer.text(c"/proc/self/fd"), writer.slot());
    writer.step(Step::OpenDirectory { path, out });
    writer.step(Step::EnterDirectory { directory: out });
}

#[derive(Clone, Copy)]
enum Part {
    Lower,
    Upper,
    Work,
}

fn overlay(writer: &mut Writer, directories: &[(Part, Slot, u32)]) -> Slot {
    let out = writer.slot();
    overlay_into(writer, directories, out);
    out
}

fn overlay_into(writer: &mut Writer, directories: &[(Part, Slot, u32)], out: Slot) {
    let fs = writer.slot();
    let kind = writer.text(c"overlay");
    writer.step(Step::OpenFs { kind, out: fs });
    let (key, value) = (writer.text(c"source"), kind);
    writer.step(Step::SetOption { fs, key, value });
    for (part, first, count) in directories {
        let key = writer.text(match part {
            Part::Lower => c"lowerdir",
            Part::Upper => c"upperdir",
            Part::Work => c"workdir",
        });
        writer.step(Step::SetDirectories {
            fs,
            key,
            first: *first,
            count: *count,
        });
        if matches!(part, Part::Upper) {
            // So that a directory can be renamed as anywhere else.
            let (key, value) = (writer.text(c"redirect_dir"), writer.text(c"on"));
            writer.step(Step::SetOption { fs, key, value });
        }
    }
    writer.step(Step::CreateFs { fs });
    writer.step(Step::MakeMount { fs, attributes: 0, out });
}
