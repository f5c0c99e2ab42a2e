//! What the linker sees of the library.

use std::collections::BTreeSet;
use std::process::Command;

use furnace_tests::{Need, Outcome, libfurnace, test};
use libtest_mimic::Trial;

use crate::binding::done;
use crate::header;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("nothing_else_is_exported", &[Need::Program("nm")], nothing_else),
        test("the_soname_follows_the_version", &[Need::Program("readelf")], soname),
        test("the_library_stays_loaded", &[Need::Program("readelf")], stays_loaded),
        test(
            "the_library_needs_libc_only",
            &[Need::Program("readelf")],
            needs_libc_only,
        ),
        test("panics_can_be_caught", &[Need::Program("nm")], panics_can_be_caught),
    ]
}

fn read(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(libfurnace().join("libfurnace.so"))
        .env("LC_ALL", "C");
    String::from_utf8(done(&mut command).stdout).unwrap()
}

fn nothing_else() -> Outcome {
    let list = read("nm", &["--dynamic", "--defined-only"]);
    let exported: BTreeSet<String> = list
        .lines()
        .map(|line| line.split(' ').next_back().unwrap().to_owned())
        .collect();
    let declared: BTreeSet<String> = header::functions().into_iter().map(|function| function.name).collect();
    assert_eq!(exported, declared);
    Ok(())
}

fn soname() -> Outcome {
    let dynamic = read("readelf", &["--dynamic"]);
    let version: Vec<&str> = env!("CARGO_PKG_VERSION").split('.').collect();
    let abi = if version[0] == "0" {
        format!("0.{}", version[1])
    } else {
        version[0].to_owned()
    };
    let expected = format!("Library soname: [libfurnace.so.{abi}]");
    assert!(dynamic.contains(&expected), "{dynamic}");
    Ok(())
}

/// A thread that has used it may end after whoever loaded it has let go of it.
fn stays_loaded() -> Outcome {
    let dynamic = read("readelf", &["--dynamic"]);
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
    Ok(())
}

fn needs_libc_only() -> Outcome {
    let dynamic = read("readelf", &["--dynamic"]);
    for line in dynamic.lines().filter(|line| line.contains("(NEEDED)")) {
        let known = [
            "[libc.so.6]",
            "[libgcc_s.so.1]",
            "[ld-linux-x86-64.so.2]",
            "[ld-linux-aarch64.so.1]",
        ];
        assert!(known.iter().any(|known| line.ends_with(known)), "{line}");
    }
    Ok(())
}

/// A library that is built to abort has no use for this.
fn panics_can_be_caught() -> Outcome {
    let wanted = read("nm", &["--dynamic", "--undefined-only"]);
    assert!(wanted.contains("_Unwind_RaiseException"), "{wanted}");
    Ok(())
}
