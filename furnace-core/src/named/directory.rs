//! The runtime directory: one file for each name.

use std::env;
use std::fs::DirBuilder;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use furnace_sys::Errno;
use rustix::fs::{Dir, Mode, OFlags, fstat, open};
use rustix::process::geteuid;

use super::container::NamedContainer;
use super::entry::{Access, Entry, Missing, PATIENCE, SUFFIX};
use super::identity::Fate;
use super::name;
use super::record::Content;
use super::reservation::Reservation;
use crate::error::escape::escaped;
use crate::error::remedy;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result, errno_of};

/// Who starts a container has its name locked, and so for a moment has the furnace-init that it starts: even if it is
/// killed then.
const A_MOMENT: Duration = Duration::from_millis(10);

/// Where containers that outlive their starter are written down: a directory with a file for each name.
///
/// Root's is `/run/furnace`, another user's `$XDG_RUNTIME_DIR/furnace`. What is in it is changed under locks, so any
/// number of processes may do so at once; nothing of it needs to be kept over a boot.
///
/// It can be shared between threads.
///
/// ```no_run
/// use furnace_core::RuntimeDirectory;
///
/// # fn main() -> furnace_core::Result<()> {
/// for named in RuntimeDirectory::of_user()?.list()? {
///     println!("{} {:?}", named.name, named.standing);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeDirectory {
    path: PathBuf,
}

/// How things stand with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// The container is being started, or removed.
    Changing,
    /// The container runs.
    Running,
    /// The container has ended; [`RuntimeDirectory::collect`] frees the name.
    Ended,
    /// Nobody can tell from here: it was started in another pid namespace, or by another version of Furnace, or what has
    /// the name is nothing of Furnace.
    Unknown,
}

/// A name in the runtime directory, as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed {
    /// The name.
    pub name: String,
    /// Whether the container runs.
    pub standing: Standing,
    /// The pid of the container's PID 1, as the process that started it saw it.
    pub id: Option<u32>,
    /// The root directory, or disk image, that it was started with.
    pub root: Option<PathBuf>,
    /// When it got its name, by the clock of the time.
    pub started: Option<SystemTime>,
}

impl RuntimeDirectory {
    /// The one that this user's containers are in.
    ///
    /// # Errors
    ///
    /// When the user is not root, and `XDG_RUNTIME_DIR` is not set to an absolute path.
    pub fn of_user() -> Result<Self> {
        if geteuid().is_root() {
            return Ok(Self::at("/run/furnace"));
        }
        let of_session = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        match of_session.filter(|path| path.is_absolute()) {
            Some(path) => Ok(Self::at(path.join("furnace"))),
            None => Err(Error::invalid(
                Attempt::on_no_path("cannot tell where named containers are"),
                "XDG_RUNTIME_DIR is not set to an absolute path",
            )),
        }
    }

    /// The one at `path`, which is made when the first name is. Nobody but this user may be able to write to it.
    pub fn at(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Self {
            path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a container of that name is written down.
    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}{SUFFIX}"))
    }

    /// Takes `name` for a container that is about to be started, so that no other can get it meanwhile. It begins with
    /// a letter or a digit, and holds these, `_`, `-` and `.` only; 200 at most.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`] when a container of that name runs or is being started;
    /// [`ErrorKind::InvalidInput`] for what is no name; what the directory can't be made or written for.
    pub fn reserve(&self, name: &str) -> Result<Reservation> {
        let attempt = || Attempt::on(self.path_of(name), format!("cannot name a container {name}"));
        name::check(name)?;
        self.make()?;
        let Some(directory) = self.open()? else {
            return Err(Error::os(Phase::Detach, attempt(), Errno::NOENT));
        };
        let mut entry =
            Entry::lock(directory.as_fd(), name, Access::Make, PATIENCE).map_err(|missing| match missing {
                Missing::Busy => already_exists(attempt(), "a container of that name is being started"),
                Missing::NoSuchName => self.failed(attempt(), Errno::NOENT),
                Missing::NoRecord => self.is_foreign(attempt(), name, ErrorKind::AlreadyExists),
                Missing::Failed(errno) => self.failed(attempt(), errno),
            })?;
        let failed = |errno| self.failed(attempt(), errno);
        match entry.read().map_err(failed)? {
            Content::Unfinished => {}
            Content::Foreign => return Err(self.is_foreign(attempt(), name, ErrorKind::AlreadyExists)),
            Content::Record(record) => match record.pid1.fate().map_err(failed)? {
                Fate::Ended => {}
                Fate::Runs(_) => return Err(already_exists(attempt(), "a container of that name runs")),
                Fate::Elsewhere => {
                    let why = "a container of another pid namespace has that name";
                    return Err(already_exists(attempt(), why));
                }
            },
        }
        entry.clear().map_err(failed)?;
        Ok(Reservation::new(self.clone(), name.to_owned(), directory, entry))
    }

