//! `furnace` needs nothing of the system that it is on: no loader, no library, no file.

use std::path::Path;
use std::process::Command;

use furnace_tests::{Need, Outcome, Root, furnace, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("program_asks_for_no_loader", &[], program_asks_for_no_loader),
        test(
            "works_where_there_is_nothing_else",
            &[Need::Root],
            works_where_there_is_nothing_else,
        ),
    ]
}

fn program_asks_for_no_loader() -> Outcome {
    const LOAD: u32 = 1;
    const DYNAMIC: u32 = 2;
    const INTERP: u32 = 3;
    let kinds = segments(&std::fs::read(furnace())?);
    assert!(kinds.contains(&LOAD), "{kinds:?}");
    assert!(!kinds.contains(&DYNAMIC) && !kinds.contains(&INTERP), "{kinds:?}");
    Ok(())
}

/// The kinds of segment that a 64-bit program of this machine has (elf(5), `p_type`).
fn segments(program: &[u8]) -> Vec<u32> {
    assert_eq!(program[..5], *b"\x7fELF\x02");
    let offset = u64::from_ne_bytes(program[32..40].try_into().unwrap());
    let [size, count] = [54, 56].map(|at| u16::from_ne_bytes(program[at..at + 2].try_into().unwrap()));
    let headers = program[usize::try_from(offset).unwrap()..].chunks_exact(size.into());
    headers
        .take(count.into())
        .map(|header| u32::from_ne_bytes(header[..4].try_into().unwrap()))
        .collect()
}

/// A container in a container, neither of which holds any other program.
fn works_where_there_is_nothing_else() -> Outcome {
    let root = Root::bare();
    root.install(furnace());
    let inner = root.join("inner/bin");
    std::fs::create_dir_all(&inner)?;
    std::fs::copy(furnace(), inner.join("furnace"))?;
    let version = Command::new(furnace()).arg("--version").output()?.stdout;
    assert!(version.starts_with(b"furnace "), "{version:?}");
    let installed = Path::new("/bin/furnace");
    typed!["run", root.path(), installed, "run", "/inner", installed, "--version"]
        .stdout(version)
        .check()
}
