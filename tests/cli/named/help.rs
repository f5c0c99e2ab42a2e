//! What the commands for names tell of themselves.

use std::collections::BTreeSet;
use std::fs;

use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;
use serde_json::Value;

use super::names::{Names, lines};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("named_help_is_whole", &[], whole),
        test("named_help_has_every_key_of_json", &[Need::Root], keys),
    ]
}

fn help(command: &str) -> String {
    let output = typed![command, "--help"].output();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn whole() -> Outcome {
    for command in ["start", "exec", "ps", "stop", "wait", "gc"] {
        let text = help(command);
        for part in [
            "\nUsage: furnace ",
            "\nExamples:\n  ",
            "\nExit status:\n  ",
            "\n  125  ",
            "--runtime-dir <DIR>",
        ] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
        assert_eq!(
            text.contains("\nJSON:\n  With --json "),
            text.contains("--json\n"),
            "{text}"
        );
    }
    for part in [
        "NAME [--] COMMAND",
        "--pid PID [--] COMMAND",
        "128+N",
        "126",
        "127",
        "-t, --terminal",
        "--user",
    ] {
        let text = help("exec");
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
    assert!(help("shell").contains("--in <NAME>"));
    Ok(())
}

/// The keys that a help describes, one a line.
fn described(command: &str) -> BTreeSet<String> {
    let text = help(command);
    let (_, after) = text.split_once("\nJSON:\n").unwrap();
    let (json, _) = after.split_once("\n\n").unwrap();
    let keys = json.lines().skip(1).filter_map(|line| line.strip_prefix("  "));
    let keys = keys.filter(|line| !line.starts_with(' '));
    keys.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

fn told(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

fn keys() -> Outcome {
    let names = Names::new();
    let all = BTreeSet::from(["name", "pid", "standing", "since", "root", "root_hex"].map(str::to_owned));
    assert_eq!((described("ps"), described("start")), (all.clone(), all.clone()));
    names.start("it");
    let mut but_hex = all;
    but_hex.remove("root_hex");
    assert_eq!(told(&names.list()[0]), but_hex);
    names.typed("stop", &["it"]).check()?;
    fs::write(names.record("it"), "")?;
    let freed = lines(&names.typed("gc", &["--json"]).output().stdout);
    assert_eq!(told(&freed[0]), described("gc"));
    names.end()
}
