//! The headers, compiled as every standard has it, without a warning.

use std::fs;

use furnace_tests::{Need, Scratch, test};
use libtest_mimic::Trial;

use crate::installation::{run, source};

pub(crate) fn trials() -> Vec<Trial> {
    let c = ["c99", "c11", "c17"];
    let cxx = ["c++11", "c++14", "c++17", "c++20", "c++2b"];
    let as_c = ["gcc", "clang"].map(|compiler| c.map(|standard| taken(compiler, standard, &[], C)));
    let as_cxx = ["g++", "clang++"].map(|compiler| cxx.map(|standard| taken(compiler, standard, &CXX_WARNINGS, CXX)));
    let without = ["g++", "clang++"].map(|compiler| taken(compiler, "c++11 without exceptions", &NO_EXCEPTIONS, CXX));
    let as_c = as_c.into_iter().flatten();
    as_c.chain(as_cxx.into_iter().flatten()).chain(without).collect()
}

const WARNINGS: [&str; 7] = [
    "-Werror",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Wconversion",
    "-Wsign-conversion",
];
const CXX_WARNINGS: [&str; 2] = ["-Wold-style-cast", "-Wnon-virtual-dtor"];
const NO_EXCEPTIONS: [&str; 2] = ["-fno-exceptions", "-fno-rtti"];

const C: &str = "
#include <furnace.h>
#include <furnace.h>
int main(void) { return furnace_version_number() == FURNACE_VERSION_NUMBER ? 0 : 1; }
";

/// What a template warns of is only told where it is used, so everything is.
const CXX: &str = "
#include <furnace.hpp>
#include <furnace.hpp>

#define EVERY(STYLE) \\
    template class furnace::basic_mount<STYLE>; \\
    template class furnace::basic_command<STYLE>; \\
    template class furnace::basic_child<STYLE>; \\
    template class furnace::basic_terminal<STYLE>; \\
    template class furnace::basic_console<STYLE>; \\
    template class furnace::basic_shell_options<STYLE>; \\
    template class furnace::basic_join_options<STYLE>; \\
    template class furnace::basic_changes<STYLE>; \\
    template class furnace::basic_container<STYLE>; \\
    template class furnace::basic_builder<STYLE>; \\
    template class furnace::basic_named<STYLE>; \\
    template class furnace::basic_reservation<STYLE>; \\
    template class furnace::basic_runtime<STYLE>; \\
    template class furnace::basic_host_mount<STYLE>;
#ifdef __cpp_exceptions
EVERY(furnace::throwing)
#endif
EVERY(furnace::returning)

int main() { return furnace_version_number() == FURNACE_VERSION_NUMBER ? 0 : 1; }
";
/// The standard is the first word of `standard`; those that follow are for the name.
fn taken(compiler: &'static str, standard: &'static str, flags: &'static [&str], code: &'static str) -> Trial {
    let name = format!("{compiler}_takes_{}", standard.replace(' ', "_"));
    test(&name, &[Need::Program(compiler)], move || {
        let scratch = Scratch::new();
        let is_c = !standard.starts_with("c++");
        let file = scratch.join(if is_c { "all.c" } else { "all.cpp" });
        fs::write(&file, code)?;
        let standard = standard.split(' ').next().unwrap();
        let mut command = std::process::Command::new(compiler);
        command.arg(format!("-std={standard}")).args(WARNINGS).args(flags);
        run(command.arg("-fsyntax-only").arg("-I").arg(source("include")).arg(&file))?;
        Ok(())
    })
}
