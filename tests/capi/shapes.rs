//! What the header is to compilers: plain C and plain C++, of every age; and what is in it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use furnace_tests::{Need, Outcome, Scratch, include, test};
use libtest_mimic::Trial;

use crate::binding::{Build, compile, done};
use crate::{header, sources};

pub(crate) fn trials() -> Vec<Trial> {
    let cpp = [Need::Program("g++")];
    vec![
        test("the_header_is_c", &[], is_c),
        test("the_header_is_cpp", &cpp, is_cpp),
        test("the_header_stands_alone", &[], stands_alone),
        test("the_header_has_all_functions", &[], has_all_functions),
        test("the_header_says_something_of_everything", &[], says_something),
        test("of_each_handle_it_is_said_who_may_use_it", &[], says_who),
        test("the_example_in_the_header_compiles", &[], example_compiles),
    ]
}

const WARNINGS: [&str; 6] = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Werror",
    "-Wstrict-prototypes",
    "-fsyntax-only",
];

fn is_c() -> Outcome {
    for standard in ["c99", "c11", "c17", "gnu99", "gnu17"] {
        let mut compiler = Command::new("cc");
        compiler
            .args(WARNINGS)
            .arg(format!("-std={standard}"))
            .args(["-x", "c"]);
        done(compiler.arg(include().join("furnace.h")));
    }
    Ok(())
}

fn is_cpp() -> Outcome {
    for standard in ["c++11", "c++14", "c++17", "c++20", "c++23"] {
        let mut compiler = Command::new("g++");
        compiler.args(WARNINGS.iter().filter(|warning| **warning != "-Wstrict-prototypes"));
        compiler.arg(format!("-std={standard}")).args(["-x", "c++"]);
        done(compiler.arg(include().join("furnace.h")));
    }
    Ok(())
}

/// Included twice, and before anything else.
fn stands_alone() -> Outcome {
    let scratch = Scratch::new();
    let source = scratch.join("alone.c");
    fs::write(
        &source,
        "#include <furnace.h>\n#include <furnace.h>\nint main(void) { return 0; }\n",
    )?;
    let program = compile(scratch.path(), "alone", &source, Build::Shared);
    done(&mut Command::new(program));
    Ok(())
}

fn has_all_functions() -> Outcome {
    let declared: BTreeSet<String> = header::functions().into_iter().map(|function| function.name).collect();
    assert_eq!(declared, sources::exported_functions());
    Ok(())
}

fn says_something() -> Outcome {
    let text = header::text();
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let declares = !line.starts_with([' ', '#', '/', '}']) && line.contains("furnace_");
        let defines = line.starts_with("#define FURNACE_") && !line.ends_with("_H");
        if declares || defines {
            assert_eq!(lines[index - 1], " */", "nothing is said of {line}");
        }
    }
    Ok(())
}

/// In the header, and to the compiler.
fn says_who() -> Outcome {
    let text = header::text();
    let asserted = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../furnace-capi/src/threads.rs"))?;
    for handle in header::handles() {
        let before = text.split(&format!("typedef struct {handle} ")).next().unwrap();
        let comment = before.rsplit("/**").next().unwrap();
        assert!(comment.contains("thread"), "of threads nothing is said of {handle}");
        assert!(
            asserted.contains(&format!("::<{handle}>()")),
            "{handle} is not in threads.rs"
        );
    }
    Ok(())
}

fn example_compiles() -> Outcome {
    let overview = header::overview();
    let inside = overview
        .lines()
        .skip_while(|line| !line.contains("#include <furnace.h>"));
    let example: Vec<&str> = inside
        .take_while(|line| line.is_empty() || line.starts_with("     "))
        .collect();
    let example = example.join("\n");
    let end = example.rfind("     }").unwrap() + 6;
    let scratch = Scratch::new();
    let source = scratch.join("example.c");
    fs::write(&source, &example[..end])?;
    compile(scratch.path(), "example", &source, Build::Shared);
    Ok(())
}
