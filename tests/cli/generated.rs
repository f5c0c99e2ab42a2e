//! Completions and manual pages, against the help that they are made with.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("completions_know_every_option", &[], completions),
        test("completions_complete_in_bash", &[Need::Program("bash")], in_bash),
        test("a_shell_without_completions_is_refused", &[], no_such_shell),
        test("every_command_has_a_page_with_its_options", &[], pages),
        test("a_page_that_cannot_be_written_is_told", &[], unwritable),
    ]
}

const COMMANDS: [&str; 10] = [
    "run", "shell", "start", "exec", "ps", "stop", "wait", "gc", "explain", "doctor",
];

fn told(words: &[&str]) -> String {
    let output = Command::new(furnace_tests::furnace()).args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", output.status);
    assert_eq!(output.stderr, b"");
    String::from_utf8(output.stdout).unwrap()
}

/// The long options that the help of a command begins a line with.
fn options(command: &str) -> BTreeSet<String> {
    let help = told(&[command, "--help"]);
    let words = help.lines().filter_map(|line| {
        let line = line.trim_start();
        let long = line.find("--").filter(|at| *at == 0 || line.starts_with('-'))?;
        let end = line[long..].find(|letter: char| letter != '-' && !letter.is_ascii_alphanumeric());
        Some(line[long..end.map_or(line.len(), |end| long + end)].to_owned())
    });
    let found: BTreeSet<String> = words.filter(|word| word.len() > 2).collect();
    assert!(found.contains("--help"), "{found:?}");
    found
}

fn completions() -> Outcome {
    for shell in ["bash", "zsh", "fish"] {
        let script = told(&["completions", shell]);
        for command in COMMANDS {
            assert!(script.contains(command), "{command} in {shell}");
            for option in options(command) {
                let name = option.trim_start_matches('-');
                assert!(script.contains(name), "{command} {option} in {shell}");
            }
        }
    }
    Ok(())
}

fn in_bash() -> Outcome {
    let typed = "source /dev/stdin; COMP_WORDS=(furnace run --eph); COMP_CWORD=2; \
                 _furnace furnace --eph run; echo \"${COMPREPLY[@]}\"";
    let scratch = Scratch::new();
    fs::write(scratch.join("script"), told(&["completions", "bash"]))?;
    let output = Command::new("bash")
        .args(["--norc", "-c", typed])
        .stdin(fs::File::open(scratch.join("script"))?)
        .output()?;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "--ephemeral\n");
    Ok(())
}

fn no_such_shell() -> Outcome {
    typed!["completions", "csh"]
        .complains(125, &["csh", "bash", "zsh", "fish"])
        .check()
}

fn pages() -> Outcome {
    let scratch = Scratch::new();
    told(&["man", "--dir", scratch.path().to_str().unwrap()]);
    for command in COMMANDS {
        let page = fs::read_to_string(scratch.join(format!("furnace-{command}.1")))?.replace('\\', "");
        for option in options(command) {
            assert!(page.contains(&option), "{command} {option}");
        }
    }
    let whole = fs::read_to_string(scratch.join("furnace.1"))?;
    assert_eq!(whole, told(&["man"]));
    assert!(COMMANDS.iter().all(|command| whole.contains(command)));
    Ok(())
}

fn unwritable() -> Outcome {
    typed!["man", "--dir", "/no/such/directory"]
        .complains(125, &["manual pages", "No such file or directory"])
        .check()
}
