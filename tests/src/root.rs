//! Root directories for containers, made from the machine itself.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The programs of the machine that a small root has.
const PROGRAMS: &[&str] = &[
    "sh", "ls", "cat", "echo", "env", "id", "ps", "sleep", "gzip", "mount", "umount", "readlink", "stat", "touch",
    "mkdir", "kill", "hostname", "head", "dd", "true", "false", "test", "sort", "wc", "tr", "pwd", "chmod", "ln", "rm",
    "mknod", "tty", "setsid",
];

/// What the name of a [`Scratch`] begins with; the process's number follows, then a dash.
pub(crate) const SCRATCH_PREFIX: &str = "furnace-test-";

/// A directory of a test's own, gone with it.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new one, empty.
    #[must_use]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("{SCRATCH_PREFIX}{}-{number}", std::process::id()));
            match fs::create_dir(&path) {
                // Left by a run that was killed, when process numbers began anew.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                made => {
                    made.unwrap();
                    return Self(path);
                }
            }
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path in it.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What the test made read-only or mounted it has to undo itself; this then fails, and the guard tells.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A root directory.
#[derive(Debug)]
pub struct Root(Scratch);

impl Root {
    /// One with nothing in it but the directories that mounts go to.
    #[must_use]
    pub fn bare() -> Self {
        let scratch = Scratch::new();
        for directory in ["bin", "dev", "proc", "sys", "run", "etc", "tmp", "root"] {
            fs::create_dir(scratch.join(directory)).unwrap();
        }
        Self(scratch)
    }

    /// One with the machine's shell and everyday programs, and the libraries that they need.
    #[must_use]
    pub fn small() -> Self {
        let root = Self::bare();
        for (file, inside) in files_of_a_small_root() {
            let inside = root.join(inside);
            fs::create_dir_all(inside.parent().unwrap()).unwrap();
            copy(file, &inside);
        }
        fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").unwrap();
        fs::write(root.join("etc/group"), "root:x:0:\ntty:x:5:\n").unwrap();
        root
    }

    /// Adds programs of the machine, with the libraries that they need.
    #[must_use]
    pub fn with(self, names: &[&str]) -> Self {
        for program in names.iter().filter_map(|name| find(name)) {
            for library in libraries(&program) {
                let inside = self.join(library.strip_prefix("/").unwrap());
                fs::create_dir_all(inside.parent().unwrap()).unwrap();
                copy(&library, &inside);
            }
            self.install(&program);
        }
        self
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A path in it.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// Puts a copy of `program` into its `/bin`.
    pub fn install(&self, program: &Path) {
        copy(program, &self.join("bin").join(program.file_name().unwrap()));
    }
}

impl AsRef<Path> for Root {
    fn as_ref(&self) -> &Path {
        self.path()
    }
}

/// What is copied, and to where; looked up once.
fn files_of_a_small_root() -> &'static BTreeMap<PathBuf, PathBuf> {
    static FILES: OnceLock<BTreeMap<PathBuf, PathBuf>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = BTreeMap::new();
        for name in PROGRAMS {
            if let Some(program) = find(name) {
                for library in libraries(&program) {
                    let inside = library.strip_prefix("/").unwrap().to_owned();
                    files.insert(library, inside);
                }
                files.insert(program, Path::new("bin").join(name));
            }
        }
        files
    })
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|program| program.is_file())
}

fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What ldd(1) says that a program needs.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let output = Command::new("ldd").arg(program).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words = text.split_whitespace().filter(|word| word.starts_with('/'));
    words
        .map(|word| Path::new(OsStr::new(word)).to_owned())
        .filter(|path| path.is_file())
        .collect()
}
