//! `--runtime-dir`: where the containers with names are written down.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use furnace_core::{Container, JoinOptions, RuntimeDirectory};

use crate::named::Name;
use crate::output::report::Failure;

#[derive(Args, Debug)]
#[command(next_help_heading = "Names")]
pub(crate) struct RuntimeArgs {
    /// Look names up in this directory
    ///
    /// It is made for the first name, and nobody but you may be able to write to it. By default it is /run/furnace for
    /// root, and $XDG_RUNTIME_DIR/furnace for others.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) runtime_dir: Option<PathBuf>,
}

impl RuntimeArgs {
    pub(crate) fn directory(&self) -> Result<RuntimeDirectory, Failure> {
        match &self.runtime_dir {
            Some(path) if path.as_os_str().is_empty() => Err(Failure::Other {
                why: "cannot look names up: the path of the runtime directory is empty".to_owned(),
                help: None,
            }),
            Some(path) => Ok(RuntimeDirectory::at(path)),
            None => Ok(RuntimeDirectory::of_user()?),
        }
    }

    /// Enters the container of that name.
    pub(crate) fn attach(&self, name: &Name) -> Result<Container, Failure> {
        let found = self.directory()?.find(name.as_str())?;
        Ok(joining().attach_to(&found)?)
    }
}

/// How any container is joined.
pub(super) fn joining() -> JoinOptions {
    let mut options = JoinOptions::new();
    // Else the caller's terminal could be reached through /dev/tty.
    options.own_session(true);
    options
}
