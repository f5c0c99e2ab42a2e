//! Ratios. A machine's speed drifts within seconds, so what is compared here is measured in turn, round by round.

use std::time::Duration;

use crate::driver::{Drivers, Round};

/// What has been measured, round by round.
#[derive(Default)]
struct Rounds {
    furnace: Vec<Round>,
    yardstick: Vec<Round>,
    large: Vec<Round>,
    spawn: Vec<Duration>,
}

pub(crate) fn print(drivers: &mut Drivers, count: usize) {
    let Rounds {
        furnace,
        yardstick,
        large,
        spawn,
    } = take(drivers, count);
    let start_and_stop = |round: &Round| round.start + round.stop;
    let start = |round: &Round| round.start;
    let run = |round: &Round| round.run;

    println!("\nMedians of {count} rounds, taken in turn:");
    row(
        "start and stop",
        median(&furnace, start_and_stop),
        &[
            (median(&yardstick, start_and_stop), "the yardstick's (at most 1.25)"),
            (median(&spawn, Duration::clone), "a posix_spawn"),
        ],
    );
    row(
        "run and wait",
        median(&furnace, run),
        &[
            (median(&yardstick, run), "the yardstick's (at most 1.15)"),
            (median(&spawn, Duration::clone), "a posix_spawn"),
        ],
    );
    row(
        "start, holding 2 GiB",
        median(&large, start),
        &[(median(&furnace, start), "without (at most 1.1)")],
    );
    row(
        "run, holding 2 GiB",
        median(&large, run),
        &[(median(&furnace, run), "without (at most 1.1)")],
    );
}

fn take(drivers: &mut Drivers, count: usize) -> Rounds {
    let mut rounds = Rounds::default();
    for _ in 0..count {
        rounds.furnace.push(drivers.furnace.round());
        if let Some(yardstick) = &mut drivers.yardstick {
            rounds.yardstick.push(yardstick.round());
            rounds.spawn.push(yardstick.spawn());
        }
        if let Some(large) = &mut drivers.large {
            rounds.large.push(large.round());
        }
    }
    rounds
}

fn median<T>(rounds: &[T], part: impl Fn(&T) -> Duration) -> Option<Duration> {
    let mut times: Vec<_> = rounds.iter().map(part).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

fn row(name: &str, time: Option<Duration>, baselines: &[(Option<Duration>, &str)]) {
    let Some(time) = time else { return };
    print!("  {name:<22}{:>8} µs", time.as_micros());
    for (baseline, what) in baselines {
        if let Some(baseline) = baseline {
            print!(", {:.2} x {what}", time.as_secs_f64() / baseline.as_secs_f64());
        }
    }
    println!();
}
