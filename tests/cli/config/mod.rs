//! A file instead of options.

mod documents;
mod everything;
mod examples;
mod precedence;
mod refusals;
mod schema;
mod sources;

use std::fs;
use std::path::PathBuf;

use furnace_tests::Scratch;
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let trials = [
        everything::trials(),
        precedence::trials(),
        sources::trials(),
        refusals::trials(),
        schema::trials(),
        examples::trials(),
        documents::trials(),
    ];
    trials.into_iter().flatten().collect()
}

/// A file with this text.
fn written(directory: &Scratch, text: &str) -> PathBuf {
    let file = directory.join("furnace.toml");
    fs::write(&file, text).unwrap();
    file
}
