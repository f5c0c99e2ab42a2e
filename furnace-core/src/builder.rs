//! What a container is to be, as it is said.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use furnace_sys::flags::Propagation;

use crate::config::{Config, Wishes};
use crate::container::tmpfiles;
use crate::container::{Container, Wait};
use crate::device::Dev;
use crate::error::{Attempt, Result};
use crate::mount::{self, Mount};
use crate::plan::Prepared;
use crate::privileges;

/// Says what a [`Container`] is to be, then starts it, once or often.
///
/// Setters never fail: what makes no sense is told by [`start`](Self::start), before anything is touched. The first
/// start looks at the host and at the root directory, and compiles a plan; later ones only walk it, until a setter is
/// called again.
///
/// ```no_run
/// # fn main() -> furnace_core::Result<()> {
/// let mut builder = furnace_core::Container::builder("/srv/debian");
/// builder.bind_ro("/src", "/src").hostname("build");
/// let one = builder.start()?;
/// let another = builder.start()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    wishes: Wishes,
    prepared: OnceLock<Arc<Prepared>>,
}

impl Container {
    /// Says what a container with the root directory `root` is to be. The path is made absolute at once, and resolved
    /// by the first start.
    ///
    /// A regular file is a disk image: with an ext4, xfs, btrfs, squashfs or erofs file system, which is recognised by
    /// what is in it, in the whole of it or in a [`partition`](Builder::partition). It is attached through a loop
    /// device, which goes with the container. What is changed is kept in it; but a squashfs or erofs, which can't be
    /// changed, gets an [ephemeral](Builder::ephemeral) layer, and so does a [read-only](Builder::read_only) root. The
    /// kernel parses what is in the image: do this with images that you trust.
    pub fn builder(root: impl AsRef<Path>) -> Builder {
        Builder::new(root.as_ref())
    }
}

impl Builder {
    fn new(root: &Path) -> Self {
        Self {
            wishes: Wishes::new(absolute(root)),
            prepared: OnceLock::new(),
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Wishes)) -> &mut Self {
        self.prepared = OnceLock::new();
        change(&mut self.wishes);
        self
    }

    /// Shows the directory or file `source` of the host, and all that is mounted below it, at `destination` in the
    /// container. Later binds lie over earlier ones.
    ///
    /// A relative `destination` is relative to the container's root, which it never leaves. What is missing of it is
    /// made, and stays in the root directory: parents and a directory with mode 0755, or an empty file.
    pub fn bind(&mut self, source: impl AsRef<Path>, destination: impl AsRef<Path>) -> &mut Self {
        self.mount(mount::Bind::new(source, destination))
    }

    /// As [`bind`](Self::bind), but nothing can be changed through it, nor through any mount below it: not for a
    /// moment.
    pub fn bind_ro(&mut self, source: impl AsRef<Path>, destination: impl AsRef<Path>) -> &mut Self {
        self.mount(mount::Bind::new(source, destination).read_only(true))
    }

    /// Mounts something in the container: a [`mount::Bind`] with options of its own, a [`mount::Tmpfs`], or a
    /// [`mount::File`] from memory. Later mounts lie over earlier ones, of whichever kind.
    pub fn mount(&mut self, mount: impl Into<Mount>) -> &mut Self {
        let mount = mount.into();
        self.change(|wishes| wishes.mounts.push(mount))
    }

    /// Whether the container has a network of its own, with nothing in it but a loopback interface, which is up. By
    /// default it has the host's, and sees the host's `/etc/resolv.conf`.
    pub fn isolate_network(&mut self, isolate: bool) -> &mut Self {
        self.change(|wishes| wishes.isolate_network = isolate)
    }

    /// Whether the container is in a session of its own from the beginning, and so has no part in the caller's terminal:
    /// nothing inside can reach that through `/dev/tty`, and Ctrl-C there does not reach commands. By default it is in
    /// the caller's session; a command with [`new_session`](crate::Command::new_session) then leaves that only after its
    /// process has become visible inside, which is late against a hostile root user there.
    /// A command in such a container can't join a [`process_group`](crate::Command::process_group) of another.
    pub fn own_session(&mut self, own: bool) -> &mut Self {
        self.change(|wishes| wishes.own_session = own)
    }

