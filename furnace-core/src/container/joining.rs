//! Joining a container that runs already: by its name, or by the pid of any process in it.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use furnace_sys::Errno;
use furnace_sys::flags::{Namespaces, Propagation};
use furnace_sys::pidfd::Pidfd;
use furnace_sys::program::Program;
use rustix::fs::{AtFlags, CWD, statat};

use super::Container;
use super::running::{Origin, Running};
use super::terminals::Terminals;
use crate::error::remedy;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result, errno_of};
use crate::named::{NamedContainer, RuntimeDirectory};
use crate::plan::joining::{Joined, User, join};
use crate::plan::tell_steps;
use crate::privileges;

/// How a container that runs already is joined.
///
/// Who joins gets a [`Container`] like any other: its commands are children of this process, with its limits and its
/// umask. But dropping it leaves the container as it is, and so does the death of this process; what has been started
/// in it runs on.
///
/// ```no_run
/// # fn main() -> furnace_core::Result<()> {
/// let web = furnace_core::JoinOptions::new().own_session(true).attach("web")?;
/// web.command("nginx").args(["-s", "reload"]).status()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct JoinOptions {
    own_session: bool,
    limit: Duration,
}

impl Default for JoinOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl JoinOptions {
    /// As [`Container::attach`] and [`Container::join`] do it.
    #[must_use]
    pub fn new() -> Self {
        Self {
            own_session: false,
            limit: Duration::from_secs(30),
        }
    }

    /// Whether commands begin in a session that is not the caller's, as with
    /// [`Builder::own_session`](crate::Builder::own_session).
    pub fn own_session(&mut self, own_session: bool) -> &mut Self {
        self.own_session = own_session;
        self
    }

    /// How long joining, and each spawn, may take; by default 30 seconds.
    pub fn time_limit(&mut self, limit: Duration) -> &mut Self {
        self.limit = limit;
        self
    }

    /// As [`Container::attach`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn attach(&self, name: &str) -> Result<Container> {
        self.attach_to(&RuntimeDirectory::of_user()?.find(name)?)
    }

    /// Attaches to a container that was found in some [`RuntimeDirectory`].
    ///
    /// # Errors
    ///
    /// As [`Container::attach`].
    pub fn attach_to(&self, named: &NamedContainer) -> Result<Container> {
        let whole = Attempt::on_no_path(format!("cannot attach to the container {}", named.name()));
        let pid1 = named.pid1().map_err(|errno| Error::os(Phase::Attach, &whole, errno))?;
        let mut container = self.enter(&whole, named.id(), pid1, Origin::Attached)?;
        container.root = named.root();
        container.host = named.name().into();
        container.registration = Mutex::new(Some(named.registration()));
        Ok(container)
    }

    /// As [`Container::join`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn join(&self, pid: u32) -> Result<Container> {
        let whole = Attempt::on_no_path(format!("cannot join process {pid}"));
        match Pidfd::of(pid) {
            Ok(Some(pidfd)) => self.enter(&whole, pid, pidfd, Origin::Foreign),
            Ok(None) => Err(Error::new(Phase::Attach, ErrorKind::NotFound, &whole).because("there is no such process")),
            Err(errno) => Err(Error::os(Phase::Attach, whole, errno).with_any_remedy(match errno {
                Errno::INVAL => Some("it is a thread, or no pid at all: give the pid of a process"),
                other => remedy::of_any_call(other),
            })),
        }
    }

    fn enter(&self, whole: &Attempt, pid: u32, pidfd: Pidfd, origin: Origin) -> Result<Container> {
        privileges::check(whole, &privileges::TO_JOIN)?;
        let begun = Instant::now();
        let _joining = tracing::info_span!("joining the container").entered();
        let look = |errno| look_error(whole, errno);
        let namespaces = different_namespaces(pid).map_err(look)?;
        let user = if namespaces.contains(Namespaces::USER) {
            Some(user_of(pid).map_err(look)?)
        } else {
            None
        };
        let plan = join(&Joined {
            pid,
            namespaces,
            has_own_pids: is_different(pid, "pid").map_err(look)?,
            user,
            own_session: self.own_session,
        });
        tell_steps(&plan);
        let sealed = plan.seal().map_err(look)?;
        let program = Program::new().map_err(remedy::program_error)?;
        let running = Running::join(&program, &sealed, (pidfd, pid), origin, self.limit)
            .map_err(|failure| remedy::join_error(&plan, whole, &failure))?;
        tracing::debug!(pid1 = pid, took = begun.elapsed().as_secs_f64(), "container joined");
        let mut container = Container::new(
            running,
            PathBuf::new(),
            // Nobody knows what its other mounts have; this tells nothing to anybody.
            Propagation::Private,
            Terminals::ToBeFound,
        );
        // Its host name is whatever something inside has made it.
        container.host = format!("pid-{pid}").into();
        Ok(container)
    }
}

