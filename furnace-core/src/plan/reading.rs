//! A plan to read a file of a container that runs. A walker takes its steps, and can be given up: nobody waits in the
//! caller's own process for what somebody inside has mounted there.

use std::ffi::CStr;

use furnace_sys::plan::Plan;
use furnace_sys::wire::Step;

use super::parts::open_directory;
use super::writer::Writer;

/// The steps that copy the file at `path`, which has no more than `limit` bytes, to what is in the first slot.
pub(crate) fn read(path: &CStr, limit: u32) -> Plan {
    let mut writer = Writer::default();
    let to = writer.given();
    let root = open_directory(&mut writer, c"/");
    let path = writer.text(path);
    writer.step(Step::CopyFile { root, path, to, limit });
    writer.finish()
}