    /// The container of that name, if it runs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when nothing has that name, [`ErrorKind::Ended`] when the container has ended,
    /// [`ErrorKind::ResourceBusy`] while it is being started.
    pub fn find(&self, name: &str) -> Result<NamedContainer> {
        let attempt = || Attempt::on(self.path_of(name), format!("cannot find the container {name}"));
        name::check(name)?;
        let no_such_name = || {
            Error::new(Phase::Attach, ErrorKind::NotFound, attempt())
                .because(format!("there is nothing of that name in {}", escaped(&self.path)))
                .with_remedy("it was never started, or has been stopped, or is in another runtime directory")
        };
        let Some(directory) = self.open()? else {
            return Err(no_such_name());
        };
        let entry = Entry::lock(directory.as_fd(), name, Access::Read, PATIENCE);
        let mut entry = entry.map_err(|missing| match missing {
            Missing::NoSuchName => no_such_name(),
            Missing::Busy => Error::new(Phase::Attach, ErrorKind::ResourceBusy, attempt())
                .because("it is being started")
                .with_remedy("try again when it has been"),
            Missing::NoRecord => self.is_foreign(attempt(), name, ErrorKind::Unsupported),
            Missing::Failed(errno) => self.failed(attempt(), errno),
        })?;
        let ended = || {
            Error::new(Phase::Attach, ErrorKind::Ended, attempt())
                .because("it has ended")
                .with_remedy("its name is free: start another")
        };
        let failed = |errno| self.failed(attempt(), errno);
        match entry.read().map_err(failed)? {
            Content::Unfinished => Err(ended()),
            Content::Foreign => Err(self.is_foreign(attempt(), name, ErrorKind::Unsupported)),
            Content::Record(record) => match record.pid1.fate().map_err(failed)? {
                Fate::Ended => Err(ended()),
                Fate::Elsewhere => Err(Error::new(Phase::Attach, ErrorKind::Unsupported, attempt())
                    .because("it was started in another pid namespace")
                    .with_remedy("only who is in that one can tell its pids")),
                Fate::Runs(pid1) => Ok(NamedContainer::new(self.clone(), name.to_owned(), record, pid1)),
            },
        }
    }

    /// All names, in alphabetical order.
    ///
    /// # Errors
    ///
    /// When the directory can't be read. That it is not there is none: then there are no names.
    pub fn list(&self) -> Result<Vec<Listed>> {
        let Some(directory) = self.open()? else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        for name in self.names(&directory)? {
            match self.look(&directory, &name) {
                Ok(Some(listed)) => all.push(listed),
                Ok(None) => {}
                Err(errno) => {
                    let attempt = Attempt::on(self.path_of(&name), format!("cannot tell how {name} stands"));
                    return Err(self.failed(attempt, errno));
                }
            }
        }
        Ok(all)
    }

    /// Frees the names of the containers that have ended, and of those that were never finished because who started
    /// them was killed. There is nothing else that could be left of them. Gives the names.
    ///
    /// # Errors
    ///
    /// When the directory can't be read, or a file in it not removed.
    pub fn collect(&self) -> Result<Vec<String>> {
        let Some(directory) = self.open()? else {
            return Ok(Vec::new());
        };
        let mut freed = Vec::new();
        for name in self.names(&directory)? {
            if self.free_in(&directory, &name)? {
                freed.push(name);
            }
        }
        Ok(freed)
    }

