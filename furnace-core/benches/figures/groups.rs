//! The groups for criterion: each step of a container, and both baselines beside it.

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};

use crate::driver::{Drivers, Round};

/// A part of a round.
type Part = fn(&Round) -> Duration;

const PARTS: [(&str, Part); 4] = [
    ("start", |round| round.start),
    ("run", |round| round.run),
    ("stop", |round| round.stop),
    ("start_and_stop", |round| round.start + round.stop),
];

pub(crate) fn measure(drivers: &mut Drivers) {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
        .configure_from_args();
    let Drivers {
        furnace,
        yardstick,
        large,
    } = drivers;
    for (name, part) in PARTS {
        let mut group = group(&mut criterion, name);
        bench(&mut group, "furnace", || part(&furnace.round()));
        if let Some(yardstick) = yardstick {
            bench(&mut group, "yardstick", || part(&yardstick.round()));
            bench(&mut group, "posix_spawn", || yardstick.spawn());
        }
    }
    for (name, part) in [("start_2GiB", PARTS[0].1), ("run_2GiB", PARTS[1].1)] {
        let Some(large) = large else { continue };
        let mut group = group(&mut criterion, name);
        bench(&mut group, "furnace", || part(&large.round()));
        bench(&mut group, "without", || part(&furnace.round()));
    }
    criterion.final_summary();
}

/// Rounds take about the same time each: all samples get as many of them.
fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat);
    group
}

fn bench(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, mut time: impl FnMut() -> Duration) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|rounds| (0..rounds).map(|_| time()).sum());
    });
}
