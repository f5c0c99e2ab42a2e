//! Containers with names: `furnace start`, `exec`, `shell --in`, `ps`, `stop`, `wait` and `gc`.

mod at_once;
mod broken;
mod commands;
mod completing;
mod endings;
mod help;
mod listing;
pub(crate) mod names;
mod round_trip;
mod terminals;

use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let all = [
        round_trip::trials(),
        commands::trials(),
        terminals::trials(),
        listing::trials(),
        help::trials(),
        completing::trials(),
        endings::trials(),
        at_once::trials(),
        broken::trials(),
    ];
    all.into_iter().flatten().collect()
}
