//! Files that have several names.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::entry::{Entry, Identity};

/// Where what the overlay shows comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Layer {
    Upper,
    Lower,
}

/// The files with several names that the walk has met; those with one take no memory.
#[derive(Debug, Default)]
pub(super) struct Links(HashMap<(Layer, Identity), FirstName>);

/// The name by which a file was met first.
#[derive(Debug)]
struct FirstName {
    path: PathBuf,
    /// What the lower tree has at that path.
    before: Option<Identity>,
}

impl Links {
    /// The path that `path` has become a hard link to. It has not, if the two were one file in the lower tree, and are
    /// as they were there; `listed` says whether `path` is to be in the list for another reason. As they are one file
    /// now too, what holds of the one then holds of the other.
    pub(super) fn meet(
        &mut self,
        layer: Layer,
        entry: &Entry,
        path: &Path,
        before: Option<Identity>,
        listed: bool,
    ) -> Option<PathBuf> {
        if entry.is_directory() || entry.about().stx_nlink < 2 {
            return None;
        }
        match self.0.get(&(layer, entry.identity())) {
            Some(first) => {
                let was_one_file = before.is_some() && before == first.before;
                (listed || !was_one_file).then(|| first.path.clone())
            }
            None => {
                let path = path.to_owned();
                let first = FirstName { path, before };
                self.0.insert((layer, entry.identity()), first);
                None
            }
        }
    }
}
