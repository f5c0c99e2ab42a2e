//! Arguments and environments of every size: whole, or an error that says so.

use furnace_core::{Container, ErrorKind};
use furnace_tests::{Need, Outcome, Scratch, compile_c, test};
use libtest_mimic::Trial;

use crate::attackers::{builder, root_with};

pub(crate) fn trials() -> Vec<Trial> {
    vec![test("wire_limits", &[Need::Root], wire_limits)]
}

const LENGTHS: &str = include_str!("programs/lengths.c");

/// The longest argument, with its NUL: 32 pages of 4 KiB.
const LONGEST: usize = 131_072;

/// The same program with the same arguments outside says what has to come of it.
fn wire_limits() -> Outcome {
    let root = root_with(&[("lengths", LENGTHS)]);
    let scratch = Scratch::new();
    let outside = compile_c(scratch.path(), "lengths", LENGTHS);
    let container = builder(&root).start()?;
    let compare = |arguments: &[String], environment: &[(String, String)]| -> Result<bool, String> {
        let mut command = std::process::Command::new(&outside);
        let expected = command
            .args(arguments)
            .env_clear()
            .envs(environment.iter().cloned())
            .output();
        let got = inside(&container, arguments, environment);
        match (expected, got) {
            (Ok(expected), Ok(got)) if expected.stdout == got && !got.is_empty() => Ok(true),
            (Err(_), Err(error)) if error.kind() == ErrorKind::ArgumentListTooLong => {
                let told = std::error::Error::source(&error)
                    .map(ToString::to_string)
                    .unwrap_or_default();
                if told.contains("E2BIG") {
                    Ok(false)
                } else {
                    Err(format!("not named: {error}: {told}"))
                }
            }
            (expected, got) => Err(format!("outside: {expected:?}\ninside: {got:?}")),
        }
    };
    let one = |length: usize| vec!["x".repeat(length)];
    let variable = |length: usize| vec![("V".to_owned(), "x".repeat(length - "V=".len()))];

    // Around the size at which a request no longer travels in its message.
    for length in (7900..8300).step_by(3) {
        assert!(compare(&one(length), &[])?, "{length} bytes");
    }
    for (length, fits) in [
        (LONGEST - 2, true),
        (LONGEST - 1, true),
        (LONGEST, false),
        (LONGEST + 1, false),
    ] {
        assert_eq!(compare(&one(length), &[])?, fits, "{length} bytes");
        assert_eq!(compare(&[], &variable(length))?, fits, "{length} bytes");
    }
    let megabytes = |count: usize| vec!["x".repeat(65_536); count * 16];
    assert!(compare(&megabytes(1), &[])?);
    // It depends on the limit of the stack whether these fit; outside it is the same.
    compare(&megabytes(2), &[])?;
    compare(&megabytes(6), &[])?;
    assert!(!compare(&megabytes(7), &[])?, "more than the kernel ever takes");
    compare(&vec!["y".to_owned(); 100_000], &[])?;
    compare(&vec!["y".to_owned(); 300_000], &[])?;
    compare(&vec![String::new(); 50_000], &variable(100_000))?;
    let variables: Vec<_> = (0..20_000)
        .map(|number| (format!("V{number:06}"), number.to_string()))
        .collect();
    compare(&[], &variables)?;
    assert!(compare(&one(10), &[])?, "it does not recover");
    Ok(())
}

fn inside(
    container: &Container,
    arguments: &[String],
    environment: &[(String, String)],
) -> furnace_core::Result<Vec<u8>> {
    let mut command = container.command("/bin/lengths");
    command.args(arguments).env_clear().envs(environment.iter().cloned());
    Ok(command.output()?.stdout)
}
