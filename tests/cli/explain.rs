//! `furnace explain`: the steps of a run, none of which is taken.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use furnace_core::Container;
use furnace_tests::{Need, Outcome, Root, Scratch, furnace, test};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("explain_tells_the_steps_of_the_library", &[], steps),
        test("explain_takes_the_options_of_run", &[], options),
        test(
            "explain_needs_no_privileges_and_touches_nothing",
            &[Need::Root],
            untouched,
        ),
        test("a_failed_run_says_which_step_failed", &[Need::Root], failed_step),
        test("explain_fails_as_run_does", &[Need::Root], fails_alike),
        test("explain_escapes_what_it_tells", &[], escaped),
        test("explain_that_nobody_reads_is_no_failure", &[], unread),
        test("explain_has_help", &[], help),
    ]
}

const NOTE: &str = "furnace: note: root inside is root: with all these steps the container is no boundary against a \
                    hostile root user in it\n";

/// As `explain` tells them to people.
fn numbered(steps: &[String]) -> String {
    let width = steps.len().to_string().len();
    let lines = steps.iter().zip(1..);
    lines
        .map(|(step, number)| format!("{number:width$}  {step}\n"))
        .collect()
}

/// As it tells them to programs.
fn objects(steps: &[String]) -> String {
    let lines = steps.iter().zip(1..);
    lines
        .map(|(step, number)| format!("{{\"step\":{number},\"text\":{}}}\n", Value::from(step.as_str())))
        .collect()
}

fn steps() -> Outcome {
    let root = Root::bare();
    let steps = Container::builder(root.path()).own_session(true).explain()?;
    assert!(steps.len() > 50);
    typed!["explain", root.path()]
        .stdout(numbered(&steps))
        .stderr(NOTE)
        .check()?;
    typed!["explain", "--json", root.path()]
        .stdout(objects(&steps))
        .check()?;
    let first: Value = serde_json::from_str(objects(&steps).lines().next().unwrap())?;
    assert_eq!(first, json!({ "step": 1, "text": steps[0] }));
    Ok(())
}

fn options() -> Outcome {
    let (root, source) = (Root::bare(), Scratch::new());
    let mut builder = Container::builder(root.path());
    builder.own_session(true);
    builder
        .ephemeral(true)
        .hostname("build")
        .isolate_network(true)
        .bind_ro(source.path(), "/src")
        .bind("/etc/hostname", "/etc/name");
    let steps = builder.explain()?;
    let bind = format!("{}:/src", source.path().display());
    let base = typed![
        "explain",
        "--json",
        "--ephemeral",
        "--hostname=build",
        "--isolate-network"
    ];
    let base = base.then("--bind-ro").then(bind).then("--bind=/etc/hostname:/etc/name");
    // Those of the command are taken too, and it itself: one word of a command line tells what it does.
    let base = base.then("--env=A=B").then("--user=1").then("--workdir=/src");
    let base = base.then(root.path()).then("--").then("make").then("--ephemeral=0");
    base.stdout(objects(&steps)).check()
}

/// All that can be seen of a tree.
fn snapshot(directory: &Path) -> BTreeMap<PathBuf, (u32, u64, i64, i64, u64)> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(path) = waiting.pop() {
        let about = fs::symlink_metadata(&path).unwrap();
        if about.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        let changed = (about.ctime(), about.ctime_nsec());
        found.insert(path, (about.mode(), about.size(), changed.0, changed.1, about.ino()));
    }
    found
}

fn untouched() -> Outcome {
    const NOBODY: u32 = 65534;
    let scratch = Scratch::new();
    let program = scratch.join("furnace");
    fs::copy(furnace(), &program)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    for directory in ["root", "upper", "source"] {
        fs::create_dir(scratch.join(directory))?;
    }
    symlink("/nowhere", scratch.join("root/dev"))?;
    fs::write(scratch.join("list"), "an earlier list")?;
    let before = snapshot(scratch.path());

    let mut command = std::process::Command::new(&program);
    command.uid(NOBODY).gid(NOBODY).current_dir(scratch.path());
    command.args(["explain", "--json", "--overlay", "upper", "--changes", "list"]);
    command.args(["--bind", "source:/a/b/c", "--tmpfs", "/m", "root", "true"]);
    let output = command.output()?;
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    let told = String::from_utf8(output.stdout)?;
    assert!(
        told.contains("mount the new overlay") || told.contains("put the new overlay"),
        "{told}"
    );
    assert!(told.contains("/a/b/c"), "{told}");
    assert_eq!(snapshot(scratch.path()), before);
    assert_eq!(fs::read_to_string(scratch.join("list"))?, "an earlier list");
    Ok(())
}

