//! Whatever furnace.h has, furnace.hpp has: a function that is added to the one is not forgotten in the other.

use std::collections::BTreeSet;
use std::fs;

use furnace_tests::{Outcome, test};
use libtest_mimic::Trial;

use crate::installation::source;

pub(crate) fn trials() -> Vec<Trial> {
    vec![test("the_c_plus_plus_header_uses_every_function", &[], every_function)]
}

/// The words that begin with `furnace_`, and what follows each of them.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices("furnace_").filter_map(|(at, _)| {
        let rest = &text[at..];
        let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let begins = !text[..at].ends_with(is_of_word);
        let end = rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len());
        begins.then(|| rest.split_at(end))
    })
}

/// Without comments, which name functions too.
fn code(path: &str) -> String {
    let text = fs::read_to_string(source(path)).unwrap();
    let mut code = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("/*") {
        code.push_str(&rest[..at]);
        rest = rest[at..].split_once("*/").unwrap().1;
    }
    code.push_str(rest);
    let lines = code
        .lines()
        .map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n")
}

fn every_function() -> Outcome {
    let header = code("include/furnace.h");
    let functions: BTreeSet<&str> = words(&header)
        .filter(|(_, after)| after.starts_with('('))
        .map(|(word, _)| word)
        .collect();
    assert!(functions.len() > 80, "{functions:?}");

    let layer = code("include/furnace.hpp");
    let used: BTreeSet<&str> = words(&layer).map(|(word, _)| word).collect();
    let forgotten: Vec<_> = functions.difference(&used).collect();
    assert!(forgotten.is_empty(), "furnace.hpp has nothing for {forgotten:?}");
    Ok(())
}