    /// Whether the caller can make [terminals](crate::Container::terminal) in the container; by default it can. Without, a
    /// start and a stop each take a few hundredths of a millisecond less. Whoever is inside can make them anyway.
    pub fn terminals(&mut self, terminals: bool) -> &mut Self {
        self.change(|wishes| wishes.terminals = terminals)
    }

    /// The host name inside, of 1 to 64 bytes. By default `localhost`.
    pub fn hostname(&mut self, name: impl Into<OsString>) -> &mut Self {
        let name = name.into();
        self.change(|wishes| wishes.hostname = name)
    }

    /// Which partition of the disk image is the root, from 1; see [`Container::builder`].
    pub fn partition(&mut self, number: u32) -> &mut Self {
        self.change(|wishes| wishes.root.partition = Some(number))
    }

    /// Whether all that changes in the root is kept in memory, and vanishes with the container. The root directory
    /// itself is then not changed at all; file systems mounted below it are not seen.
    pub fn ephemeral(&mut self, ephemeral: bool) -> &mut Self {
        self.change(|wishes| wishes.root.ephemeral = ephemeral)
    }

    /// How many bytes an [ephemeral](Self::ephemeral) root may keep in memory; by default half of the machine's. What is
    /// beyond that fails inside with "no space left on device".
    pub fn ephemeral_size(&mut self, bytes: u64) -> &mut Self {
        self.change(|wishes| wishes.root.ephemeral_size = Some(bytes))
    }

    /// Lays the directory `lower` over the root directory and those laid before: its files hide theirs, its directories
    /// are merged with theirs. None of them is changed: without [`overlay`](Self::overlay) or
    /// [`ephemeral`](Self::ephemeral) the root can't be written to. File systems mounted below them are not seen. At most
    /// 63.
    pub fn lower(&mut self, lower: impl AsRef<Path>) -> &mut Self {
        let lower = absolute(lower.as_ref());
        self.change(|wishes| wishes.root.lower.push(lower))
    }

    /// Keeps all that changes in the root in the directory `upper`, for the next container, and leaves the root
    /// directory as it is. `upper` must exist, on a file system that the kernel takes for that (ext4, xfs, btrfs, tmpfs
    /// and others), and only one container uses it at a time.
    ///
    /// The kernel needs a work directory beside it, which is made with the name of `upper` and `.work`, and removed with
    /// the container; see [`overlay_work`](Self::overlay_work).
    pub fn overlay(&mut self, upper: impl AsRef<Path>) -> &mut Self {
        let upper = absolute(upper.as_ref());
        self.change(|wishes| wishes.root.upper = Some(upper))
    }

    /// The work directory for [`overlay`](Self::overlay): an empty directory on the same file system, which is then
    /// neither made nor removed.
    pub fn overlay_work(&mut self, work: impl AsRef<Path>) -> &mut Self {
        let work = absolute(work.as_ref());
        self.change(|wishes| wishes.root.work = Some(work))
    }

    /// Whether nothing in the root can be changed from inside, but through the mounts in it: `/dev`, `/run`, and those
    /// asked for. Mount targets that are missing in the root directory are made before. As with all mounts, a root user
    /// inside who keeps `CAP_SYS_ADMIN` can change that (mount(8), `remount`).
    pub fn read_only(&mut self, read_only: bool) -> &mut Self {
        self.change(|wishes| wishes.root.read_only = read_only)
    }

    /// What `/dev` is; by default [`Dev::Minimal`].
    pub fn dev(&mut self, dev: Dev) -> &mut Self {
        self.change(|wishes| wishes.dev = dev)
    }

    /// Gives the device `path` of the host to the container, such as `/dev/fuse`, with the same name, numbers and mode.
    pub fn device(&mut self, path: impl AsRef<Path>) -> &mut Self {
        let path = path.as_ref().to_owned();
        self.change(|wishes| wishes.devices.push(path))
    }

    /// Whether mounts that the host makes below the root after the start are seen inside ([`Propagation::Slave`], the
    /// default) or not ([`Propagation::Private`]). None that is made inside is ever seen outside.
    pub fn propagation(&mut self, propagation: Propagation) -> &mut Self {
        self.change(|wishes| wishes.propagation = propagation)
    }

