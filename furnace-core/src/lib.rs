//! A sturdier chroot, as a library.
//!
//! Give it a directory that holds a system. It makes new pid, mount, ipc, uts and cgroup namespaces (network too, if
//! asked), mounts what a system expects, puts a tiny PID 1 inside, and runs commands there as [`std::process`] runs
//! them outside: pipes, files, environment, exit status. When the [`Container`] goes, or its owner dies in any way,
//! nothing is left: no process, no mount, no directory.
//!
//! ```no_run
//! use furnace_core::{Container, Stdio};
//!
//! # fn main() -> furnace_core::Result<()> {
//! let container = Container::builder("/srv/debian").bind_ro("/src", "/src").isolate_network(true).start()?;
//!
//! let status = container.command("make").args(["-C", "/src"]).env("V", "1").status()?;
//! assert!(status.success());
//!
//! let mut cat = container.command("cat").arg("/etc/passwd").stdout(Stdio::piped()).spawn()?;
//! let sorted = container.command("sort").stdin(cat.stdout.take().expect("piped")).output()?;
//! cat.wait()?;
//!
//! container.stop()?; // or drop it
//! # Ok(())
//! # }
//! ```
//!
//! # What it is not
//!
//! By default root inside is root: a container is not a boundary against a hostile root user in it. What does hold
//! against one is that nothing of the caller can be reached through what Furnace does: not its memory, not its
//! descriptors, not its working directory. And a hostile *root directory* can't make Furnace create, change, execute
//! or mount anything outside of it.
//!
//! # What the calling process notices
//!
//! One extra child for each container (its fork server), and one for each command, like any child. No thread, signal
//! handler, mask, environment or working directory changes, and of its terminal only the modes, while a [`console`] has
//! it. Commands inherit limits, umask, priority and affinity as they were when the container was started.
//!
//! # Requirements
//!
//! Linux 5.14 or newer on x86_64 or aarch64, `CAP_SYS_ADMIN` and `CAP_MKNOD` (be root), and `/proc` mounted.
//! [`doctor`] finds out what of this a machine lacks, and what else.

#![forbid(unsafe_code)]

mod builder;
mod changes;
mod child;
mod command;
mod config;
pub mod console;
mod container;
mod device;
pub mod doctor;
mod error;
mod host;
pub mod host_mounts;
mod image;
pub mod mount;
mod mount_id;
mod named;
mod overlay;
mod plan;
mod privileges;
mod root;
mod stdio;
mod users;

pub use builder::Builder;
pub use changes::{Change, ChangeKind, Changes, FileType};
pub use child::Child;
pub use command::Command;
pub use container::{Container, JoinOptions, LayerUsage, Terminal};
pub use device::Dev;
pub use error::{Error, ErrorKind, OsError, Phase, Result};
pub use furnace_sys::flags::Propagation;
pub use furnace_sys::privilege::rights_are_lent;
pub use mount::Mount;
pub use named::{Listed, NamedContainer, Reservation, RuntimeDirectory, Standing};
pub use stdio::Stdio;
pub use users::{User, UserSpec};
