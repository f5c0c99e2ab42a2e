//! What the comments of the headers and the documents show is code that compiles.

use std::fs;
use std::process::Command;

use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;

use crate::installation::{run, source};

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Program("gcc"), Need::Program("g++")];
    vec![
        test("what_furnace_h_shows_compiles", &needs, in_header),
        test("what_furnace_hpp_shows_compiles", &needs, in_layer),
        test("what_the_documents_show_compiles", &needs, in_documents),
    ]
}

/// What snippets in C that are no programs take for granted.
const C_GRANTED: &str = "
#include <err.h>
#include <furnace.h>
";

/// The same for C++.
const CXX_GRANTED: &str = "
#include <furnace.hpp>
#include <iostream>
#include <string>
";

const CXX_PARAMETERS: &str = "furnace::builder &builder, furnace::container &container, const std::string &key";

fn text(path: &str) -> String {
    fs::read_to_string(source(path)).unwrap()
}

/// What stands between two marks, each time.
fn between(text: &str, begin: &str, end: &str) -> Vec<String> {
    let begun = text.split(begin).skip(1);
    begun.map(|rest| rest.split_once(end).unwrap().0.to_owned()).collect()
}

fn compiles(compiler: &str, name: &str, snippet: &str) -> Outcome {
    let is_c = compiler == "gcc";
    let program = match (snippet.contains("int main"), is_c) {
        (true, _) => snippet.to_owned(),
        (false, true) => format!("{C_GRANTED} int main(void) {{\n{snippet} return 0; }}"),
        (false, false) => format!("{CXX_GRANTED} int snippet({CXX_PARAMETERS}) {{ {{\n{snippet} }} return 0; }}"),
    };
    let scratch = Scratch::new();
    let file = scratch.join(name);
    fs::write(&file, program)?;
    let mut command = Command::new(compiler);
    command.arg(if is_c { "-std=c11" } else { "-std=c++11" });
    command.args(["-Wall", "-Wextra", "-Werror", "-Wno-unused", "-fsyntax-only", "-I"]);
    run(command.arg(source("include")).arg(&file)).map_err(|failed| format!("{snippet}\n{failed:?}"))?;
    Ok(())
}

fn in_header() -> Outcome {
    let header = text("include/furnace.h");
    let lines = header.lines().filter_map(|line| line.strip_prefix(" *     "));
    let program: Vec<&str> = lines.skip_while(|line| *line != "#include <furnace.h>").collect();
    let end = program.iter().position(|line| *line == "}").unwrap();
    compiles("gcc", "header.c", &program[..=end].join("\n"))
}

fn in_layer() -> Outcome {
    let layer = text("include/furnace.hpp");
    let comments = layer.lines().filter_map(|line| line.trim_start().strip_prefix("///"));
    let lines: Vec<&str> = comments.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let snippets = between(&lines.join("\n"), "\\code\n", "\\endcode");
    assert!(snippets.len() >= 5, "{snippets:?}");
    snippets
        .iter()
        .try_for_each(|snippet| compiles("g++", "layer.cpp", snippet))
}

fn in_documents() -> Outcome {
    for document in ["README.md", "furnace-capi/README.md"] {
        let c = between(&text(document), "```c\n", "```");
        assert_eq!(c.len(), 1, "{document}");
        compiles("gcc", "document.c", &c[0])?;
    }
    let cxx = between(&text("README.md"), "```cpp\n", "```");
    assert_eq!(cxx.len(), 1);
    compiles("g++", "document.cpp", &cxx[0])
}
