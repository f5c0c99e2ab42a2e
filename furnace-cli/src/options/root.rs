//! What the root is made of, and where its changes go.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use furnace_core::Builder;

use crate::options::size::Size;

#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Root")]
pub(crate) struct RootArgs {
    /// Keep all changes to the root in memory, and forget them
    ///
    /// The root directory itself is not changed; file systems mounted below it are not seen. What is written through a
    /// bind is kept.
    ///
    /// SIZE is how much memory the changes may take: bytes, or K, M, G or T of them, or a part of the memory. By
    /// default 50%. What is beyond that fails with "No space left on device".
    #[arg(
        long,
        value_name = "SIZE",
        require_equals = true,
        value_parser = OsStringValueParser::new().try_map(|typed| Size::parse(&typed)),
    )]
    pub(crate) ephemeral: Option<Option<Size>>,

    /// Keep all changes to the root in the directory UPPER
    ///
    /// The root directory itself is not changed; file systems mounted below it are not seen. The next container with
    /// the same UPPER finds the changes as they are. UPPER must exist, on a file system such as ext4, xfs, btrfs or
    /// tmpfs, and be used by one container at a time.
    #[arg(long, value_name = "UPPER")]
    pub(crate) overlay: Option<PathBuf>,

    /// Use this work directory for --overlay [default: UPPER.work]
    ///
    /// The kernel needs one, empty and on the file system of UPPER. By default it is made beside UPPER, and removed.
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,

    /// Lay this directory over the root; can be repeated
    ///
    /// Its files hide those of ROOT, and of the directories laid before; its directories are merged with theirs. None
    /// of them is changed: without --overlay or --ephemeral the root is read-only.
    #[arg(long, value_name = "DIR")]
    lower: Vec<PathBuf>,

    /// Let nothing in the root be changed
    ///
    /// What is mounted in it can be: /dev, /run, and binds and file systems in memory where you want them.
    #[arg(long)]
    pub(crate) read_only: bool,

    /// Use this partition of the disk image ROOT, counted from 1
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        value_parser = OsStringValueParser::new().try_map(|typed| partition(&typed)),
    )]
    partition: Option<u32>,
}

/// A number that a partition may have.
fn partition(typed: &OsStr) -> Result<u32, &'static str> {
    let digits = typed
        .to_str()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.and_then(|digits| digits.parse().ok()) {
        None | Some(0) => Err("it is no number of a partition; the first one is 1"),
        Some(number) => Ok(number),
    }
}

impl RootArgs {
    /// Whether changes surely do not go to the root itself.
    pub(crate) fn has_layer(&self) -> bool {
        self.ephemeral.is_some() || self.overlay.is_some()
    }

    /// Tells the library.
    pub(crate) fn add_to(&self, builder: &mut Builder) {
        builder.ephemeral(self.ephemeral.is_some()).read_only(self.read_only);
        if let Some(Some(size)) = self.ephemeral {
            builder.ephemeral_size(size.bytes());
        }
        if let Some(upper) = &self.overlay {
            builder.overlay(upper);
        }
        if let Some(work) = &self.work {
            builder.overlay_work(work);
        }
        for lower in &self.lower {
            builder.lower(lower);
        }
        if let Some(number) = self.partition {
            builder.partition(number);
        }
    }
}
