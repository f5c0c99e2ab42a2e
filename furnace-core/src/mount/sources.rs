//! What binds are made from.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};

use furnace_sys::Errno;
use rustix::fs::{FileType, stat};

/// Paths of the host that have been looked at. One that is bound to many places is looked at once.
#[derive(Debug, Default)]
pub(crate) struct Sources(BTreeMap<CString, FileType>);

impl Sources {
    pub(super) fn is_directory(&mut self, source: &CStr) -> Result<bool, Errno> {
        let file_type = match self.0.get(source) {
            Some(known) => *known,
            None => {
                let found = FileType::from_raw_mode(stat(source)?.st_mode);
                self.0.insert(source.to_owned(), found);
                found
            }
        };
        Ok(file_type == FileType::Directory)
    }
}
