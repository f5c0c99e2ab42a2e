//! Programs of the host that write the maps of user namespaces for those who may not.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::getxattr;

use super::finding::Finding;
use crate::error::escape::escaped;

pub(super) const REMEDY: &str = "install it, as it comes with the package uidmap, or shadow-utils";

/// Whether there is such a program, with the rights that it needs. It is not executed.
pub(super) fn helper(name: &str) -> Finding {
    let Some((path, metadata)) = find(name) else {
        return Finding::no(format!("there is no {name} in any directory of PATH"));
    };
    let shown = escaped(&path);
    if metadata.uid() == 0 && metadata.mode() & 0o4000 != 0 {
        Finding::yes(format!("{shown} is set-user-id root"))
    } else if has_capabilities(&path) {
        Finding::yes(format!("{shown} has capabilities"))
    } else {
        Finding::no(format!("{shown} is neither set-user-id root nor has it capabilities"))
    }
}

fn find(name: &str) -> Option<(PathBuf, Metadata)> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find_map(|program| {
            let metadata = program.metadata().ok()?;
            (metadata.is_file() && metadata.mode() & 0o111 != 0).then_some((program, metadata))
        })
}

/// Whether capabilities come with the file (capabilities(7)).
fn has_capabilities(path: &Path) -> bool {
    getxattr(path, c"security.capability", &mut [0_u8; 64]).is_ok()
}
