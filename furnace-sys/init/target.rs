//! Where a mount is to be attached: found below the root, and made where it is missing.

use super::syscalls::{self as kernel, CString, Errno, Fd, Result};
use crate::wire::Target;

/// Opens `path` below `root`, which is relative, has no `.`, `..` or empty component, and is in writable memory.
pub(super) fn open(root: Fd, path: *mut u8, target: Target) -> Result<Fd> {
    match open_existing(root, path, target) {
        Err(Errno::NOENT) => {
            make_missing(root, path, target)?;
            open_existing(root, path, target)
        }
        other => other,
    }
}

/// Opens what is mounted at `path` below `root`. On the root's own mount there is nothing mounted, nor may the root itself
/// be taken for it, where a symlink leads.
pub(super) fn open_mounted(root: Fd, path: CString) -> Result<Fd> {
    let found = kernel::open_in_root(root, path)?;
    if kernel::mount_id(found)? == kernel::mount_id(root)? {
        kernel::close(found);
        return Err(Errno::INVAL);
    }
    Ok(found)
}

/// Attaches a mount at `path` below `root`, whose last component is in `directory`. Only a symlink there, what is missing
/// and what is of another kind need more than that. The kernel follows no symlink there and puts no directory on one; if one
/// comes in between, a file covers it.
pub(super) fn attach_in(mount: Fd, root: Fd, directory: Fd, path: *mut u8, target: Target) -> Result<()> {
    let name = last_component(path);
    let is_there = match target {
        Target::Directory | Target::DirectoryItself => true,
        Target::File | Target::FileOrSymlink => kernel::is_file(directory, name),
    };
    let attached = match is_there {
        true => kernel::attach_mount_at(mount, directory, name),
        false => Err(Errno::NOENT),
    };
    match attached {
        Err(Errno::NOENT | Errno::NOTDIR | Errno::INVAL) => {
            let at = open(root, path, target)?;
            let attached = kernel::attach_mount(mount, at);
            kernel::close(at);
            attached
        }
        other => other,
    }
}

/// The last component of a text of the plan.
fn last_component(path: *mut u8) -> CString {
    let mut name = path;
    loop {
        match end_of_component(name) {
            // SAFETY: it is the end of a text, which outlives the step.
            (_, true) => return unsafe { CString::new(name) },
            (slash, false) => name = slash.wrapping_add(1),
        }
    }
}

fn open_existing(root: Fd, path: *mut u8, target: Target) -> Result<Fd> {
    // SAFETY: a text of the plan, which outlives the step.
    let path = unsafe { CString::new(path) };
    match target {
        Target::Directory => kernel::open_directory_in_root(root, path),
        Target::DirectoryItself => kernel::open_directory_itself_in_root(root, path),
        Target::File => kernel::open_in_root(root, path),
        Target::FileOrSymlink => kernel::open_last_in_root(root, path),
    }
}

/// Makes what is missing of `path`, from the left: each directory in its parent, as the parent was resolved below root.
fn make_missing(root: Fd, path: *mut u8, target: Target) -> Result<()> {
    let mut parent = kernel::duplicate_above(root, 0)?;
    let mut name = path;
    loop {
        let (end, last) = end_of_component(name);
        let made = make_component(root, parent, path, name, end, last, target);
        kernel::close(parent);
        parent = match made? {
            Some(directory) => directory,
            None => return Ok(()),
        };
        name = end.wrapping_add(1);
    }
}

/// Makes sure of the component from `name` to `end`; the directory that it is, or nothing when it was the last.
fn make_component(
    root: Fd,
    parent: Fd,
    path: *mut u8,
    name: *mut u8,
    end: *mut u8,
    last: bool,
    target: Target,
) -> Result<Option<Fd>> {
    // SAFETY: `end` is a byte of the path, a slash or its NUL; ending the text there for a moment leaves a prefix of it.
    let after = unsafe { end.replace(0) };
    let result = (|| {
        // SAFETY: as for the prefix, of which it is the end.
        let name = unsafe { CString::new(name) };
        if last {
            let made = match target {
                Target::Directory | Target::DirectoryItself => kernel::make_directory(parent, name, 0o755),
                Target::File | Target::FileOrSymlink => kernel::create_file(parent, name),
            };
            return unless_there(made).map(|()| None);
        }
        // SAFETY: it ends with a NUL at `end`, and the text outlives the step.
        let prefix = unsafe { CString::new(path) };
        match kernel::open_directory_in_root(root, prefix) {
            Err(Errno::NOENT) => {
                unless_there(kernel::make_directory(parent, name, 0o755))?;
                kernel::open_directory_in_root(root, prefix).map(Some)
            }
            other => other.map(Some),
        }
    })();
    // SAFETY: as above.
    unsafe { end.write(after) };
    result
}

/// Another start may have made the same a moment ago.
fn unless_there(made: Result<()>) -> Result<()> {
    match made {
        Err(Errno::EXIST) => Ok(()),
        other => other,
    }
}

/// The slash or the NUL that ends the component at `name`, and whether it is the NUL.
fn end_of_component(name: *mut u8) -> (*mut u8, bool) {
    let mut end = name;
    loop {
        // SAFETY: the path ends with a NUL, and the walk stops there.
        match unsafe { end.read() } {
            0 => return (end, true),
            b'/' => return (end, false),
            _ => end = end.wrapping_add(1),
        }
    }
}
