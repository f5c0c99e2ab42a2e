//! What it costs to call the library through C: start, run and stop, from a program in C and from one in Rust, round by round
//! in turn.
//!
//! `cargo bench -p furnace-capi`, as root. With `--at-most 1.05` it fails if C takes longer than so many times the time of
//! Rust.

#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "figures are for people to read"
)]

mod caller;
mod driver;
mod program;

use std::process::ExitCode;
use std::time::Duration;

use driver::{Driver, Round};
use furnace_core::{Container, ErrorKind};
use program::Scratch;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// One step of a round: its name, and what it took.
type Step = (&'static str, fn(&Round) -> Duration);

const STEPS: [Step; 3] = [
    ("start", |round| round[0]),
    ("run and wait", |round| round[1]),
    ("stop", |round| round[2]),
];

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, root] = &arguments[..]
        && role == caller::ROLE
    {
        return caller::serve(root.as_ref()).map(|()| ExitCode::SUCCESS);
    }
    let after = |option: &str| arguments.iter().skip_while(|argument| *argument != option).nth(1);
    let rounds = if arguments.iter().any(|argument| argument == "--bench") {
        1000
    } else {
        3
    };
    let most: Option<f64> = after("--at-most").map(|most| most.parse()).transpose()?;

    let scratch = Scratch::new()?;
    let root = scratch.root()?;
    match Container::builder(&root).start() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            println!("SKIPPED, nothing is measured: {error}; run it as root");
            return Ok(ExitCode::SUCCESS);
        }
        other => other?.stop()?,
    }
    let (mut in_c, mut in_rust) = (scratch.in_c(&root)?, scratch.in_rust(&root)?);
    let worst = compare(&mut in_c, &mut in_rust, rounds)?;
    match most {
        Some(most) if worst > most => {
            eprintln!("at most {most} was meant");
            Ok(ExitCode::FAILURE)
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Prints how much longer C takes; gives the worst.
fn compare(in_c: &mut Driver, in_rust: &mut Driver, rounds: usize) -> Result<f64> {
    let (mut c, mut rust) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Whoever comes second finds warmer caches.
        if round % 2 == 0 {
            c.push(in_c.round()?);
            rust.push(in_rust.round()?);
        } else {
            rust.push(in_rust.round()?);
            c.push(in_c.round()?);
        }
    }
    println!("Medians of {rounds} rounds, taken in turn:");
    let mut worst = 0.0;
    for (name, took) in STEPS {
        let [in_c, in_rust] = [&c, &rust].map(|rounds| median(rounds.iter().map(took)));
        let ratio = in_c.as_secs_f64() / in_rust.as_secs_f64();
        println!("{name:<14} {in_c:>10.1?} in C, {in_rust:>10.1?} in Rust: {ratio:.3}");
        worst = f64::max(worst, ratio);
    }
    Ok(worst)
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times[times.len() / 2]
}