    /// Whether the host's `/etc/resolv.conf` is shown inside, read-only, when the container has the host's network. By
    /// default it is. The root directory is not changed by it, except that the file is made where there is none.
    pub fn resolv_conf(&mut self, share: bool) -> &mut Self {
        self.change(|wishes| wishes.resolv_conf = share)
    }

    /// Whether the root's own `systemd-tmpfiles`, where it has one, fills `/dev` and `/run` once the container is made;
    /// by default it does. It runs inside like any command; a start waits for it, but no longer than ten seconds, and
    /// goes on without it with a warning if it fails.
    pub fn tmpfiles(&mut self, run: bool) -> &mut Self {
        self.change(|wishes| wishes.tmpfiles = run)
    }

    /// How long a start, and each spawn in the container, may take before it fails with
    /// [`ErrorKind::TimedOut`](crate::ErrorKind::TimedOut). By default 30 seconds. Something inside can hold a spawn up
    /// (by stopping the newcomer, for one), but not beyond this.
    pub fn time_limit(&mut self, limit: Duration) -> &mut Self {
        self.change(|wishes| wishes.limit = limit)
    }

    /// Starts a container.
    ///
    /// # Errors
    ///
    /// [`Phase::Configure`](crate::Phase::Configure) when something that was asked for makes no sense or is not there,
    /// [`Phase::Start`](crate::Phase::Start) when a step of making it failed. Nothing is left in either case, but mount
    /// targets that were made in the root directory.
    pub fn start(&self) -> Result<Container> {
        let prepared = self.prepare()?;
        self.start_prepared(&prepared, Wait::Now)
    }

    /// Starts a container and, where it can, does not wait until it is made. A command that is spawned at once is on its
    /// way before, so nobody is woken in between.
    ///
    /// Whatever is done first with such a container waits until it is made, and fails as [`start`](Self::start) does where
    /// it could not be. This is the same as `start` where the caller is handed something ([terminals](Self::terminals), a
    /// layer of changes), or the root's own [`systemd-tmpfiles`](Self::tmpfiles) comes first.
    ///
    /// ```no_run
    /// # fn main() -> furnace_core::Result<()> {
    /// let container = furnace_core::Container::builder("/srv/debian").terminals(false).start_ahead()?;
    /// let status = container.command("true").status()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), but for the steps of making it.
    pub fn start_ahead(&self) -> Result<Container> {
        let prepared = self.prepare()?;
        let fills = self.wishes.tmpfiles && !prepared.config.host.tmpfiles.is_empty();
        self.start_prepared(&prepared, if fills { Wait::Now } else { Wait::Later })
    }

    fn start_prepared(&self, prepared: &Arc<Prepared>, wait: Wait) -> Result<Container> {
        privileges::check(&Attempt::on_no_path("cannot make a container"), &privileges::TO_START)?;
        let container = Container::start(prepared, self.wishes.limit, wait)?;
        if self.wishes.tmpfiles {
            tmpfiles::run(&container, &prepared.config);
        }
        Ok(container)
    }

    /// What a start would do, step by step, in words. Nothing is started and nothing is touched, and no privilege is
    /// needed but to see what was asked for.
    ///
    /// ```
    /// # fn main() -> furnace_core::Result<()> {
    /// let steps = furnace_core::Container::builder("/").ephemeral(true).explain()?;
    /// assert!(steps.iter().any(|step| step == "mount the new proc on /proc"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start) before anything is touched: [`Phase::Configure`](crate::Phase::Configure).
    pub fn explain(&self) -> Result<Vec<String>> {
        Ok(self.prepare()?.sentences().collect())
    }

    /// The compiled plan, for tests that change it. Not part of the API.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), before anything is touched.
    #[doc(hidden)]
    pub fn plan(&self) -> Result<furnace_sys::plan::Plan> {
        Ok(self.prepare()?.plan.clone())
    }

    fn prepare(&self) -> Result<Arc<Prepared>> {
        if let Some(prepared) = self.prepared.get() {
            return Ok(Arc::clone(prepared));
        }
        let prepared = Arc::new(Prepared::new(Config::resolve(&self.wishes)?)?);
        Ok(Arc::clone(self.prepared.get_or_init(|| prepared)))
    }
}

/// A later change of the working directory shall not mean another path. An empty one stays empty, to be refused.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
