//! What is written down of a container with a name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::identity::Identity;

/// Of the records that this version writes, and of no others.
const VERSION: u32 = 1;

/// How each of these begins.
const BEGINNING: &[u8] = br#"{"version":1,"pid1":{"pid":"#;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    version: u32,
    pub(super) pid1: Identity,
    root: Bytes,
    /// In seconds since 1970.
    started: u64,
}

/// A path as text, if it is text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Bytes {
    Text(String),
    Raw(Vec<u8>),
}

/// What a record's file holds.
#[derive(Debug)]
pub(super) enum Content {
    Record(Record),
    /// Nothing, or a part of a record: whoever was writing it was killed, and the container, which is written down
    /// before it is detached, went too.
    Unfinished,
    /// A record of another version of Furnace, or nothing of Furnace at all.
    Foreign,
}

impl Record {
    pub(super) fn new(pid1: Identity, root: &Path) -> Self {
        let root = match root.to_str() {
            Some(text) => Bytes::Text(text.to_owned()),
            None => Bytes::Raw(root.as_os_str().as_bytes().to_owned()),
        };
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            version: VERSION,
            pid1,
            root,
            started: since_1970.unwrap_or_default().as_secs(),
        }
    }

    pub(super) fn root(&self) -> PathBuf {
        match &self.root {
            Bytes::Text(text) => text.into(),
            Bytes::Raw(bytes) => OsStr::from_bytes(bytes).into(),
        }
    }

    pub(super) fn started(&self) -> SystemTime {
        let since_1970 = Duration::from_secs(self.started);
        SystemTime::UNIX_EPOCH
            .checked_add(since_1970)
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }
}

impl Content {
    pub(super) fn decode(bytes: &[u8]) -> Self {
        if let Ok(record) = serde_json::from_slice::<Record>(bytes)
            && record.version == VERSION
        {
            return Self::Record(record);
        }
        // Whatever else is in a file of such a name is somebody's, and not to be removed.
        match bytes.starts_with(BEGINNING) || BEGINNING.starts_with(bytes) {
            true => Self::Unfinished,
            false => Self::Foreign,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use super::{BEGINNING, Content, Identity, Record};

    fn record(root: &Path) -> Record {
        Record::new(Identity::of(std::process::id()).expect("this process runs"), root)
    }

    #[test]
    fn a_record_survives_whatever_its_root_is_called() {
        for root in [Path::new("/srv/a\n\"b"), Path::new(OsStr::from_bytes(b"/\xff"))] {
            let written = record(root);
            let bytes = written.encode().expect("it can be encoded");
            assert!(bytes.len() < 4096, "it is written at once");
            assert!(bytes.starts_with(BEGINNING));
            match Content::decode(&bytes) {
                Content::Record(read) => assert_eq!((read.root().as_path(), &read), (root, &written)),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_part_of_a_record_is_none() {
        let bytes = record(Path::new("/")).encode().expect("it can be encoded");
        for length in 0..bytes.len() - 2 {
            assert!(
                matches!(Content::decode(&bytes[..length]), Content::Unfinished),
                "{length}"
            );
        }
    }

    #[test]
    fn what_this_version_has_not_written_is_not_read() {
        let others: [&[u8]; 4] = [b"{\"version\":2,\"pid\":1}", b"{}", b"[1]", b"\xff"];
        for bytes in others {
            assert!(matches!(Content::decode(bytes), Content::Foreign), "{bytes:?}");
        }
    }
}
