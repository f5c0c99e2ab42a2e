//! Programs in C that check what the library does: each with the shared library, and again under sanitizers; those
//! that can be, under valgrind.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use furnace_tests::{Need, Outcome, Root, Scratch, libfurnace, test};
use libtest_mimic::Trial;

use crate::binding::{Build, compile, done, under_valgrind};

/// A program, and what it needs of the machine.
const PROGRAMS: [(&str, &[Need]); 14] = [
    ("builder", &[]),
    ("plain", &[Need::Root]),
    ("commands", &[Need::Root]),
    ("children", &[Need::Root]),
    ("orders", &[Need::Root]),
    ("accidents", &[Need::Root]),
    ("threads", &[Need::Root]),
    ("living", &[Need::Root]),
    ("mounting", &[Need::Root]),
    ("changes", &[Need::Root]),
    ("terminal", &[Need::Root]),
    ("shell", &[Need::Root]),
    ("streams", &[Need::Root]),
    ("log", &[Need::Root]),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (name, needs) in PROGRAMS {
        trials.push(test(name, needs, move || run(name, Build::Shared)));
        trials.push(test(&format!("{name}_sanitized"), needs, move || {
            run(name, Build::Sanitized)
        }));
    }
    trials.push(test("doctor", &[], || run("doctor", Build::Shared)));
    trials.push(test("anything_sanitized", &[Need::Root], || {
        run("anything", Build::Sanitized)
    }));
    for name in ["builder", "doctor"] {
        let needs = [Need::Program("valgrind")];
        trials.push(test(&format!("{name}_under_valgrind"), &needs, move || valgrind(name)));
    }
    trials.push(test("plain_with_the_archive", &[Need::Root], || {
        run("plain", Build::Archive)
    }));
    trials.push(test("plain_in_one_file", &[Need::Root], || run("plain", Build::Static)));
    trials.push(test("reloaded_a_thousand_times", &[Need::Root], reloaded));
    trials
}

fn source(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/capi/programs")).join(format!("{name}.c"))
}

fn run(name: &str, build: Build) -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let program = compile(scratch.path(), name, &source(name), build);
    // What commands write is of no interest, and what they read is nothing.
    done(
        Command::new(program)
            .arg(root.path())
            .arg(scratch.path())
            .stdin(Stdio::null()),
    );
    Ok(())
}

fn valgrind(name: &str) -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let program = compile(scratch.path(), name, &source(name), Build::Shared);
    done(under_valgrind(&program).arg(root.path()).arg(scratch.path()));
    Ok(())
}

fn reloaded() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let program = compile(scratch.path(), "reload", &source("reload"), Build::Alone);
    let library = libfurnace().join("libfurnace.so");
    let mut reload = Command::new(program);
    // What malloc keeps for each thread it counts as allocated, though nobody has it.
    reload.env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0");
    done(reload.arg(root.path()).arg(scratch.path()).arg(library));
    Ok(())
}
