//! Furnace's driver: this program again, as the caller of the library.

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use furnace_core::Container;

use crate::Result;
use crate::driver::Driver;
use crate::root::Root;

/// The argument that makes this program a driver.
pub(crate) const ROLE: &str = "--driver";

/// How much memory the large caller holds, in bytes, and how much must be there before it is made.
pub(crate) const LARGE: u64 = 2 << 30;
pub(crate) const LARGE_NEEDS: u64 = 4 << 30;

/// Starts one that holds `held` bytes.
pub(crate) fn start(root: &Root, held: u64) -> Result<Driver> {
    let mut program = Command::new(std::env::current_exe()?);
    Driver::start(program.arg(ROLE).arg(root.path()).arg(held.to_string()))
}

/// Does what the lines of standard input say, with `held` bytes in memory, each page of them touched.
pub(crate) fn serve(root: &Path, held: usize) -> Result<()> {
    let held = vec![1_u8; held];
    let builder = Container::builder(root);
    let mut running = None;
    let mut answers = std::io::stdout();
    for order in std::io::stdin().lines() {
        let mut answer = String::new();
        for step in order?.split_whitespace() {
            let begun = Instant::now();
            match step {
                "start" => running = Some(builder.start()?),
                "run" => run(running.as_ref().ok_or("there is no container to run in")?)?,
                "stop" => running.take().ok_or("there is no container to stop")?.stop()?,
                other => return Err(format!("{other} is no step").into()),
            }
            answer += &format!("{} ", begun.elapsed().as_nanos());
        }
        writeln!(answers, "{answer}")?;
    }
    black_box(held);
    Ok(())
}

fn run(container: &Container) -> Result<()> {
    let status = container.command("/bin/true").status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("/bin/true: {status}").into())
    }
}