    /// As [`collect`](Self::collect), for one name; whether it was the name of something that had ended.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn free(&self, name: &str) -> Result<bool> {
        name::check(name)?;
        match self.open()? {
            Some(directory) => self.free_in(&directory, name),
            None => Ok(false),
        }
    }

    fn free_in(&self, directory: &OwnedFd, name: &str) -> Result<bool> {
        let attempt = || Attempt::on(self.path_of(name), format!("cannot free the name {name}"));
        let failed = |errno| self.failed(attempt(), errno);
        let mut entry = match Entry::lock(directory.as_fd(), name, Access::Change, A_MOMENT) {
            Ok(entry) => entry,
            Err(Missing::NoSuchName | Missing::Busy | Missing::NoRecord) => return Ok(false),
            Err(Missing::Failed(errno)) => return Err(failed(errno)),
        };
        let has_ended = standing(&entry.read().map_err(failed)?).map_err(failed)? == Standing::Ended;
        if has_ended {
            entry.remove(directory.as_fd()).map_err(failed)?;
        }
        Ok(has_ended)
    }

    fn look(&self, directory: &OwnedFd, name: &str) -> Result<Option<Listed>, Errno> {
        let mut listed = Listed {
            name: name.to_owned(),
            standing: Standing::Changing,
            id: None,
            root: None,
            started: None,
        };
        let mut entry = match Entry::lock(directory.as_fd(), name, Access::Read, Duration::ZERO) {
            Ok(entry) => entry,
            Err(Missing::Busy) => return Ok(Some(listed)),
            Err(Missing::NoSuchName) => return Ok(None),
            Err(Missing::NoRecord) => {
                listed.standing = Standing::Unknown;
                return Ok(Some(listed));
            }
            Err(Missing::Failed(errno)) => return Err(errno),
        };
        let content = entry.read()?;
        listed.standing = standing(&content)?;
        if let Content::Record(record) = content {
            listed.id = Some(record.pid1.pid);
            listed.root = Some(record.root());
            listed.started = Some(record.started());
        }
        Ok(Some(listed))
    }

    /// In alphabetical order. What is no record of a container is passed over.
    fn names(&self, directory: &OwnedFd) -> Result<Vec<String>> {
        let failed = |errno| self.failed(Attempt::on(&self.path, "cannot list the named containers"), errno);
        let mut names = Vec::new();
        for entry in Dir::read_from(directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry
                .file_name()
                .to_str()
                .ok()
                .and_then(|name| name.strip_suffix(SUFFIX));
            names.extend(name.filter(|name| name::check(name).is_ok()).map(str::to_owned));
        }
        names.sort_unstable();
        Ok(names)
    }

    fn make(&self) -> Result<()> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.path);
        made.map_err(|error| {
            let words = format!("cannot make the runtime directory {}", escaped(&self.path));
            self.failed(Attempt::on(&self.path, words), errno_of(&error))
        })
    }

    /// Nothing where there is none.
    pub(super) fn open(&self) -> Result<Option<OwnedFd>> {
        let attempt = || {
            let words = format!("cannot use {} as the runtime directory", escaped(&self.path));
            Attempt::on(&self.path, words)
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = match open(&self.path, flags, Mode::empty()) {
            Ok(directory) => directory,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(self.failed(attempt(), errno)),
        };
        let about = fstat(&directory).map_err(|errno| self.failed(attempt(), errno))?;
        let others_may_write = Mode::from_raw_mode(about.st_mode).intersects(Mode::WGRP | Mode::WOTH);
        if about.st_uid != geteuid().as_raw() || others_may_write {
            return Err(Error::new(Phase::Attach, ErrorKind::PermissionDenied, attempt())
                .because("somebody else could change what is in it")
                .with_remedy("it has to belong to this user, and be writable for nobody else"));
        }
        Ok(Some(directory))
    }

    fn is_foreign(&self, attempt: Attempt, name: &str, kind: ErrorKind) -> Error {
        Error::new(Phase::Attach, kind, attempt).because(format!(
            "{} is of another version of Furnace, or not of Furnace",
            escaped(&self.path_of(name))
        ))
    }

    fn failed(&self, attempt: Attempt, errno: Errno) -> Error {
        let error = Error::os(Phase::Attach, attempt, errno);
        match errno {
            Errno::NOTDIR | Errno::LOOP | Errno::EXIST => {
                error.with_remedy(format!("{} has to be a directory, and no symlink", escaped(&self.path)))
            }
            other => error.with_any_remedy(remedy::of_any_call(other)),
        }
    }
}

/// How things stand with an entry that nobody has locked.
fn standing(content: &Content) -> Result<Standing, Errno> {
    match content {
        Content::Unfinished => Ok(Standing::Ended),
        Content::Foreign => Ok(Standing::Unknown),
        Content::Record(record) => Ok(match record.pid1.fate()? {
            Fate::Runs(_) => Standing::Running,
            Fate::Ended => Standing::Ended,
            Fate::Elsewhere => Standing::Unknown,
        }),
    }
}

fn already_exists(attempt: Attempt, why: &'static str) -> Error {
    Error::new(Phase::Detach, ErrorKind::AlreadyExists, attempt)
        .because(why)
        .with_remedy("choose another name, or stop that container")
}
