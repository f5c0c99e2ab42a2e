//! Rights that come from the program's file.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use furnace_tests::{Need, Outcome, Scratch, furnace, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![test(
        "refuses_at_secure",
        &[Need::Root, Need::SetUserId],
        refuses_at_secure,
    )]
}

fn refuses_at_secure() -> Outcome {
    const NOBODY: u32 = 65534;
    let scratch = Scratch::new();
    let program = scratch.join("furnace");
    std::fs::copy(furnace(), &program)?;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o4755))?;
    let output = Command::new(&program)
        .args(["run", "--ephemeral", "/", "true"])
        .uid(NOBODY)
        .output()?;
    assert_eq!(output.status.code(), Some(125));
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains("rights that come from its file"), "{said}");
    assert!(output.stdout.is_empty());
    Ok(())
}
