//! A change of a path as a JSON object, as the help of `--changes` describes it.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use furnace_core::{Change, ChangeKind, FileType};
use serde::Serialize;

use crate::output::hex::hex;
use crate::output::write_json;

#[derive(Serialize)]
struct Line<'a> {
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<bool>,
    #[serde(rename = "type")]
    file_type: &'static str,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_to: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_to_hex: Option<String>,
}

impl<'a> From<&'a Change> for Line<'a> {
    fn from(change: &'a Change) -> Self {
        let (kind, content, metadata) = match change.kind {
            ChangeKind::Created => ("created", None, None),
            ChangeKind::Modified { content, metadata } => ("modified", Some(content), Some(metadata)),
            ChangeKind::Deleted => ("deleted", None, None),
        };
        let link_to = change.link_to.as_deref();
        Self {
            path: change.path.to_string_lossy(),
            path_hex: hex(&change.path),
            kind,
            content,
            metadata,
            file_type: name(change.file_type),
            size: change.size,
            link_to: link_to.map(Path::to_string_lossy),
            link_to_hex: link_to.and_then(hex),
        }
    }
}

fn name(file_type: FileType) -> &'static str {
    match file_type {
        FileType::File => "file",
        FileType::Directory => "directory",
        FileType::Symlink => "symlink",
        FileType::CharacterDevice => "character_device",
        FileType::BlockDevice => "block_device",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
    }
}

/// Writes one line.
pub(crate) fn write(to: &mut impl Write, change: &Change) -> io::Result<()> {
    write_json(to, &Line::from(change))
}
