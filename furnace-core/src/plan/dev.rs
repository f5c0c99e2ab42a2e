//! The container's /dev.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use furnace_sys::wire::{Slot, Step};

use super::mounts::{Content, LOOP_MAJOR, LOOP_MODE};
use super::writer::Writer;
use crate::config::Config;
use crate::device::Device;

/// What a file system of a default mount has in it from the beginning.
pub(super) fn fill(writer: &mut Writer, directory: Slot, contents: &[Content]) {
    for content in contents {
        match *content {
            Content::Directory { name, mode } => {
                let name = writer.text(name);
                writer.step(Step::MakeDirectory { directory, name, mode });
            }
            Content::Device {
                name,
                mode,
                major,
                minor,
            } => {
                let name = writer.text(name);
                writer.step(Step::MakeCharacterDevice {
                    directory,
                    name,
                    mode,
                    major,
                    minor,
                });
            }
            Content::Symlink { name, to } => {
                let (name, to) = (writer.text(name), writer.text(to));
                writer.step(Step::MakeSymlink { directory, name, to });
            }
        }
    }
}

/// The devices of the host that are made in a /dev of the container's own, besides its `contents`.
pub(super) fn add_devices(writer: &mut Writer, config: &Config, directory: Slot, contents: &[Content]) {
    for minor in &config.host.loop_devices {
        let device = Device {
            name: loop_name(*minor),
            is_block: true,
            mode: LOOP_MODE,
            major: LOOP_MAJOR,
            minor: *minor,
        };
        make_device(writer, directory, &device);
    }
    if config.devices.is_empty() {
        return;
    }
    let of_loops = config.host.loop_devices.iter().map(|minor| loop_name(*minor));
    let mut there: BTreeSet<CString> = contents.iter().map(|content| content.name().to_owned()).collect();
    there.extend(of_loops);
    for device in &config.devices {
        for parent in parents(&device.name) {
            if there.insert(parent.clone()) {
                let name = writer.text(&parent);
                let mode = 0o755;
                writer.step(Step::MakeDirectory { directory, name, mode });
            }
        }
        if there.insert(device.name.clone()) {
            make_device(writer, directory, device);
        }
    }
}

fn loop_name(minor: u32) -> CString {
    // There is no NUL in it.
    CString::new(format!("loop{minor}")).unwrap_or_default()
}

/// The directories on the way to `name`, outermost first.
fn parents(name: &CStr) -> Vec<CString> {
    let path = Path::new(OsStr::from_bytes(name.to_bytes()));
    let above = path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty());
    let mut parents: Vec<CString> = above
        .filter_map(|above| CString::new(above.as_os_str().as_bytes()).ok())
        .collect();
    parents.reverse();
    parents
}

fn make_device(writer: &mut Writer, directory: Slot, device: &Device) {
    let Device { mode, major, minor, .. } = *device;
    let name = writer.text(&device.name);
    writer.step(if device.is_block {
        Step::MakeBlockDevice {
            directory,
            name,
            mode,
            major,
            minor,
        }
    } else {
        Step::MakeCharacterDevice {
            directory,
            name,
            mode,
            major,
            minor,
        }
    });
}