impl Container {
    /// Attaches to the container of that name, which this user has [detached](Self::detach), in any process.
    ///
    /// What is different from the container that was started: [`changes`](Self::changes) and
    /// [`layer_usage`](Self::layer_usage) are known to who started it only, and what is [mounted](Self::mount) takes in
    /// no mount that is made later, unless it is told otherwise.
    ///
    /// # Errors
    ///
    /// Those of [`RuntimeDirectory::find`]; in [`Phase::Attach`] what the kernel refuses, and
    /// [`ErrorKind::PermissionDenied`] for who is not root.
    pub fn attach(name: &str) -> Result<Self> {
        JoinOptions::new().attach(name)
    }

    /// Joins the process `pid`: its namespaces, and its root directory. It may be of a container that Furnace did not
    /// make, or of none; with it, what is joined ends. In a user namespace commands begin as its root, or else as the
    /// first user that it has.
    ///
    /// As after [`attach`](Self::attach), but it can't be [stopped](Self::stop): that is for who made it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such process; in [`Phase::Attach`] what the kernel refuses, and
    /// [`ErrorKind::PermissionDenied`] for who is not root.
    pub fn join(pid: u32) -> Result<Self> {
        JoinOptions::new().join(pid)
    }
}

/// Those of the process that are not the caller's, but for the pid namespace.
fn different_namespaces(pid: u32) -> Result<Namespaces, Errno> {
    let kinds = [
        ("mnt", Namespaces::MOUNT),
        ("ipc", Namespaces::IPC),
        ("uts", Namespaces::UTS),
        ("cgroup", Namespaces::CGROUP),
        ("net", Namespaces::NETWORK),
        ("user", Namespaces::USER),
        ("time", Namespaces::TIME),
    ];
    let mut different = Namespaces::empty();
    for (name, kind) in kinds {
        different.set(kind, is_different(pid, name)?);
    }
    Ok(different)
}

/// Whether a namespace of the process is not the caller's.
fn is_different(pid: u32, kind: &str) -> Result<bool, Errno> {
    let inode = |of: &str| match statat(CWD, format!("/proc/{of}/ns/{kind}"), AtFlags::empty()) {
        Ok(about) => Ok(Some(about.st_ino)),
        // A kernel without that kind, for one process as for the other.
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    };
    Ok(inode(&pid.to_string())? != inode("self")?)
}

/// Whom to be in the user namespace of the process.
fn user_of(pid: u32) -> Result<User, Errno> {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).map_err(|error| errno_of(&error));
    Ok(User {
        uid: first_id(&read("uid_map")?),
        gid: first_id(&read("gid_map")?),
        may_drop_groups: read("setgroups")?.trim_end() == "allow",
    })
}

/// Root where the map (user_namespaces(7)) has it, else the first that it has.
fn first_id(map: &str) -> u32 {
    let inside = map
        .lines()
        .filter_map(|line| line.split_ascii_whitespace().next()?.parse().ok());
    inside.min().unwrap_or(0)
}

fn look_error(whole: &Attempt, errno: Errno) -> Error {
    match errno {
        Errno::NOENT | Errno::SRCH => Error::new(Phase::Attach, ErrorKind::Ended, whole).because("it has ended"),
        other => Error::os(Phase::Attach, whole, other).with_any_remedy(remedy::of_any_call(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::first_id;

    #[test]
    fn root_comes_first_wherever_it_is_mapped() {
        assert_eq!(
            first_id("         1     100000      65536\n         0       1000          1\n"),
            0
        );
        assert_eq!(first_id("      1000       1000          1\n"), 1000);
        assert_eq!(first_id(""), 0);
    }
}
