//! The driver in Rust: this program again, as the caller of furnace-core. `driver.c` is the one in C.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use furnace_core::Container;

use crate::Result;

/// The argument that makes this program a driver.
pub(crate) const ROLE: &str = "--driver";

/// Does a round for each line of standard input.
pub(crate) fn serve(root: &Path) -> Result<()> {
    let builder = Container::builder(root);
    let mut answers = std::io::stdout();
    for order in std::io::stdin().lines() {
        order?;
        let begun = Instant::now();
        let container = builder.start()?;
        let started = Instant::now();
        let status = container.command("/bin/true").status()?;
        let ran = Instant::now();
        container.stop()?;
        drop(container);
        let stopped = Instant::now();
        if !status.success() {
            return Err(format!("/bin/true: {status}").into());
        }
        let took = [started - begun, ran - started, stopped - ran].map(|time| time.as_nanos().to_string());
        writeln!(answers, "{}", took.join(" "))?;
    }
    Ok(())
}
