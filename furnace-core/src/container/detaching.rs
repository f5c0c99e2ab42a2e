//! Letting a container live on.

use super::Container;
use super::children::lock;
use super::running::Origin;
use crate::error::remedy;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};
use crate::named::{Reservation, RuntimeDirectory};

impl Container {
    /// Lets the container live on under `name`, whatever becomes of this process. No other process stays for that than
    /// the container's own PID 1, in a session of its own.
    ///
    /// This goes on to be a handle on it, as if it had been [attached](Self::attach): dropping it leaves the container as
    /// it is. The container ends with [`stop`](Self::stop), here or of [`NamedContainer`](crate::NamedContainer), or
    /// when its PID 1 is killed. Who stops it waits for the commands that run in it, so these should be waited for by the
    /// process that has them as children.
    ///
    /// It stays in the cgroup of the process that started it, and ends with that cgroup's processes: under systemd, with
    /// the unit.
    ///
    /// ```no_run
    /// # fn main() -> furnace_core::Result<()> {
    /// use furnace_core::Container;
    ///
    /// Container::builder("/srv/debian").start()?.detach("web")?;
    /// Container::attach("web")?.command("nginx").status()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`RuntimeDirectory::reserve`], and [`ErrorKind::InvalidInput`] when it has been detached already: then
    /// nothing has changed. After any other in [`Phase::Detach`] the container has ended, for nobody could know whether
    /// it would have otherwise.
    pub fn detach(&self, name: &str) -> Result<()> {
        self.detach_as(RuntimeDirectory::of_user()?.reserve(name)?)
    }

    /// As [`detach`](Self::detach), with a name that was taken before, and in any [`RuntimeDirectory`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn detach_as(&self, mut reservation: Reservation) -> Result<()> {
        let attempt = Attempt::on_no_path(format!("cannot detach the container as {}", reservation.name()));
        let refused =
            |why: &'static str| Err(Error::new(Phase::Detach, ErrorKind::InvalidInput, &attempt).because(why));
        if !self.running.is_owned() {
            return refused("it belongs to the process that this one is a forked copy of");
        }
        let mut registration = lock(&self.registration);
        if self.running.origin() != Origin::Started {
            return refused("this process has not started it");
        }
        if self.running.lives_on() {
            return refused("it has been detached before");
        }
        self.running.made()?;
        // Before it is: so nothing can be left that nobody knows of.
        let written = reservation.write(self.id(), &self.root)?;
        self.running
            .detach()
            .map_err(|failure| remedy::no_process_error(Phase::Detach, &attempt, &failure))?;
        reservation.keep();
        *registration = Some(written);
        tracing::debug!(pid1 = self.id(), "container detached");
        Ok(())
    }
}
