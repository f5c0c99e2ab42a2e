//! The caller's terminal, and the container's own.
//!
//! A process inside never has a descriptor of the caller's terminal: with one, root there could type into it
//! (`TIOCSTI`, see ioctl_tty(2)). It has a terminal of the container's own, or pipes; what passes there is carried to and
//! fro here.

mod apart;
mod caller;
mod channel;
mod end_of_input;
mod inner;
mod relay;
mod size;
mod streams;
mod wish;

pub(crate) use streams::Streams;
pub(crate) use wish::{Kind, TerminalArgs, Wish};
