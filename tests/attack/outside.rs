//! A part of the host that nothing may change, or mount anything on.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use furnace_tests::Scratch;

/// A tree outside of every root directory, and the host's mounts, as they were when it was made.
pub(crate) struct Outside {
    scratch: Scratch,
    before: BTreeMap<PathBuf, String>,
    mounts: Vec<u8>,
}

impl Outside {
    /// A tree with what `fill` puts into it.
    pub(crate) fn new(fill: impl FnOnce(&Path)) -> Self {
        let scratch = Scratch::new();
        fill(scratch.path());
        Self {
            before: snapshot(scratch.path()),
            mounts: mounts(),
            scratch,
        }
    }

    /// A tree that has all that a container is to have, at the same places: what went astray would fit.
    pub(crate) fn like_a_root() -> Self {
        Self::new(|tree| {
            for directory in [
                "proc/self/fd",
                "dev/pts",
                "dev/shm",
                "dev/mqueue",
                "sys",
                "run",
                "etc",
                "pts",
                "shm",
            ] {
                fs::create_dir_all(tree.join(directory)).unwrap();
            }
            for file in ["dev/null", "etc/resolv.conf", "resolv.conf", "file"] {
                fs::write(tree.join(file), "untouched").unwrap();
            }
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.scratch.path()
    }

    /// The same place seen from the root directory, for paths that begin elsewhere.
    pub(crate) fn below(&self, start: &str) -> PathBuf {
        Path::new(start).join(self.path().strip_prefix("/").unwrap())
    }

    /// Whether everything is as it was.
    pub(crate) fn check(&self) -> Result<(), String> {
        let now = snapshot(self.path());
        let differs = |path: &&PathBuf| now.get(*path) != self.before.get(*path);
        let changed: Vec<_> = now.keys().chain(self.before.keys()).filter(differs).collect();
        if !changed.is_empty() {
            return Err(format!("changed outside: {changed:?}"));
        }
        if mounts() != self.mounts {
            let now = mounts();
            return Err(format!("mounted outside: {}", String::from_utf8_lossy(&now)));
        }
        Ok(())
    }
}

fn mounts() -> Vec<u8> {
    fs::read("/proc/self/mountinfo").unwrap()
}

/// Every file below `directory`: type, inode, owner, times, and what is in it.
pub(crate) fn snapshot(directory: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(path) = pending.pop() {
        let m = fs::symlink_metadata(&path).unwrap();
        let content = if m.is_dir() {
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            Vec::new()
        } else if m.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else if m.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        let facts = format!(
            "mode {:o} inode {} of {}:{} owner {}:{} links {} device {} modified {}.{} changed {}.{} with {:x}",
            m.mode(),
            m.ino(),
            m.dev(),
            m.size(),
            m.uid(),
            m.gid(),
            m.nlink(),
            m.rdev(),
            m.mtime(),
            m.mtime_nsec(),
            m.ctime(),
            m.ctime_nsec(),
            checksum(&content)
        );
        found.insert(path, facts);
    }
    found
}

fn checksum(bytes: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
