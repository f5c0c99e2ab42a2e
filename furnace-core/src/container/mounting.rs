//! Mounting into a running container, and unmounting. Nothing of the container's is executed for it.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Instant;

use furnace_sys::Errno;
use furnace_sys::plan::Plan;
use furnace_sys::wire::Step;
use rustix::fs::CWD;
use rustix::mount::{OpenTreeFlags, open_tree};

use super::Container;
use crate::container::running::{SpawnFailure, WalkFailure};
use crate::error::escape::{escaped, escaped_bytes};
use crate::error::remedy;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};
use crate::mount::{CheckedBind, CheckedMount, Mount, Sources, below_root};
use crate::plan::explain::explain;
use crate::plan::{mounting, tell_steps};

impl Container {
    /// Mounts something in the container while it runs: what runs there already sees it at once. No program inside is
    /// needed for it. What is missing of the destination is made, and stays.
    ///
    /// The destination is looked up inside, as it is now: below the container's root, and through what is mounted there.
    /// What has been mounted stays until it is [unmounted](Self::unmount) or the container ends.
    ///
    /// Any number of threads may do this at once.
    ///
    /// ```no_run
    /// use furnace_core::{Container, mount};
    ///
    /// # fn main() -> furnace_core::Result<()> {
    /// let container = Container::builder("/srv/debian").start()?;
    /// let mut build = container.command("/usr/local/bin/build").spawn()?;
    /// container.mount(mount::Bind::new("/var/cache/packages", "/packages").read_only(true))?;
    /// build.wait()?;
    /// container.unmount("/packages")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of a mount that makes no sense; in [`Phase::Mount`] what the kernel refuses, [`ErrorKind::Ended`] when the
    /// container has ended, and [`ErrorKind::TimedOut`] when something inside, a file system served from there for one,
    /// has held it up for longer than the container's time limit. After any error but the last nothing has been mounted.
    pub fn mount(&self, mount: impl Into<Mount>) -> Result<()> {
        let mut mount = mount.into().check(&mut Sources::default())?;
        if let CheckedMount::Bind(bind) = &mut mount {
            // As the copy is taken it may tell the host of whatever is mounted below it inside.
            bind.propagation.get_or_insert(self.propagation);
        }
        let change = Change::mount(&mount);
        let taken = match &mount {
            CheckedMount::Bind(bind) => Some(Taken::new(bind).map_err(|errno| change.not_taken(bind, errno))?),
            CheckedMount::Tmpfs(_) | CheckedMount::File(_) => None,
        };
        self.walk(&change, &mounting::mount(&mount), taken.as_ref())
    }

    /// Unmounts what is mounted at `destination` in the container, with all that is mounted below it, whoever mounted it.
    /// It is gone from the tree at once, but stays for those that have something of it open (umount2(2), `MNT_DETACH`).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] when nothing is mounted there; otherwise as for [`mount`](Self::mount), in
    /// [`Phase::Unmount`].
    pub fn unmount(&self, destination: impl AsRef<Path>) -> Result<()> {
        let destination = destination.as_ref();
        let words = format!("cannot unmount {} in the container", escaped(destination));
        let change = Change {
            phase: Phase::Unmount,
            attempt: Attempt::on(destination, words),
        };
        let path = below_root(destination).map_err(|why| Error::invalid(&change.attempt, why))?;
        self.walk(&change, &mounting::unmount(&path), None)
    }

    fn walk(&self, change: &Change, plan: &Plan, taken: Option<&Taken<'_>>) -> Result<()> {
        let begun = Instant::now();
        let _changing = tracing::info_span!("changing the mounts of the container").entered();
        tell_steps(plan);
        let sealed = plan
            .seal()
            .map_err(|errno| change.failed_to("put its plan into memory", errno))?;
        let given: Vec<_> = taken.into_iter().map(|taken| taken.copy.as_fd()).collect();
        self.running.made()?;
        self.running.walk(&sealed, &given).map_err(|failure| match failure {
            WalkFailure::Step(index, errno) => change.stopped_at(plan, index, errno, taken.map(|taken| taken.bind)),
            WalkFailure::NoWalker(failure) => change.not_begun(&failure),
            WalkFailure::Died => change.broken_off(),
        })?;
        tracing::debug!(pid1 = self.id(), took = begun.elapsed().as_secs_f64(), "mounts changed");
        Ok(())
    }
}

