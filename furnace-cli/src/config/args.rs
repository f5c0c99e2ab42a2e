//! The options that a file is named with.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

/// What of the file's own can't be in it.
pub(super) const IDS: [&str; 2] = ["config", "without"];

const HEADING: &str = "File";

#[derive(Args, Debug, Default)]
pub(crate) struct ConfigArgs {
    /// Take what is not typed from FILE
    ///
    /// FILE is TOML; `-` is the standard input. Its keys are the long names of the options of furnace run, and `root`
    /// and `command`. A switch is true or false, an option that can be repeated is a list, and any other value is what
    /// would be typed. Relative paths of the host are relative to the directory that FILE is in. Nothing in it is
    /// expanded. Mounts are made in the order of the keys. furnace-config(5) has every key.
    ///
    /// What is typed wins: it is used instead of a single value in the file, and comes after what is in a list. With
    /// this option, the command follows `--` where no ROOT is typed.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = HEADING)]
    config: Option<PathBuf>,

    /// Leave out what FILE says of KEY; can be repeated
    ///
    /// So a switch that is true in the file is off again, and a list begins with what is typed.
    #[arg(long, value_name = "KEY", requires = "config", help_heading = HEADING)]
    without: Vec<String>,
}

impl ConfigArgs {
    /// Whether the standard input was read for it.
    pub(crate) fn is_of_stdin(&self) -> bool {
        self.config.as_deref() == Some(Path::new("-"))
    }
}
