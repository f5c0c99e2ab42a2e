//! What was tried, and the path that it is about.

use std::fmt;
use std::path::{Path, PathBuf};

/// What was tried, in words, and the path that it is about. Nobody can make one without saying which, or that there is
/// none.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(super) words: String,
    pub(super) path: Option<PathBuf>,
}

impl Attempt {
    /// About the path `path`.
    pub(crate) fn on(path: impl AsRef<Path>, words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            path: Some(path.as_ref().to_owned()),
        }
    }

    /// About nothing that has a path.
    pub(crate) fn on_no_path(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            path: None,
        }
    }

    /// The same, where it is another path that matters.
    pub(crate) fn at(&self, path: impl AsRef<Path>) -> Self {
        Self::on(path, &*self.words)
    }

    /// The same, with what of it could not be done.
    pub(crate) fn detailed(&self, what: impl fmt::Display) -> Self {
        Self {
            words: format!("{}: {what}", self.words),
            path: self.path.clone(),
        }
    }
}

impl From<&Self> for Attempt {
    fn from(attempt: &Self) -> Self {
        attempt.clone()
    }
}
