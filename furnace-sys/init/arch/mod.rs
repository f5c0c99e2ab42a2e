//! What differs between processors: how a system call is made, how one is made whose child begins on a stack of its
//! own, where a program begins, and the numbers of the calls.
//!
//! Used on both sides: by furnace-init for everything, by the library to start it.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::*;

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::*;

#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
compile_error!("furnace-init knows x86_64 and aarch64; another processor needs its own file in init/arch");
