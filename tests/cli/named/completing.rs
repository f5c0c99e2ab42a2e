//! Names of containers, while somebody types.

use std::process::{Command, Stdio};

use furnace_tests::{Need, Outcome, furnace, test};
use libtest_mimic::Trial;

use super::names::{Names, kill};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("named_completion_knows_where_names_stand", &[Need::Root], places),
        test("named_completion_in_bash", &[Need::Root, Need::Program("bash")], bash),
        test("named_completion_in_zsh", &[Need::Root, Need::Program("zsh")], zsh),
        test("named_completion_in_fish", &[Need::Root, Need::Program("fish")], fish),
        test("named_completion_is_not_to_be_seen", &[], unseen),
    ]
}

/// Two that run, and one that has ended.
fn three() -> Names {
    let names = Names::new();
    names.start("web");
    names.start("work");
    kill(names.start("done"));
    names.until(&[("done", "ended"), ("web", "running"), ("work", "running")]);
    names
}

fn places() -> Outcome {
    let names = three();
    let directory = names.path();
    let directory = directory.to_str().unwrap();
    let told = |words: &str, expected: &str| {
        let words = format!(
            "furnace {}",
            words.replace("DIR", &format!("--runtime-dir {directory}"))
        );
        let words: Vec<&str> = words.split(' ').collect();
        let typed = words
            .iter()
            .fold(typed!["complete-name", "--"], |typed, word| typed.then(word));
        let lines: String = expected.split_whitespace().map(|name| format!("{name}\n")).collect();
        typed.stdout(lines).check()
    };
    told("stop DIR ", "done web work")?;
    told("stop DIR w", "done web work")?;
    told("stop DIR web ", "done work")?;
    told("wait DIR ", "done web work")?;
    told("wait DIR web ", "")?;
    told("wait --timeout 3 DIR ", "done web work")?;
    told("wait DIR --timeout ", "")?;
    told("exec DIR ", "web work")?;
    told("-v exec DIR --env A=b --clear-env -t ", "web work")?;
    told("--log-format json exec DIR -tT ", "web work")?;
    told("exec DIR -- ", "web work")?;
    told("exec DIR --env ", "")?;
    told("exec DIR web ", "")?;
    told("exec DIR web ls ", "")?;
    told("exec DIR --pid 3 ", "")?;
    told("shell DIR --in ", "web work")?;
    told("shell DIR --in w", "web work")?;
    // Bash takes it for three words.
    told("shell DIR --in = w", "web work")?;
    told("shell DIR --in=w", "--in=web --in=work")?;
    told("shell DIR ", "")?;
    told("stop DIR -", "")?;
    told("start DIR --name ", "")?;
    told("run / ", "")?;
    told("stop", "")?;
    told("no-such DIR ", "")?;
    typed!["complete-name"].check()?;
    typed![
        "complete-name",
        "--",
        "furnace",
        "stop",
        "--runtime-dir",
        "/no/such",
        ""
    ]
    .check()?;
    names.end()
}

/// What a shell prints that completes, with `furnace` on its path.
fn asked(shell: &str, names: &Names, words: &[&str], script: &str) -> String {
    let path = furnace().parent().unwrap().to_str().unwrap().to_owned();
    let output = Command::new(shell)
        .args(words)
        .args(["-c", script])
        .env("PATH", format!("{path}:{}", std::env::var("PATH").unwrap()))
        .env("DIR", names.path())
        .env("HOME", names.root().path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn bash() -> Outcome {
    let names = three();
    let complete = |words: &str| {
        let script = format!(
            "source <(furnace completions bash); COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             function=$(complete -p furnace); function=${{function#*-F }}; function=${{function%% *}}; \
             $function furnace \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        asked("bash", &names, &["--norc"], &script)
    };
    assert_eq!(complete("furnace stop --runtime-dir \"$DIR\" w"), "web work\n");
    assert_eq!(complete("furnace stop --runtime-dir \"$DIR\" ''"), "done web work\n");
    assert_eq!(complete("furnace exec --runtime-dir \"$DIR\" we"), "web\n");
    assert_eq!(complete("furnace shell --runtime-dir \"$DIR\" --in = wo"), "work\n");
    assert_eq!(complete("furnace shell --runtime-dir \"$DIR\" --in ''"), "web work\n");
    assert_eq!(
        complete("furnace exec --runtime-dir \"$DIR\" web --work"),
        "--workdir\n"
    );
    names.end()
}

fn zsh() -> Outcome {
    let names = three();
    // What the completion system has is replaced by what shows the names that it would be given.
    let complete = |words: &str| {
        let script = format!(
            "autoload() {{ : }}; compdef() {{ : }}; compadd() {{ shift; print -r -- ${{(P)1}} }}; \
             eval \"$(furnace completions zsh)\"; _furnace_of_options() {{ print options }}; \
             words=({words}); CURRENT=$#words; _furnace"
        );
        asked("zsh", &names, &["-f"], &script)
    };
    assert_eq!(complete("furnace stop --runtime-dir $DIR ''"), "done web work\n");
    assert_eq!(complete("furnace exec --runtime-dir $DIR w"), "web work\n");
    assert_eq!(complete("furnace shell --runtime-dir $DIR --in ''"), "web work\n");
    assert_eq!(complete("furnace shell --runtime-dir $DIR ''"), "options\n");
    names.end()
}

fn fish() -> Outcome {
    let names = three();
    let complete = |typed: &str| {
        let script = format!("furnace completions fish | source; complete -C \"furnace {typed}\"");
        let mut found: Vec<String> = asked("fish", &names, &["--no-config"], &script)
            .lines()
            .map(|line| line.split('\t').next().unwrap().to_owned())
            .collect();
        found.sort();
        found
    };
    assert_eq!(complete("stop --runtime-dir $DIR "), ["done", "web", "work"]);
    assert_eq!(complete("exec --runtime-dir $DIR we"), ["web"]);
    assert_eq!(complete("shell --runtime-dir $DIR --in "), ["web", "work"]);
    assert_eq!(complete("exec --runtime-dir $DIR web --workd"), ["--workdir"]);
    names.end()
}

fn unseen() -> Outcome {
    for words in [
        &["--help"][..],
        &["man"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["completions", "fish"],
    ] {
        let typed = words.iter().fold(typed![], |typed, word| typed.then(word));
        let output = typed.output();
        let text = String::from_utf8(output.stdout)?;
        let asks = text.matches("complete-name -- ").count();
        assert_eq!(text.matches("complete-name").count(), asks, "{words:?}");
    }
    Ok(())
}
