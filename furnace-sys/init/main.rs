//! furnace-init: the one program that Furnace runs on the other side, twice.
//!
//! First it is the **fork server**: it walks the plan that makes the container, and then clones commands into it. Its
//! first child is **PID 1** of the container. It is freestanding: no libc, no allocator, nothing of the caller in its
//! memory, and a few pages in all, so that cloning it costs next to nothing.
//!
//! The library embeds it; `build.rs` compiles it from this folder and `../src/wire`.

#![no_std]
#![no_main]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unsafe_op_in_unsafe_fn
)]

mod arch;
mod bond;
mod content;
mod fd;
mod ids;
mod life;
mod loops;
mod memory;
mod message;
mod name;
mod newcomer;
mod pid1;
mod plan;
mod request;
mod scratch;
mod server;
mod steps;
mod syscalls;
mod target;
mod walker;
#[path = "../src/wire/mod.rs"]
#[allow(dead_code, unused_imports, reason = "each side encodes what the other decodes")]
mod wire;

arch::program_entry!(begin);

extern "C" fn begin() -> ! {
    life::begin()
}

/// Nothing here can panic, and a test holds the linked program to that; should it happen, the container ends.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    syscalls::exit_group(125)
}

/// core is compiled to unwind; this program never does, but the linker wants the names.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() {}