/// The source of a bind, as a detached copy.
struct Taken<'a> {
    bind: &'a CheckedBind,
    copy: OwnedFd,
}

impl<'a> Taken<'a> {
    fn new(bind: &'a CheckedBind) -> Result<Self, Errno> {
        let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        flags.set(OpenTreeFlags::AT_RECURSIVE, bind.is_recursive());
        let copy = open_tree(CWD, &bind.source, flags)?;
        Ok(Self { bind, copy })
    }
}

/// What is to be changed, for errors.
struct Change {
    phase: Phase,
    attempt: Attempt,
}

impl Change {
    fn mount(mount: &CheckedMount) -> Self {
        let words = match mount {
            CheckedMount::Bind(bind) => format!(
                "cannot bind {} to /{} in the container",
                escaped_bytes(bind.source.as_bytes()),
                escaped_bytes(bind.destination.as_bytes())
            ),
            CheckedMount::Tmpfs(tmpfs) => format!(
                "cannot mount a tmpfs on /{} in the container",
                escaped_bytes(tmpfs.destination.as_bytes())
            ),
            CheckedMount::File(file) => format!(
                "cannot make the file /{} in the container",
                escaped_bytes(file.destination.as_bytes())
            ),
        };
        let destination = Path::new("/").join(OsStr::from_bytes(mount.destination().to_bytes()));
        Self {
            phase: Phase::Mount,
            attempt: Attempt::on(destination, words),
        }
    }

    fn failed_to(&self, what: &str, errno: Errno) -> Error {
        Error::os(self.phase, self.attempt.detailed(format_args!("cannot {what}")), errno)
    }

    fn not_taken(&self, bind: &CheckedBind, errno: Errno) -> Error {
        Error::os(self.phase, self.attempt.at(source(bind)), errno).with_any_remedy(match errno {
            Errno::INVAL => {
                Some("part of the source is mounted unbindable, or locked by an outer container; take a part of it")
            }
            other => remedy::of_any_call(other),
        })
    }

    fn stopped_at(&self, plan: &Plan, index: u32, errno: Errno, bind: Option<&CheckedBind>) -> Error {
        let number = usize::try_from(index).unwrap_or(usize::MAX);
        match (plan.steps.get(number), explain(plan, number)) {
            (Some(Step::OpenMounted { .. } | Step::Unmount { .. }), _) if errno == Errno::INVAL => {
                Error::new(self.phase, ErrorKind::InvalidInput, &self.attempt).because("nothing is mounted there")
            }
            (Some(Step::OpenMounted { .. }), _) => Error::os(self.phase, &self.attempt, errno),
            (Some(step), Some(sentence)) => {
                let what = format!("cannot {sentence}");
                let failed = |attempt: &Attempt| Error::os(self.phase, attempt.detailed(&what), errno);
                match (step, bind) {
                    (Step::MapIds { .. }, Some(bind)) => {
                        let source = source(bind);
                        remedy::of_id_map(failed(&self.attempt.at(source)), source, errno)
                    }
                    _ => remedy::of_step(failed(&self.attempt), *step, errno),
                }
            }
            _ => self
                .failed_to("prepare for it", errno)
                .with_any_remedy(remedy::of_any_call(errno)),
        }
    }

    fn not_begun(&self, failure: &SpawnFailure) -> Error {
        let error = remedy::no_process_error(self.phase, &self.attempt, failure);
        match failure {
            SpawnFailure::HeldUp(_) => error.with_remedy("a file system on the way to the destination does not answer"),
            _ => error,
        }
    }

    fn broken_off(&self) -> Error {
        Error::new(self.phase, ErrorKind::Ended, &self.attempt)
            .because("the process that was to do it was killed, as it is when the container is stopped")
    }
}

fn source(bind: &CheckedBind) -> &Path {
    Path::new(OsStr::from_bytes(bind.source.as_bytes()))
}
