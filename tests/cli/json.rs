//! What is told as JSON: exactly the fields that the help promises, whichever command it is.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::generated::{commands, help, options};
use crate::named::names::{Names, kill, lines};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("json_has_the_fields_that_are_documented", &[Need::Root], documented),
        test(
            "json_of_changes_has_the_fields_that_are_documented",
            &[Need::Root],
            changes,
        ),
        test("json_of_the_log_has_the_fields_that_are_documented", &[Need::Root], log),
    ]
}

type Fields = BTreeSet<String>;

fn set(fields: &[&str]) -> Fields {
    fields.iter().map(|field| (*field).to_owned()).collect()
}

/// The words that a list in `text` explains, each at the beginning of a line that is indented by `indent`.
fn explained(text: &str, indent: usize) -> Fields {
    let fields = text.lines().filter_map(|line| {
        let (space, rest) = line.split_at_checked(indent)?;
        let (word, _) = rest.split_once("  ").or_else(|| rest.split_once(' '))?;
        let is_field = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        (space.trim().is_empty() && is_field).then(|| word.to_owned())
    });
    fields.collect()
}

/// What the section on JSON of a command's help explains.
fn promised(command: &str) -> Fields {
    let help = help(command);
    let (_, section) = help
        .split_once("\nJSON:\n")
        .unwrap_or_else(|| panic!("{command} does not document its JSON"));
    explained(section.split("\n\n").next().unwrap(), 2)
}

fn fields(object: &Value) -> Fields {
    object.as_object().unwrap().keys().cloned().collect()
}

/// Compares objects with what is promised of them. What is there only where a path is no UTF-8 may be missing, but only all
/// of it or none.
#[track_caller]
fn are_as_promised(command: &str, objects: &[Value]) {
    let promised = promised(command);
    let plain: Fields = promised
        .iter()
        .filter(|field| !field.ends_with("_hex"))
        .cloned()
        .collect();
    assert!(!objects.is_empty(), "{command}");
    for object in objects {
        let fields = fields(object);
        assert!(
            fields == plain || fields == promised,
            "{command}: {object}, but {promised:?}"
        );
    }
}

fn documented() -> Outcome {
    // A root that is no UTF-8, and one that is.
    let scratch = Scratch::new();
    let odd = scratch.join(OsStr::from_bytes(b"root-\xff"));
    fs::create_dir(&odd)?;
    let names = Names::with(Root::small());
    names.start("even");
    names
        .typed("start", &["--name", "odd", "--ephemeral"])
        .then(&odd)
        .check()?;
    for command in commands() {
        if !options(&command).contains("--json") {
            continue;
        }
        let objects = match command.as_str() {
            "explain" => lines(&typed!["explain", "--json", "/"].output().stdout),
            "doctor" => lines(&typed!["doctor", "--json"].output().stdout),
            "ps" => {
                let listed = lines(&names.typed("ps", &["--json"]).output().stdout);
                let with_hex = listed.iter().filter(|object| object.get("root_hex").is_some());
                assert_eq!(with_hex.count(), 1, "{listed:?}");
                listed
            }
            "start" => {
                let started = names.typed("start", &["--json", "--name", "another"]);
                lines(&started.then(names.root().path()).output().stdout)
            }
            "gc" => {
                kill(names.pid("even"));
                names.until(&[("another", "running"), ("even", "ended"), ("odd", "running")]);
                lines(&names.typed("gc", &["--json"]).output().stdout)
            }
            other => return Err(format!("nobody has looked at what {other} --json tells").into()),
        };
        are_as_promised(&command, &objects);
    }
    names.typed("stop", &["odd", "another"]).check()?;
    names.end()
}

fn changes() -> Outcome {
    let help = help("run");
    let (_, section) = help.split_once("--changes <FILE>\n").unwrap();
    let (list, below) = section.split_once("A path that is not UTF-8").unwrap();
    let mut promised = explained(list, 12);
    assert!(
        promised.contains("path") && promised.contains("link_to"),
        "{promised:?}"
    );
    let marked = below.split("\n\n").next().unwrap().split('`').skip(1).step_by(2);
    promised.extend(marked.map(str::to_owned));

    let root = Root::small();
    fs::write(root.join("old"), "old\n")?;
    let list = Scratch::new();
    let script =
        r"echo new >old; echo x >first; ln first second; x=$(printf 'odd-\377'); echo x >$x; ln $x y; ln y $x-2";
    typed![
        "run",
        "--ephemeral",
        "--isolate-network",
        "--changes",
        list.join("list"),
        root.path(),
        "sh",
        "-c",
        script
    ]
    .check()?;
    let all: Fields = lines(&fs::read(list.join("list"))?).iter().flat_map(fields).collect();
    assert_eq!(all, promised);
    Ok(())
}

fn log() -> Outcome {
    let help = help("run");
    let (_, section) = help.split_once("--log-format <FORMAT>\n").unwrap();
    let paragraph = section
        .split("\n\n")
        .find(|paragraph| paragraph.contains("JSON object"))
        .or_else(|| {
            section
                .split("          \n")
                .find(|paragraph| paragraph.contains("JSON object"))
        });
    let marked = paragraph.unwrap().split('`').skip(1).step_by(2);
    let promised: Fields = marked.map(str::to_owned).collect();

    let event = typed!["explain", "-vv", "--log-format=json", "/"].output();
    let error = typed![
        "run",
        "--log-format=json",
        Path::new(OsStr::from_bytes(b"/\xff")),
        "true"
    ]
    .output();
    let event = lines(&event.stderr);
    let all: Fields = event.iter().chain(&lines(&error.stderr)).flat_map(fields).collect();
    assert_eq!(all, promised);
    assert!(
        event
            .iter()
            .all(|event| fields(event) == set(&["time", "level", "message", "fields"]))
    );
    Ok(())
}
