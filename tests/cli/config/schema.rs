//! The schema of a file, against what is refused and what is typed.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::examples::EXAMPLES;

pub(super) fn trials() -> Vec<Trial> {
    let validator = [Need::Program("jsonschema")];
    vec![
        test("the_schema_has_every_option", &[], every_option),
        test("the_schema_describes_every_key", &[], descriptions),
        test("the_examples_are_valid", &validator, examples),
        test("the_schema_refuses_what_furnace_refuses", &validator, refused),
        test("a_schema_that_nobody_reads_is_no_failure", &[], unread),
    ]
}

pub(super) fn schema() -> Value {
    let output = typed!["config-schema"].output();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The long options that the help of a command begins a line with.
fn options(command: &str) -> BTreeSet<String> {
    let help = String::from_utf8(typed![command, "-h"].output().stdout).unwrap();
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let names = lines.filter_map(|line| {
        let (_, long) = line.split_once("--")?;
        Some(
            long.split(|c: char| c != '-' && !c.is_ascii_alphanumeric())
                .next()?
                .to_owned(),
        )
    });
    names.collect()
}

fn every_option() -> Outcome {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["additionalProperties"], json!(false));
    // What every command has is of furnace itself.
    let of_furnace = options("doctor");
    let of_the_file = ["config", "without"].map(str::to_owned);
    let mut typed: BTreeSet<String> = options("run").difference(&of_furnace).cloned().collect();
    assert!(of_the_file.iter().all(|option| typed.remove(option)), "{typed:?}");
    assert!(typed.contains("bind-ro") && typed.contains("no-terminal"), "{typed:?}");
    typed.extend(["root", "command"].map(str::to_owned));
    let keys: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, typed);
    Ok(())
}

fn descriptions() -> Outcome {
    for (key, about) in schema()["properties"].as_object().unwrap() {
        for field in ["title", "description"] {
            let text = about[field].as_str().unwrap_or_default();
            assert!(text.len() > 5, "{field} of {key}: {about}");
        }
    }
    let schema = schema();
    assert_eq!(schema["properties"]["dev"]["enum"], json!(["minimal", "host"]));
    assert_eq!(schema["properties"]["dev"]["default"], "minimal");
    assert_eq!(schema["properties"]["read-only"]["type"], "boolean");
    assert_eq!(schema["properties"]["bind"]["items"]["type"], "string");
    Ok(())
}

/// What a validator that knows nothing of Furnace says of a file.
fn validate(scratch: &Scratch, text: &str) -> Output {
    let table: toml::Table = text.parse().unwrap();
    fs::write(scratch.join("instance"), serde_json::to_vec(&table).unwrap()).unwrap();
    fs::write(scratch.join("schema"), schema().to_string()).unwrap();
    let mut validator = Command::new("jsonschema");
    validator
        .arg("-i")
        .arg(scratch.join("instance"))
        .arg(scratch.join("schema"));
    validator.output().unwrap()
}

fn examples() -> Outcome {
    let scratch = Scratch::new();
    for example in EXAMPLES {
        let output = validate(&scratch, &example.text());
        assert!(output.status.success(), "{}: {output:?}", example.name);
    }
    let output = validate(
        &scratch,
        "user = 5\nephemeral = true\npartition = '1'\nchanges = '-'\ndev = 'host'",
    );
    assert!(output.status.success(), "{output:?}");
    Ok(())
}

fn refused() -> Outcome {
    let scratch = Scratch::new();
    for text in [
        "bnid = []",
        "verbose = true",
        "config = 'x'",
        "bind = '/etc'",
        "bind = [1]",
        "read-only = 'yes'",
        "ephemeral = 1.5",
        "ephemeral = -1",
        "user = -1",
        "user = ''",
        "hostname = 5",
        "dev = 'hots'",
        "command = []",
        "command = 'ls'",
        "root = ''",
        "overlay = ''",
        "env = {}",
        "root = \"\\u0000\"",
    ] {
        let file = super::written(&scratch, text);
        typed!["run", "--config", file, "/", "true"]
            .complains(125, &[":1:"])
            .check()?;
        let output = validate(&scratch, text);
        assert_eq!(output.status.code(), Some(1), "{text}: {output:?}");
    }
    Ok(())
}

fn unread() -> Outcome {
    typed!["config-schema"].by_shell("\"$@\" | :").check()?;
    typed!["config-schema"]
        .by_shell("exec \"$@\" >/dev/full")
        .complains(125, &["cannot write to standard output"])
        .check()
}
