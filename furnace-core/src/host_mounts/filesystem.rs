//! An overlay as the kernel makes it.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use furnace_sys::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_fd, fsconfig_set_string, fsmount, fsopen,
};

use super::errors;
use super::layers::{Layers, remedy};
use super::place::name_of;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};
use crate::overlay::Directory;

/// The longest value that fsconfig(2) takes.
const LONGEST: usize = 255;

/// An overlay that is mounted nowhere yet.
///
/// Layers are named to the kernel by descriptor, never by path: whatever bytes a path has, there is nothing to escape,
/// and what was checked is what is used.
pub(super) fn make(layers: &Layers, attempt: &Attempt) -> Result<OwnedFd> {
    let failed = |errno| errors::mount(attempt, errno);
    let fs = fsopen(c"overlay", FsOpenFlags::FSOPEN_CLOEXEC).map_err(failed)?;
    fsconfig_set_string(&fs, c"source", c"overlay").map_err(failed)?;
    set_lower(fs.as_fd(), &layers.lower, attempt)?;
    if let Some(writable) = &layers.writable {
        for (key, layer) in [(c"upperdir", &writable.upper), (c"workdir", &writable.work)] {
            set_layer(fs.as_fd(), key, layer)
                .map_err(|errno| layer.failed(Phase::Mount, errno).with_any_remedy(remedy(errno)))?;
        }
    }
    fsconfig_create(&fs).map_err(|errno| match remedy(errno) {
        None => failed(errno),
        known => Error::os(Phase::Mount, attempt, errno).with_any_remedy(known),
    })?;
    fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty()).map_err(failed)
}

/// By descriptor, which shows its path in mountinfo; before Linux 6.13 by the descriptor's name.
fn set_layer(fs: BorrowedFd<'_>, key: &CStr, layer: &Directory) -> Result<(), Errno> {
    match fsconfig_set_fd(fs, key, layer) {
        Err(Errno::INVAL) => fsconfig_set_string(fs, key, name_of(layer.as_fd())),
        other => other,
    }
}

/// One by one; before Linux 6.8 all in one option.
fn set_lower(fs: BorrowedFd<'_>, lower: &[Directory], attempt: &Attempt) -> Result<()> {
    for (index, layer) in lower.iter().enumerate() {
        match set_layer(fs, c"lowerdir+", layer) {
            Ok(()) => {}
            Err(Errno::INVAL) if index == 0 => return set_lower_at_once(fs, lower, attempt),
            Err(errno) => return Err(layer.failed(Phase::Mount, errno).with_any_remedy(remedy(errno))),
        }
    }
    Ok(())
}

fn set_lower_at_once(fs: BorrowedFd<'_>, lower: &[Directory], attempt: &Attempt) -> Result<()> {
    let value = joined(lower.iter().map(AsFd::as_fd));
    if value.as_bytes().len() > LONGEST {
        let count = lower.len();
        return Err(Error::invalid(
            attempt,
            format!("this kernel can't take as many as {count} lower directories"),
        )
        .with_kind(ErrorKind::Unsupported)
        .with_remedy("Linux 6.8 or newer takes 500; stack fewer here"));
    }
    fsconfig_set_string(fs, c"lowerdir", &value)
        .map_err(|errno| Error::os(Phase::Mount, attempt, errno).with_any_remedy(remedy(errno)))
}

/// Names of descriptors, which have nothing in them that the kernel would take for a separator.
fn joined<'a>(layers: impl Iterator<Item = BorrowedFd<'a>>) -> CString {
    let names: Vec<Vec<u8>> = layers.map(|layer| name_of(layer).into_bytes()).collect();
    CString::new(names.join(&b':')).unwrap_or_default()
}