fn failed_step() -> Outcome {
    let root = Root::small();
    fs::remove_dir(root.join("dev"))?;
    fs::write(root.join("dev"), "no directory")?;
    let output = typed!["run", root.path(), "true"].output();
    assert_eq!(output.status.code(), Some(125));
    let said = String::from_utf8(output.stderr)?;
    let lines: Vec<&str> = said.lines().collect();
    let [why, step, help] = lines.as_slice() else {
        return Err(format!("three lines were expected, but:\n{said}").into());
    };
    assert!(help.starts_with("  help: "), "{said}");
    let number = step
        .strip_prefix("  step: ")
        .and_then(|rest| rest.strip_suffix(" of `furnace explain`"));
    let number: usize = number.ok_or_else(|| format!("no number in:\n{said}"))?.parse()?;

    let told = String::from_utf8(typed!["explain", root.path()].output().stdout)?;
    let line = told.lines().nth(number - 1).unwrap();
    let sentence = line.trim_start().strip_prefix(&format!("{number}  ")).unwrap();
    assert!(
        why.starts_with(&format!("furnace: cannot {sentence}, ")),
        "{line}\n{said}"
    );
    assert!(sentence.contains("/dev"), "{sentence}");
    Ok(())
}

fn fails_alike() -> Outcome {
    let nowhere = Scratch::new().join("root");
    for words in [["--hostname", ""], ["--lower", "/no/such/directory"]] {
        let run = typed!["run", words[0], words[1], &nowhere, "true"].output();
        let explain = typed!["explain", words[0], words[1], &nowhere, "true"].output();
        assert_eq!(run.status.code(), Some(125));
        assert_eq!(explain.status.code(), Some(125));
        assert_eq!(
            String::from_utf8_lossy(&explain.stderr),
            String::from_utf8_lossy(&run.stderr)
        );
        assert_eq!((explain.stdout.len(), run.stdout.len()), (0, 0));
    }
    typed!["explain"].complains(125, &["ROOT"]).check()?;
    typed!["explain", "--hostnam=x", "/"]
        .complains(125, &["--hostname"])
        .check()
}

fn escaped() -> Outcome {
    let (root, outside) = (Root::bare(), Scratch::new());
    let source = outside.join("x\u{1b}[31m\n 12  forged\u{202e}");
    fs::create_dir(&source)?;
    for option in ["--verbose", "--json"] {
        let output = typed!["explain", option, "--bind", &source, root.path()].output();
        assert_eq!(output.status.code(), Some(0));
        for told in [output.stdout, output.stderr] {
            let told = String::from_utf8(told)?;
            assert!(
                !told.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'),
                "{told}"
            );
            assert!(!told.lines().any(|line| line.starts_with(" 12  forged")), "{told}");
        }
    }
    Ok(())
}

fn unread() -> Outcome {
    let root = Root::bare();
    let json = || typed!["explain", "--json", root.path()];
    json().by_shell("exec \"$@\" >&-").check()?;
    json().by_shell("\"$@\" | :").check()?;
    json()
        .by_shell("exec \"$@\" >/dev/full")
        .complains(125, &["cannot write to standard output"])
        .check()
}

fn help() -> Outcome {
    let output = typed!["explain", "--help"].output();
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout)?;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "Usage: furnace explain [OPTIONS] ROOT",
        "--json",
        "step its number, from 1",
        "Root inside is root",
        "--overlay <UPPER>",
        "--bind <SRC[:DST[:FLAGS]]>",
        "--isolate-network",
    ] {
        assert!(words.contains(part), "{part} in\n{text}");
    }
    Ok(())
}
