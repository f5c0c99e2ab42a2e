//! Programs that carry the library with them, and what a program depends on that does not.

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use crate::installation::{TO_COMPILE, command, pkg_config, prefix, run, source};

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [
        &TO_COMPILE[..],
        &[Need::Root, Need::Program("g++"), Need::Program("readelf")],
    ]
    .concat();
    vec![
        test("c_linked_statically", &needs, || {
            linked("cc", "hello.c", "hello from C\n", Kind::Static)
        }),
        test("cpp_linked_statically", &needs, || {
            linked("g++", "hello.cpp", "hello from C++\n", Kind::Static)
        }),
        test("c_with_the_archive", &needs, || {
            linked("cc", "hello.c", "hello from C\n", Kind::Archive)
        }),
        test("c_by_the_soname", &needs, || {
            linked("cc", "hello.c", "hello from C\n", Kind::Shared)
        }),
    ]
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// With everything, the C library too.
    Static,
    /// With libfurnace.a, and the machine's C library.
    Archive,
    /// With libfurnace.so.
    Shared,
}

fn linked(compiler: &str, file: &str, greeting: &str, kind: Kind) -> Outcome {
    let scratch = Scratch::new();
    let root = Root::small();
    let program = scratch.join("hello");
    let mut link = command(compiler);
    link.arg("-o")
        .arg(&program)
        .arg(source("examples/project").join(file))
        .args(pkg_config(&["--cflags"])?);
    match kind {
        Kind::Static => link.arg("-static").args(pkg_config(&["--static", "--libs"])?),
        Kind::Archive => {
            let flags = pkg_config(&["--static", "--libs"])?;
            link.args(
                flags
                    .iter()
                    .map(|flag| if flag == "-lfurnace" { "-l:libfurnace.a" } else { flag }),
            )
        }
        Kind::Shared => link.args(pkg_config(&["--libs"])?),
    };
    run(&mut link)?;

    let mut hello = std::process::Command::new(&program);
    hello.arg(root.path()).env_remove("LD_LIBRARY_PATH");
    if kind == Kind::Shared {
        hello.env("LD_LIBRARY_PATH", prefix().join("lib"));
    }
    assert_eq!(String::from_utf8(run(&mut hello)?.stdout)?, greeting);

    let dynamic = run(std::process::Command::new("readelf")
        .args(["--wide", "--dynamic"])
        .arg(&program))?;
    let dynamic = String::from_utf8(dynamic.stdout)?;
    let needed: Vec<_> = dynamic.lines().filter(|line| line.contains("(NEEDED)")).collect();
    let furnace = needed
        .iter()
        .filter(|line| line.contains("[libfurnace.so.0.1]"))
        .count();
    match kind {
        Kind::Static => assert!(needed.is_empty(), "{needed:?}"),
        Kind::Archive => assert!(!needed.is_empty() && furnace == 0, "{needed:?}"),
        Kind::Shared => assert_eq!(furnace, 1, "{needed:?}"),
    }
    Ok(())
}
