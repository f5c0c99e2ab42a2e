//! The ABI: what was released stays as it was. The dump of it is compared with the header's, of which a library is
//! made that has the header's types and nothing behind them; that the real one has the same functions is seen
//! elsewhere.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use furnace_tests::{Need, Outcome, Scratch, include, test};
use libtest_mimic::Trial;

use crate::binding::done;
use crate::header;

const TOOLS: [Need; 2] = [Need::Program("abidiff"), Need::Program("abidw")];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("the_abi_is_what_it_was", &TOOLS, is_what_it_was),
        test("a_change_of_the_abi_is_noticed", &TOOLS, changes_are_noticed),
    ]
}

/// The ABI that programs are linked with, one file for each soname.
fn dump() -> PathBuf {
    let abi = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../furnace-capi/abi"));
    directory.join(format!("libfurnace.so.{abi}.abi"))
}

/// A library with the functions of the header, and a variable for each number, whose size tells it.
fn stand_in(scratch: &Path, header: &Path) -> PathBuf {
    let mut source = format!("#include \"{}\"\n", header.display());
    for function in header::functions_in(&fs::read_to_string(header).unwrap()) {
        let parameters: Vec<String> = function
            .parameters
            .iter()
            .map(|parameter| format!("{} {}", parameter.kind, parameter.name))
            .collect();
        let parameters = if parameters.is_empty() {
            "void".to_owned()
        } else {
            parameters.join(", ")
        };
        let body = if function.result == "void" { "" } else { "return 0; " };
        writeln!(
            source,
            "{} {}({parameters}) {{ {body}}}",
            function.result, function.name
        )
        .unwrap();
    }
    // The version is to change.
    for constant in header::constants()
        .into_iter()
        .filter(|name| !name.starts_with("FURNACE_VERSION_"))
    {
        writeln!(source, "char number_{constant}[1 + {constant}];").unwrap();
    }
    let (file, library) = (scratch.join("abi.c"), scratch.join("libabi.so"));
    fs::write(&file, source).unwrap();
    let mut compiler = Command::new("cc");
    done(compiler.args(["-g", "-shared", "-fPIC", "-o"]).arg(&library).arg(&file));
    library
}

/// What abidiff(1) says of removals and changes; additions are none.
fn difference(from: &Path, to: &Path) -> Option<String> {
    let mut comparison = Command::new("abidiff");
    comparison
        .args(["--no-added-syms", "--no-show-locs", "--no-architecture"])
        .arg(from)
        .arg(to);
    let output = comparison.output().unwrap();
    let error_bits = 0b11;
    let code = output.status.code().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        code & error_bits,
        0,
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    (code != 0).then_some(told)
}

fn is_what_it_was() -> Outcome {
    let scratch = Scratch::new();
    let library = stand_in(scratch.path(), &include().join("furnace.h"));
    if std::env::var_os("FURNACE_WRITE_ABI").is_some() {
        let mut writer = Command::new("abidw");
        writer.args([
            "--no-corpus-path",
            "--no-comp-dir-path",
            "--no-show-locs",
            "--short-locs",
            "--out-file",
        ]);
        done(writer.arg(dump()).arg(&library));
    }
    match difference(&dump(), &library) {
        None => Ok(()),
        Some(difference) => Err(difference.into()),
    }
}

fn changes_are_noticed() -> Outcome {
    let scratch = Scratch::new();
    let before = fs::read_to_string(include().join("furnace.h"))?;
    let edits = [
        ("gone", "void furnace_error_free(furnace_error *error);", ""),
        ("retyped", "uint64_t milliseconds", "uint32_t milliseconds"),
        (
            "renumbered",
            "#define FURNACE_ERROR_NOT_FOUND 2\n",
            "#define FURNACE_ERROR_NOT_FOUND 3\n",
        ),
        (
            "called back otherwise",
            "void (*furnace_log_callback)(int level",
            "void (*furnace_log_callback)(long level",
        ),
    ];
    for (name, from, to) in edits {
        assert!(before.contains(from), "{from}");
        let header = scratch.join("furnace.h");
        fs::write(&header, before.replace(from, to))?;
        let library = stand_in(scratch.path(), &header);
        assert!(difference(&dump(), &library).is_some(), "{name} is not noticed");
    }
    let header = scratch.join("furnace.h");
    fs::write(
        &header,
        before.replace(
            "void furnace_error_free",
            "int furnace_added(int number);\nvoid furnace_error_free",
        ),
    )?;
    assert_eq!(difference(&dump(), &stand_in(scratch.path(), &header)), None);
    Ok(())
}
