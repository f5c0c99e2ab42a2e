//! The tree that becomes the root.

use std::ffi::CStr;

use furnace_sys::flags::MountAttributes;
use furnace_sys::wire::{Slot, Step};

use super::handed::Handed;
use super::image;
use super::mounts::FsOption;
use super::parts::{add_attributes, clone_tree, new_mount, new_mount_into, open_made};
use super::writer::Writer;
use crate::image::Image;
use crate::mount::tmpfs_options;
use crate::root::{Base, Layer, Root};

/// A detached mount of the tree.
pub(super) fn make(writer: &mut Writer, root: &Root, handed: &Handed) -> Slot {
    match (&root.layer, &root.base) {
        (Some(layer), _) => layered(writer, root, layer, handed.layer),
        (None, _) if root.is_overlay() => unchangeable(writer, root),
        (None, Base::Directory(path)) => directory(writer, root, path),
        (None, Base::Image(image)) => {
            let out = writer.slot();
            image::mount(writer, image, true, out);
            out
        }
    }
}

/// What remains to be done when all mount targets have been made.
pub(super) fn close_to_writers(writer: &mut Writer, config: &Root, root: Slot) {
    if config.read_only && config.takes_targets() {
        add_attributes(writer, root, MountAttributes::READ_ONLY, false);
    }
}

/// The root directory itself, with all that is mounted below it.
fn directory(writer: &mut Writer, root: &Root, path: &CStr) -> Slot {
    let out = clone_tree(writer, path, true);
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

/// An overlay that keeps no changes.
fn unchangeable(writer: &mut Writer, root: &Root) -> Slot {
    let lower = open_lower(writer, root);
    enter_descriptors(writer);
    let out = new_mount(writer, c"overlay", &[lower.option()], root.forbidden);
    let_go_of_lower(writer, root);
    out
}

/// An overlay whose changes go to a layer.
fn layered(writer: &mut Writer, root: &Root, layer: &Layer, [upper, below]: [Slot; 2]) -> Slot {
    let lower = match &root.base {
        Base::Image(image) if root.over.is_empty() => {
            mount_image(writer, image, below);
            Lower { first: below, count: 1 }
        }
        Base::Directory(_) | Base::Image(_) => open_lower(writer, root),
    };
    let work = writer.slot();
    match layer {
        Layer::Memory { size } => memory(writer, lower.first, *size, upper, work),
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
    match &root.base {
        _ if !root.over.is_empty() => new_mount_into(writer, c"overlay", &[lower.option()], root.forbidden, below),
        Base::Image(_) => {}
        // As the overlay sees it: without what is mounted in it.
        Base::Directory(path) => {
            let path = writer.text(path);
            writer.step(Step::CloneTree {
                path,
                recursive: 0,
                out: below,
            });
        }
    }
    let mut options = vec![
        lower.option(),
        FsOption::Directories(c"upperdir", upper, 1),
        FsOption::Directories(c"workdir", work, 1),
    ];
    options.extend(LAYER_OPTIONS);
    let made = new_mount(writer, c"overlay", &options, root.forbidden);
    // What the kernel wants to have there. Where it can't make it, it makes an overlay that can't be written to.
    let made_by_the_kernel = writer.slot();
    open_made(writer, work, c"work", made_by_the_kernel);
    if matches!(layer, Layer::Memory { .. }) {
        writer.step(Step::DetachOverRoot {});
    }
    let_go_of_lower(writer, root);
    made
}

/// A file system in memory for the changes to what has `top` topmost. It needs a place in the mount namespace while the
/// overlay is made (Linux before 6.12 takes an upper directory from nowhere else), and none after.
fn memory(writer: &mut Writer, top: Slot, size: Option<u64>, upper: Slot, work: Slot) {
    let options = tmpfs_options(size, 0o755, (0, 0));
    let options: Vec<FsOption<'_>> = options.iter().map(|(key, value)| FsOption::Value(key, value)).collect();
    let layer = new_mount(writer, c"tmpfs", &options, MountAttributes::empty());
    // The root of an overlay is its upper directory's.
    let name = writer.text(c"upper");
    writer.step(Step::MakeDirectoryLike {
        directory: layer,
        name,
        like: top,
    });
    let name = writer.text(c"work");
    writer.step(Step::MakeDirectory {
        directory: layer,
        name,
        mode: 0o700,
    });
    open_made(writer, layer, c"upper", upper);
    open_made(writer, layer, c"work", work);
    writer.step(Step::AttachOverRoot { mount: layer });
}

/// The lower directories of an overlay, topmost first, in slots that follow each other.
struct Lower {
    first: Slot,
    count: u32,
}

impl Lower {
    fn option(&self) -> FsOption<'static> {
        FsOption::Directories(c"lowerdir", self.first, self.count)
    }
}

fn open_lower(writer: &mut Writer, root: &Root) -> Lower {
    // Their number was checked.
    let count = u32::try_from(root.over.len()).unwrap_or(u32::MAX).saturating_add(1);
    let first = writer.slots(count);
    let mut slots = (first.0..).map(Slot);
    for (path, out) in root.over.iter().zip(&mut slots) {
        let path = writer.text(path);
        writer.step(Step::OpenDirectory { path, out });
    }
    let out = slots.next().unwrap_or(first);
    match &root.base {
        Base::Directory(path) => {
            let path = writer.text(path);
            writer.step(Step::OpenDirectory { path, out });
        }
        Base::Image(image) => mount_image(writer, image, out),
    }
    Lower { first, count }
}

/// As with the layer: while the overlay is made, it needs a place in the mount namespace.
fn mount_image(writer: &mut Writer, image: &Image, out: Slot) {
    image::mount(writer, image, false, out);
    writer.step(Step::AttachOverRoot { mount: out });
}

/// The overlay has them all.
fn let_go_of_lower(writer: &mut Writer, root: &Root) {
    if matches!(root.base, Base::Image(_)) {
        writer.step(Step::DetachOverRoot {});
    }
}

/// Makes short names of open directories, as [`Step::SetDirectories`] wants it.
fn enter_descriptors(writer: &mut Writer) {
    let (path, out) = (writer.text(c"/proc/self/fd"), writer.slot());
    writer.step(Step::OpenDirectory { path, out });
    writer.step(Step::EnterDirectory { directory: out });
}

/// What an overlay that keeps changes is mounted with, whatever the kernel's configuration says: a directory can be renamed
/// as anywhere else, and what has changed can be told from the upper directory alone.
const LAYER_OPTIONS: [FsOption<'static>; 3] = [
    FsOption::Value(c"redirect_dir", c"on"),
    FsOption::Value(c"index", c"off"),
    FsOption::Value(c"metacopy", c"off"),
];
