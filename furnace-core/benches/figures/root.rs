//! A root directory with nothing in it but a static `/bin/true`.

use std::fs;
use std::path::PathBuf;

use crate::Result;
use crate::yardstick::compile;

/// A directory of this run's own, gone with it.
pub(crate) struct Root(PathBuf);

impl Root {
    pub(crate) fn new() -> Result<Self> {
        let scratch = std::env::temp_dir().join(format!("furnace-bench-{}", std::process::id()));
        fs::create_dir(&scratch)?;
        let root = Self(scratch);
        for directory in ["bin", "dev", "etc", "proc", "run", "sys", "tmp"] {
            fs::create_dir_all(root.path().join(directory))?;
        }
        compile("true.c", &root.path().join("bin/true"), &["-static"])?;
        Ok(root)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.join("root")
    }

    /// A place for what the container is not to see.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} stays: {error}", self.0.display());
        }
    }
}
