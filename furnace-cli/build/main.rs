//! What is settled before `furnace` is compiled.

#![allow(clippy::print_stdout, reason = "this is how cargo is told")]

mod commit;
mod linking;

fn main() {
    println!("cargo::rerun-if-changed=build");
    linking::link_all_that_it_needs();
    commit::tell();
}
