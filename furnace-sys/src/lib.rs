//! The kernel, as Furnace needs it: thin typed calls on one side, furnace-init on the other.
//!
//! This crate knows the kernel and what its two sides say to each other. It knows no policy, no defaults and no words
//! for people: those are `furnace-core`'s. Use that one; this one's API follows its needs.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`wire`] | what the caller and furnace-init say to each other |
//! | [`plan`] | the steps that make a container, sealed so that furnace-init can walk them |
//! | [`program`] | furnace-init itself, as something that can be executed |
//! | [`fork_server`] | one running furnace-init, and the requests it serves |
//! | [`request`] | what a command is to be, as it travels |
//! | [`pidfd`] | processes, by descriptor |
//! | [`mounts`] | what a mount can be told, beyond what rustix can |
//! | [`flags`] | the kernel's flag sets that plans use |
//! | [`landlock`] | whether the kernel has it |
//! | [`sigpipe`] | writing where perhaps nobody reads any more |
//! | [`privilege`], [`signals`] | whose rights this program has, and which signals it ignores |
//!
//! Linux 5.14 or newer, on x86_64 or aarch64.

#![deny(unsafe_code)]

#[path = "../init/arch/mod.rs"]
#[allow(unsafe_code, reason = "system calls, see each SAFETY")]
mod arch;
#[allow(unsafe_code, reason = "the words of the command line are strings of C")]
pub mod entry;
pub mod flags;
pub mod fork_server;
#[allow(unsafe_code, reason = "one call that rustix has no function for")]
pub mod landlock;
#[allow(unsafe_code, reason = "a child that shares the caller's memory")]
mod launch;
#[allow(unsafe_code, reason = "a child that shares the caller's memory")]
mod maker;
#[allow(unsafe_code, reason = "system calls past the libraries, which hide some signals")]
mod mask;
#[allow(unsafe_code, reason = "one system call that rustix has no function for")]
pub mod mounts;
mod outcome;
#[allow(unsafe_code, reason = "an ioctl and a flag that rustix has no functions for")]
pub mod pidfd;
pub mod plan;
#[allow(unsafe_code, reason = "one function of libc that std has no other name for")]
pub mod privilege;
pub mod program;
pub mod request;
#[allow(unsafe_code, reason = "two calls that rustix has no functions for")]
pub mod signal_fd;
#[allow(unsafe_code, reason = "one call that rustix has no function for")]
pub mod signals;
pub mod sigpipe;
#[allow(unsafe_code, reason = "a child that shares the caller's memory")]
mod vfork;
pub mod wire;

pub use rustix::io::Errno;

/// furnace-init's own modules, of which makers are made too; and so that rustfmt, clippy and the unit tests see them. The
/// program itself is made of them by `build.rs`.
#[path = "../init"]
#[allow(unsafe_code, dead_code, reason = "see each SAFETY; the rest is main.rs's")]
#[deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]
mod init {
    use super::arch;

    pub(super) mod bond;
    pub(super) mod content;
    pub(super) mod fd;
    pub(super) mod ids;
    pub(super) mod life;
    pub(super) mod loops;
    pub(super) mod maker;
    pub(super) mod message;
    pub(super) mod name;
    pub(super) mod newcomer;
    pub(super) mod pid1;
    pub(super) mod plan;
    pub(super) mod request;
    pub(super) mod scratch;
    pub(super) mod server;
    pub(super) mod steps;
    pub(super) mod syscalls;
    pub(super) mod target;
    #[cfg(test)]
    mod tests;
    pub(super) mod walker;
}
