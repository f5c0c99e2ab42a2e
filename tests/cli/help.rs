//! What `furnace` tells about itself.

use furnace_tests::{Outcome, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("help_mentions_every_option", &[], every_option),
        test("help_has_examples_and_a_warning", &[], examples),
        test("help_of_shell", &[], of_shell),
        test("help_that_nobody_reads_is_no_failure", &[], unread),
    ]
}

fn help(option: &str) -> String {
    let output = typed!["run", option].output();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stderr, b"");
    String::from_utf8(output.stdout).unwrap()
}

fn every_option() -> Outcome {
    for text in [help("--help"), help("-h")] {
        for option in [
            "Root:",
            "--ephemeral[=<SIZE>]",
            "--overlay <UPPER>",
            "--work <DIR>",
            "--lower <DIR>",
            "--read-only",
            "--partition <N>",
            "--changes <FILE>",
            "Mounts:",
            "--bind <SRC[:DST[:FLAGS]]>",
            "--bind-ro <SRC[:DST[:FLAGS]]>",
            "--tmpfs <DST[:OPTIONS]>",
            "--file <SRC:DST[:OPTIONS]>",
            "--propagation <WHICH>",
            "Devices:",
            "--dev <WHICH>",
            "--device <PATH>",
            "Container:",
            "--isolate-network",
            "--hostname <NAME>",
            "Command:",
            "--env <K=V>",
            "--clear-env",
            "--workdir <DIR>",
            "--user <USER[:GROUP]>",
            "-t, --terminal",
            "-i, --interactive",
            "-T, --no-terminal",
            "File:",
            "--config <FILE>",
            "--without <KEY>",
            "-v, --verbose",
            "Usage: furnace run [OPTIONS] ROOT [--] COMMAND [ARG]...",
        ] {
            assert!(text.contains(option), "{option} in\n{text}");
        }
    }
    Ok(())
}

fn examples() -> Outcome {
    let text = help("--help");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "furnace run --ephemeral / -- ps -ef",
        "root inside is root",
        "not a security boundary",
        "125 furnace itself failed",
        "furnace run --overlay /srv/gcc --changes gcc.json",
        "idmap=HOST-INSIDE[-COUNT]",
        "size=SIZE",
        "path_hex",
    ] {
        assert!(words.contains(part), "{part} in\n{text}");
    }
    Ok(())
}

fn of_shell() -> Outcome {
    let output = typed!["shell", "--help"].output();
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "Usage: furnace shell [OPTIONS] ROOT",
        "--ephemeral[=<SIZE>]",
        "--user",
        "`reset`",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(!text.contains("COMMAND"), "{text}");
    Ok(())
}

fn unread() -> Outcome {
    typed!["run", "--help"].by_shell("exec \"$@\" >&-").check()?;
    typed!["run", "--help"].by_shell("\"$@\" | :").check()?;
    typed!["run", "--help"]
        .by_shell("exec \"$@\" >/dev/full")
        .complains(125, &["cannot write to standard output"])
        .check()
}
