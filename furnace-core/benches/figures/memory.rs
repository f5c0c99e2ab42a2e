//! Memory: what there is, and what an idle container takes of it.

use std::fs;

use crate::Result;
use crate::driver::{Driver, Drivers};

/// How much memory can be had without swapping, in bytes.
pub(crate) fn available() -> Result<u64> {
    Ok(kilobytes("/proc/meminfo", "MemAvailable:")? * 1024)
}

pub(crate) fn print(drivers: &mut Drivers) -> Result<()> {
    println!("Resident, of an idle container that has run a command:");
    row("furnace", "(at most 64 kB)", &mut drivers.furnace)?;
    if let Some(yardstick) = &mut drivers.yardstick {
        row("yardstick", "", yardstick)?;
    }
    Ok(())
}

fn row(name: &str, target: &str, driver: &mut Driver) -> Result<()> {
    let [_, _] = driver.steps("start run");
    let resident = resident(driver.id());
    let [_] = driver.steps("stop");
    let (fork_server, pid1) = resident?;
    let both = fork_server + pid1;
    println!("  {name:<22}{both:>8} kB, of the fork server {fork_server} and of PID 1 {pid1} {target}");
    Ok(())
}

/// The kilobytes of the fork server and of PID 1 in the only container of `caller`.
fn resident(caller: u32) -> Result<(u64, u64)> {
    let fork_server = only_child(caller)?;
    let pid1 = only_child(fork_server)?;
    let resident = |process| kilobytes(&format!("/proc/{process}/status"), "VmRSS:");
    Ok((resident(fork_server)?, resident(pid1)?))
}

fn only_child(process: u32) -> Result<u32> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children"))?;
    Ok(children.trim().parse()?)
}

fn kilobytes(file: &str, key: &str) -> Result<u64> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let value = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(value.ok_or_else(|| format!("{file} has no {key}"))?.trim().parse()?)
}
