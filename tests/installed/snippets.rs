//! What the comments of furnace.hpp show is code that compiles.

use std::fs;
use std::process::Command;

use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;

use crate::installation::{run, source};

pub(crate) fn trials() -> Vec<Trial> {
    vec![test(
        "what_the_comments_show_compiles",
        &[Need::Program("g++")],
        every_snippet,
    )]
}

/// What the snippets that are no programs take for granted.
const GRANTED: &str = "
#include <furnace.hpp>
#include <iostream>
#include <string>
int snippet(furnace::builder &builder, const furnace::container &container, const std::string &key);
int snippet(furnace::builder &builder, const furnace::container &container, const std::string &key) {
    static_cast<void>(builder), static_cast<void>(container), static_cast<void>(key);
";

fn snippets() -> Vec<String> {
    let header = fs::read_to_string(source("include/furnace.hpp")).unwrap();
    let comments = header.lines().filter_map(|line| line.trim_start().strip_prefix("///"));
    let text = comments
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n");
    let begun = text.split("\\code\n").skip(1);
    begun
        .map(|rest| rest.split_once("\\endcode").unwrap().0.to_owned())
        .collect()
}

fn every_snippet() -> Outcome {
    let snippets = snippets();
    assert!(snippets.len() >= 4, "{snippets:?}");
    let scratch = Scratch::new();
    for snippet in snippets {
        let program = match snippet.contains("int main") {
            true => snippet.clone(),
            false => format!("{GRANTED}{{ {snippet} }} return 0; }}"),
        };
        let file = scratch.join("snippet.cpp");
        fs::write(&file, program)?;
        let mut compiler = Command::new("g++");
        compiler.args([
            "-std=c++11",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-Wno-unused-variable",
            "-fsyntax-only",
            "-I",
        ]);
        run(compiler.arg(source("include")).arg(&file)).map_err(|failed| format!("{snippet}\n{failed:?}"))?;
    }
    Ok(())
}
