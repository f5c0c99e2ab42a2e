//! Root inside types into terminals. What it types must never come from the caller's, where a shell would take it for
//! the caller's own.

use std::fs::File;
use std::process::Command;

use furnace_tests::{Need, Outcome, Root, Scratch, Window, compile_c, furnace, test};
use libtest_mimic::Trial;

use crate::attackers::root_with;

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("setsid")];
    vec![
        test("tty_injection_succeeds_without_a_container", &needs, control),
        test("tty_injection_from_a_terminal_of_ones_own", &needs, || {
            inject(&[], None)
        }),
        test("tty_injection_from_one_that_was_asked_for", &needs, || {
            inject(&["-t"], None)
        }),
        test("tty_injection_without_a_terminal", &needs, || inject(&["-T"], None)),
        test("tty_injection_with_input_only", &needs, || inject(&["-i"], None)),
        test("tty_injection_by_standard_error_alone", &needs, || inject(&[], Some(1))),
        test("tty_injection_by_standard_output_alone", &needs, || {
            inject(&["-T"], Some(2))
        }),
    ]
}

const TYPE: &str = include_str!("programs/type.c");

/// The attacker is good enough, and the test would see it.
fn control() -> Outcome {
    let scratch = Scratch::new();
    let program = compile_c(scratch.path(), "type", TYPE);
    let (status, shown, window) = Window::new().start(&Command::new(program), |_| {}).end();
    assert!(status.success());
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(shown.contains("typed on descriptor 0"), "{shown}");
    let typed = window.unread();
    assert!(contains(&typed, b"INJECTED"), "{}", typed.escape_ascii());
    Ok(())
}

/// Has it try in a container, with one of the caller's streams leading away from the terminal or none.
fn inject(options: &[&str], elsewhere: Option<u32>) -> Outcome {
    let root: Root = root_with(&[("type", TYPE)]);
    let mut command = Command::new(furnace());
    command.arg("run").args(options).arg(root.path()).arg("/bin/type");
    let session = Window::new().start(&command, |command| {
        let null = File::options().write(true).open("/dev/null").unwrap();
        match elsewhere {
            Some(1) => {
                command.stdout(null);
            }
            Some(_) => {
                command.stderr(null);
            }
            None => {}
        }
    });
    let (status, shown, window) = session.end();
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(status.success(), "{status}: {shown}");
    assert!(elsewhere == Some(1) || shown.contains("tried"), "{shown}");
    let typed = window.unread();
    assert!(typed.is_empty(), "{}: {shown}", typed.escape_ascii());
    Ok(())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
