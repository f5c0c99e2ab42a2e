//! What a container costs, next to two baselines taken in the same run: the bare kernel work of the same container
//! (`../yardstick`, in C and without a check) and a `posix_spawn` of the same program.
//!
//! Whatever is measured is a process of its own, a *driver*, which is told what to do and answers with times. So
//! Furnace and the yardstick are measured from callers of the same kind, and another caller can be a large one.
//!
//! `cargo bench -p furnace-core`, as root. Nothing here passes or fails by time.

#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "figures are for people to read"
)]

mod caller;
mod driver;
mod groups;
mod memory;
mod root;
mod table;
mod yardstick;

use std::process::ExitCode;

use driver::Drivers;
use furnace_core::{Container, ErrorKind};
use root::Root;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<ExitCode> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let [role, root, held] = &arguments[..]
        && role == caller::ROLE
    {
        let held = held.to_str().ok_or("no number")?.parse()?;
        return caller::serve(root.as_ref(), held).map(|()| ExitCode::SUCCESS);
    }
    let asked = |option: &str| arguments.iter().any(|argument| argument == option);
    let quick = asked("--test") || !asked("--bench");

    let root = Root::new()?;
    match Container::builder(root.path()).start() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            println!("SKIPPED, nothing is measured: {error}; run it as root");
            return Ok(ExitCode::SUCCESS);
        }
        other => other?.stop()?,
    }
    let mut drivers = Drivers::start(&root)?;
    groups::measure(&mut drivers);
    if !asked("--list") {
        table::print(&mut drivers, if quick { 3 } else { 500 });
        memory::print(&mut drivers)?;
    }
    Ok(ExitCode::SUCCESS)
}
