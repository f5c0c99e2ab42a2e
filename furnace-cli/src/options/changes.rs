//! `--changes`: where it is told what a command has changed.

use std::path::PathBuf;

use clap::{Args, ValueHint};

const CHANGES_HELP: &str = "\
List what has changed in the root in FILE, or on the standard output (`-`)

The list is written when the command has ended and the container is stopped: one JSON object a line, for each path that is \
not as it was. It needs --overlay or --ephemeral. Changes that UPPER had before are in it too.

  path      relative to the root, which itself is \".\"
  kind      \"created\", \"modified\" or \"deleted\" (a directory with all that was in it)
  content   of what is modified: whether the bytes of a file are others, or the
            target of a symlink, or the number of a device
  metadata  of what is modified: whether mode, owner, time of modification or
            extended attributes are others
  type      \"file\", \"directory\", \"symlink\", \"character_device\", \"block_device\",
            \"fifo\" or \"socket\"
  size      the bytes of a file, or of a symlink's target
  link_to   of what has become a hard link: another path of the same file

A path that is not UTF-8 is shown in `path` as well as it can be, and exactly in `path_hex`: two hexadecimal digits for \
each byte. Likewise `link_to` and `link_to_hex`.";

#[derive(Args, Debug, Default)]
pub(crate) struct ChangesArgs {
    /// List what has changed in the root in FILE, or on the standard output (`-`)
    #[arg(
        id = "changes",
        long = "changes",
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        long_help = CHANGES_HELP,
        help_heading = "Root",
    )]
    pub(crate) to: Option<PathBuf>,
}
