//! A disk image, mounted through a loop device.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

use furnace_sys::wire::{Slot, Step};

use super::writer::Writer;
use crate::image::Image;

/// A detached mount of the image. The loop device goes when the last mount of it does.
pub(super) fn mount(writer: &mut Writer, image: &Image, is_writable: bool, out: Slot) {
    let [file, device, fs] = [(); 3].map(|()| writer.slot());
    let writable = is_writable.into();
    // A path that was opened before contains no NUL.
    let path = CString::new(image.path.as_os_str().as_bytes()).unwrap_or_default();
    let path = writer.text(&path);
    writer.step(Step::OpenFile {
        path,
        writable,
        out: file,
    });
    // Mounted by two at once, a file system that is written to is destroyed.
    writer.step(Step::LockFile {
        file,
        exclusive: writable,
    });
    let mut part = image.offset.to_ne_bytes().to_vec();
    part.extend(image.length.to_ne_bytes());
    let part = writer.bytes(&part);
    writer.step(Step::AttachLoop {
        image: file,
        writable,
        part,
        out: device,
    });
    let kind = writer.text(image.filesystem.name());
    writer.step(Step::OpenFs { kind, out: fs });
    writer.step(Step::SetLoopDevice { fs, device });
    let read_only = (!is_writable).then_some(c"ro");
    for flag in read_only
        .into_iter()
        .chain(image.filesystem.mount_flags().iter().copied())
    {
        let key = writer.text(flag);
        writer.step(Step::SetFlag { fs, key });
    }
    writer.step(Step::CreateFs { fs });
    writer.step(Step::MakeMount { fs, attributes: 0, out });
}
