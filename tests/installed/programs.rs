//! Programs in C++ that use furnace.hpp as hard as they can, watched by sanitizers, and what depends on the
//! standard in the oldest and the newest.

use std::path::PathBuf;

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::{Failed, Trial};

use crate::installation::{TO_COMPILE, command, pkg_config, run, source};

const SANITIZED: [&str; 4] = ["-g", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [&TO_COMPILE[..], &[Need::Root, Need::Program("g++")]].concat();
    let programs = [
        ("moves", "c++17"),
        ("callbacks", "c++17"),
        ("threads", "c++17"),
        ("everything", "c++17"),
        ("values", "c++11"),
        ("values", "c++2b"),
    ];
    let mut trials: Vec<Trial> = programs
        .into_iter()
        .map(|(name, standard)| {
            test(&format!("sanitized_{name}_{standard}"), &needs, move || {
                sanitized(name, standard)
            })
        })
        .collect();
    trials.push(test("files_of_one_program_may_differ", &needs, mixed));
    trials
}

/// Compiles files of this folder into one program: each with its standard, behind which a flag may stand.
fn compile(scratch: &Scratch, files: &[(&str, &str)], flags: &[&str]) -> Result<PathBuf, Failed> {
    let mut objects = Vec::new();
    for (name, standard) in files {
        let object = scratch.join(format!("{name}.o"));
        let mut compiler = command("g++");
        compiler
            .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c", "-o"])
            .arg(&object);
        compiler
            .args(format!("-std={standard}").split(' '))
            .args(flags)
            .args(pkg_config(&["--cflags"])?);
        run(compiler.arg(source("tests/installed/programs").join(format!("{name}.cpp"))))?;
        objects.push(object);
    }
    let program = scratch.join("program");
    let mut linker = command("g++");
    linker.args(flags).arg("-pthread").arg("-o").arg(&program).args(objects);
    run(linker.args(pkg_config(&["--libs"])?))?;
    Ok(program)
}

fn sanitized(name: &str, standard: &str) -> Outcome {
    let scratch = Scratch::new();
    let root = Root::small();
    let program = compile(&scratch, &[(name, standard)], &SANITIZED)?;
    let output = run(command(program).arg(root.path()).arg(scratch.path()))?;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    Ok(())
}

fn mixed() -> Outcome {
    let scratch = Scratch::new();
    let root = Root::small();
    // The linker takes what several files have from the first.
    let files = [
        ("mixed_plain", "c++11 -fno-exceptions"),
        ("mixed_old", "c++11"),
        ("mixed_new", "c++2b"),
    ];
    let program = compile(&scratch, &files, &["-O0"])?;
    let output = run(command(program).arg(root.path()))?;
    assert_eq!(output.stdout, b"old: 3\nnew: 3\nplain: 3\n");
    Ok(())
}
