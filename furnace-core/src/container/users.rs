//! Looking up users in the container's own files.

use std::ffi::{CStr, OsStr, OsString};
use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use furnace_sys::Errno;
use rustix::fs::{MemfdFlags, memfd_create};

use super::Container;
use crate::container::running::WalkFailure;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result, errno_of, remedy};
use crate::plan::reading;
use crate::users::{self, Account, Fault, User, UserSpec, Which};

/// How many bytes such a file may have.
const LARGEST: u32 = 1 << 20;

const PASSWD: &CStr = c"etc/passwd";
const GROUP: &CStr = c"etc/group";

impl Container {
    /// The user that `user` means in this container: `USER[:GROUP]`, each a number or a name (see [`UserSpec`]).
    ///
    /// A number means itself, whatever the files in the container say. Of a user who is given by number, the group
    /// defaults to the same number, there are no supplementary groups, and nothing is read.
    ///
    /// A name is looked up in the container's `/etc/passwd`; so root inside, or whoever has made the root directory,
    /// decides which number it is. The first group is the one there, and supplementary groups are those that have the
    /// user as a member in `/etc/group`; where a group is given, it is that one, and there are no others. Files that are no
    /// regular ones, that have more than 1 MiB, or in whose lines for the name there is something else than numbers
    /// where these have to be, are refused.
    ///
    /// Nothing of the host is asked, and nothing of the container is executed; something inside that holds up whoever
    /// reads there can't do so beyond the container's time limit.
    ///
    /// ```no_run
    /// # fn main() -> furnace_core::Result<()> {
    /// let container = furnace_core::Container::builder("/srv/debian").start()?;
    /// let user = container.find_user("www-data")?;
    /// container.command("id").user(&user).status()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for what is no user, or for a file that is not as it has to be;
    /// [`ErrorKind::NotFound`] when there is no such user or group, or no such file; in [`Phase::Spawn`] what reading it
    /// fails with.
    pub fn find_user(&self, user: &str) -> Result<User> {
        let spec: UserSpec = user.parse()?;
        let mut user = match &spec.user {
            Which::Id(uid) => User {
                name: None,
                uid: *uid,
                gid: *uid,
                groups: Vec::new(),
                home: PathBuf::from("/"),
                shell: PathBuf::from("/bin/sh"),
            },
            Which::Name(name) => self.account(name, spec.group.is_none())?,
        };
        match &spec.group {
            None => {}
            Some(Which::Id(gid)) => user.gid = *gid,
            Some(Which::Name(name)) => {
                let lookup = Lookup::new(GROUP, &format!("cannot find the group {name} of the container"));
                let group = lookup.no_fault(users::find_group(&self.read(&lookup)?, name))?;
                user.gid = group.ok_or_else(|| lookup.nobody("there is no such group in it"))?;
            }
        }
        Ok(user)
    }

    fn account(&self, name: &str, with_groups: bool) -> Result<User> {
        let lookup = Lookup::new(PASSWD, &format!("cannot find the user {name} of the container"));
        let account = lookup.no_fault(users::find_user(&self.read(&lookup)?, name))?;
        let Account { uid, gid, home, shell } = account.ok_or_else(|| lookup.nobody("there is no such user in it"))?;
        let mut groups = if with_groups { self.groups_of(name)? } else { Vec::new() };
        groups.retain(|group| *group != gid);
        Ok(User {
            name: Some(name.into()),
            uid,
            gid,
            groups,
            home: path_or(home, "/"),
            shell: path_or(shell, "/bin/sh"),
        })
    }

    /// Where there is no file there are no groups either.
    fn groups_of(&self, name: &str) -> Result<Vec<u32>> {
        let lookup = Lookup::new(GROUP, &format!("cannot find the groups of {name} in the container"));
        match self.read(&lookup) {
            Ok(group) => lookup.no_fault(users::groups_of(&group, name)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// What is in the file.
    fn read(&self, lookup: &Lookup) -> Result<Vec<u8>> {
        let _reading = tracing::info_span!("reading the users of the container").entered();
        self.running.made()?;
        let os = |errno| lookup.failed(errno);
        let copy = memfd_create(c"furnace-file", MemfdFlags::CLOEXEC).map_err(os)?;
        let plan = reading::read(lookup.file, LARGEST).seal().map_err(os)?;
        self.running
            .walk(&plan, &[copy.as_fd()])
            .map_err(|failure| match failure {
                WalkFailure::Step(_, errno) => lookup.failed(errno),
                WalkFailure::NoWalker(failure) => remedy::no_process_error(Phase::Spawn, &lookup.attempt, &failure),
                WalkFailure::Died => Error::new(Phase::Spawn, ErrorKind::Ended, &lookup.attempt)
                    .because("the process that was to read it was killed, as it is when the container is stopped"),
            })?;
        let (mut copy, mut bytes) = (File::from(copy), Vec::new());
        let read = copy.rewind().and_then(|()| copy.read_to_end(&mut bytes));
        read.map_err(|error| os(errno_of(&error)))?;
        Ok(bytes)
    }
}

/// A file in which something is looked for.
struct Lookup {
    /// Below the root.
    file: &'static CStr,
    attempt: Attempt,
}

impl Lookup {
    fn new(file: &'static CStr, words: &str) -> Self {
        let path = Path::new("/").join(OsStr::from_bytes(file.to_bytes()));
        let words = format!("{words} in {}", path.display());
        Self {
            file,
            attempt: Attempt::on(path, words),
        }
    }

    fn failed(&self, errno: Errno) -> Error {
        let refused = |why: &'static str| Error::new(Phase::Spawn, ErrorKind::InvalidInput, &self.attempt).because(why);
        match errno {
            Errno::INVAL => refused("it is no regular file"),
            Errno::FBIG => refused("it has more than 1 MiB"),
            errno => Error::os(Phase::Spawn, &self.attempt, errno).with_any_remedy(match errno {
                Errno::NOENT | Errno::NOTDIR | Errno::LOOP => Some("names are looked up inside; numbers need no file"),
                other => remedy::of_any_call(other),
            }),
        }
    }

    fn no_fault<T>(&self, found: Result<T, Fault>) -> Result<T> {
        found.map_err(|Fault { line, why }| {
            Error::new(Phase::Spawn, ErrorKind::InvalidInput, &self.attempt).because(format!("line {line}: {why}"))
        })
    }

    fn nobody(&self, why: &'static str) -> Error {
        Error::new(Phase::Spawn, ErrorKind::NotFound, &self.attempt)
            .because(why)
            .with_remedy("names are looked up inside; numbers need no file")
    }
}

fn path_or(bytes: Vec<u8>, otherwise: &str) -> PathBuf {
    if bytes.is_empty() {
        return otherwise.into();
    }
    OsString::from_vec(bytes).into()
}
