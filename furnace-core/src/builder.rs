//! What a container is to be, as it is said.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use furnace_sys::flags::Propagation;

use crate::bind::BindRequest;
use crate::config::{Config, Wishes};
use crate::container::Container;
use crate::error::Result;
use crate::plan::Prepared;
use crate::tmpfiles;

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
    pub fn builder(root: impl AsRef<Path>) -> Builder {
        Builder::new(root.as_ref())
    }
}

impl Builder {
    fn new(root: &Path) -> Self {
        // A later change of the working directory shall not mean another root.
        let root = if root.as_os_str().is_empty() {
            PathBuf::new()
        } else {
            std::path::absolute(root).unwrap_or_else(|_| root.to_owned())
        };
        Self {
            wishes: Wishes::new(root),
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
        self.add_bind(source.as_ref(), destination.as_ref(), false)
    }

    /// As [`bind`](Self::bind), but nothing can be changed through it, nor through any mount below it: not for a
    /// moment.
    pub fn bind_ro(&mut self, source: impl AsRef<Path>, destination: impl AsRef<Path>) -> &mut Self {
        self.add_bind(source.as_ref(), destination.as_ref(), true)
    }

    fn add_bind(&mut self, source: &Path, destination: &Path, read_only: bool) -> &mut Self {
        let request = BindRequest {
            source: source.to_owned(),
            destination: destination.to_owned(),
            read_only,
        };
        self.change(|wishes| wishes.binds.push(request))
    }

    /// Whether the container has a network of its own, with nothing in it but a loopback interface, which is up. By
    /// default it has the host's, and sees the host's `/etc/resolv.conf`.
    pub fn isolate_network(&mut self, isolate: bool) -> &mut Self {
        self.change(|wishes| wishes.isolate_network = isolate)
    }

    /// The host name inside, of 1 to 64 bytes. By default `localhost`.
    pub fn hostname(&mut self, name: impl Into<OsString>) -> &mut Self {
        let name = name.into();
        self.change(|wishes| wishes.hostname = name)
    }

    /// Whether all that changes in the root is kept in memory, and vanishes with the container. The root directory
    /// itself is then not changed at all; file systems mounted below it are not seen.
    pub fn ephemeral(&mut self, ephemeral: bool) -> &mut Self {
        self.change(|wishes| wishes.ephemeral = ephemeral)
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
        let container = Container::start(&prepared, self.wishes.limit)?;
        if let Some(program) = prepared.config.host.tmpfiles.filter(|_| self.wishes.tmpfiles) {
            tmpfiles::run(&container, program);
        }
        Ok(container)
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
