//! Containers that outlive whoever started them, found again by their names.
//!
//! There is no daemon: of a [detached](crate::Container::detach) container its PID 1 stays, and a record of it in the
//! runtime directory. A record is written before its container is detached, so a container without one can't be left;
//! and a record without a container is known for what it is, whatever became of the pid.

mod container;
mod directory;
mod entry;
mod identity;
mod name;
mod record;
mod reservation;

pub(crate) use container::Registration;

pub use container::NamedContainer;
pub use directory::{Listed, RuntimeDirectory, Standing};
pub use reservation::Reservation;
