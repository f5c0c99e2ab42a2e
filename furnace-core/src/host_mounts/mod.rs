//! Mounts on the host, for as long as a guard lives.
//!
//! A [`BindMount`] or an [`OverlayMount`] says what is to be mounted where; mounting it gives a [`MountGuard`], and when
//! that goes, the mount goes. No container is involved: everything that shares the caller's mount namespace sees it.
//!
//! ```no_run
//! use furnace_core::host_mounts::{BindMount, OverlayMount};
//!
//! # fn main() -> furnace_core::Result<()> {
//! let sources = BindMount::new("/home/me/src", "/srv/build/src").read_only(true).mount()?;
//! let system = OverlayMount::new("/srv/system").lower("/srv/debian").upper("/srv/upper", "/srv/work").mount()?;
//! // ... build ...
//! system.unmount()?; // or drop it
//! sources.unmount()?;
//! # Ok(())
//! # }
//! ```
//!
//! # What holds for both
//!
//! - The destination has to exist, and stays: nothing is made on the host that was not asked for. Symlinks on the way to
//!   it are followed once, when it is mounted on; it may be a mount point already, and is then covered.
//! - A mount is made apart from the tree of mounts, with its flags on, and then attached. It is there as it was asked for
//!   or not at all; if something fails, nothing is left.
//! - If the mount that holds the destination is shared (mount_namespaces(7)), the mount is seen wherever that one is, and
//!   goes there too.
//! - The caller needs `CAP_SYS_ADMIN` (be root), and `/proc` mounted.

mod attached;
mod bind;
mod errors;
mod filesystem;
mod guard;
mod layers;
mod mount_point;
mod mountinfo;
mod overlay;
mod place;

pub use bind::BindMount;
pub use guard::MountGuard;
pub use mount_point::is_mount_point;
pub use overlay::OverlayMount;
