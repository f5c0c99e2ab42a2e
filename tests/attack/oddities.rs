//! What a tree may have where something else is expected.

use std::fmt;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

/// Character devices have no driver for it: who opens one gets ENXIO.
const NO_DRIVER: (u32, u32) = (4095, 7);

#[derive(Clone, Debug)]
pub(crate) enum Odd {
    Missing,
    File,
    Directory,
    Fifo,
    Socket,
    CharacterDevice,
    BlockDevice,
    Symlink(PathBuf),
}

impl Odd {
    /// All but symlinks, for those lead somewhere.
    pub(crate) const PLAIN: [Self; 7] = [
        Self::Missing,
        Self::File,
        Self::Directory,
        Self::Fifo,
        Self::Socket,
        Self::CharacterDevice,
        Self::BlockDevice,
    ];

    /// Puts it at `place`, where there is nothing.
    pub(crate) fn put(&self, place: &Path) {
        let node = |kind| {
            mknodat(
                CWD,
                place,
                kind,
                Mode::from_raw_mode(0o666),
                makedev(NO_DRIVER.0, NO_DRIVER.1),
            )
        };
        match self {
            Self::Missing => {}
            Self::File => fs::write(place, "a file").unwrap(),
            Self::Directory => fs::create_dir(place).unwrap(),
            Self::Fifo => node(FileType::Fifo).unwrap(),
            // The name stays when the socket is closed.
            Self::Socket => drop(UnixListener::bind(place).unwrap()),
            Self::CharacterDevice => node(FileType::CharacterDevice).unwrap(),
            Self::BlockDevice => node(FileType::BlockDevice).unwrap(),
            Self::Symlink(to) => symlink(to, place).unwrap(),
        }
    }

    /// Puts it in the place of what is at `place`, and makes the directories on the way.
    pub(crate) fn put_instead(&self, place: &Path) {
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        if fs::symlink_metadata(place).is_ok_and(|it| it.is_dir()) {
            fs::remove_dir_all(place).unwrap();
        } else {
            let _ = fs::remove_file(place);
        }
        self.put(place);
    }
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symlink(to) => write!(f, "a symlink to {}", to.display()),
            other => write!(f, "{other:?}"),
        }
    }
}
