//! The environment of a command.

use std::collections::BTreeSet;

use furnace_core::Command;
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::{Failed, Trial};

use crate::inside::system;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("environment_is_inherited", &[Need::Root], inherited),
        test("environment_can_be_added_to", &[Need::Root], added),
        test("environment_can_be_taken_from", &[Need::Root], removed),
        test("environment_can_be_cleared", &[Need::Root], cleared),
        test("environment_takes_any_bytes", &[Need::Root], any_bytes),
    ]
}

fn variables(command: &mut Command) -> Result<BTreeSet<String>, Failed> {
    let output = command.arg("-0").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}

fn of_this_process() -> BTreeSet<String> {
    let line = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        format!("{}={}", name.to_string_lossy(), value.to_string_lossy())
    };
    std::env::vars_os().map(line).collect()
}

fn inherited() -> Outcome {
    let container = system().start()?;
    assert_eq!(variables(&mut container.command("env"))?, of_this_process());
    Ok(())
}

fn added() -> Outcome {
    let container = system().start()?;
    let mut command = container.command("env");
    command
        .env("FURNACE_A", "1")
        .envs([("FURNACE_B", "2"), ("FURNACE_C", "")])
        .env("FURNACE_A", "3");
    let mut expected = of_this_process();
    expected.extend(["FURNACE_A=3", "FURNACE_B=2", "FURNACE_C="].map(str::to_owned));
    assert_eq!(variables(&mut command)?, expected);
    Ok(())
}

fn removed() -> Outcome {
    let container = system().start()?;
    let mut command = container.command("/usr/bin/env");
    command
        .env_remove("PATH")
        .env("FURNACE_A", "1")
        .env_remove("FURNACE_A")
        .env_remove("FURNACE_NONE");
    let mut expected = of_this_process();
    expected.retain(|variable| !variable.starts_with("PATH="));
    assert_eq!(variables(&mut command)?, expected);
    Ok(())
}

fn cleared() -> Outcome {
    let container = system().start()?;
    let mut command = container.command("env");
    command.env("FURNACE_A", "1").env_clear();
    assert_eq!(variables(&mut command)?, BTreeSet::new());
    command.env("FURNACE_B", "2");
    assert_eq!(variables(&mut command)?, BTreeSet::from(["FURNACE_B=2".to_owned()]));
    Ok(())
}

fn any_bytes() -> Outcome {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let container = system().start()?;
    let value = OsStr::from_bytes(b"\xff = \n");
    let output = container.command("env").env_clear().env("FURNACE_A", value).output()?;
    assert_eq!(output.stdout, b"FURNACE_A=\xff = \n\n");
    Ok(())
}
