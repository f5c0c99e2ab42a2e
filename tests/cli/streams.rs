//! Standard input, output and error.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("every_byte_passes", &[Need::Root], every_byte),
        test("output_and_error_are_apart", &[Need::Root], apart),
        test("closed_standard_streams", &[Need::Root], closed),
        test("a_reader_that_goes_away_ends_the_command", &[Need::Root], reader_goes),
        test(
            "the_command_has_no_descriptor_but_the_streams",
            &[Need::Root],
            descriptors,
        ),
        test("the_command_leads_a_session_of_its_own", &[Need::Root], session),
    ]
}

fn every_byte() -> Outcome {
    let root = Root::small();
    let bytes: Vec<u8> = (0..=255).cycle().take(3 << 20).collect();
    typed!["run", root.path(), "cat"]
        .stdin(bytes.clone())
        .stdout(bytes)
        .check()
}

fn apart() -> Outcome {
    let root = Root::small();
    typed!["run", root.path(), "sh", "-c", "echo out; echo err >&2"]
        .stdout("out\n")
        .stderr("err\n")
        .check()
}

fn closed() -> Outcome {
    let root = Root::small();
    typed!["run", root.path(), "cat"]
        .by_shell("exec \"$@\" <&-")
        .stdin("lost")
        .check()?;
    typed!["run", root.path(), "sh", "-c", "echo lost; echo err >&2; exit 3"]
        .by_shell("exec \"$@\" >&-")
        .stderr("err\n")
        .status(3)
        .check()?;
    typed!["run", root.path(), "sh", "-c", "echo out; echo lost >&2; exit 3"]
        .by_shell("exec \"$@\" 2>&-")
        .stdout("out\n")
        .status(3)
        .check()?;
    typed!["run", root.path(), "sh", "-c", "exit 3"]
        .by_shell("exec \"$@\" <&- >&- 2>&-")
        .status(3)
        .check()?;
    typed!["run", root.path(), "no-such-program"]
        .by_shell("exec \"$@\" <&- >&- 2>&-")
        .status(127)
        .check()?;
    // Nobody reads what it would say.
    typed!["run", "-v", root.path(), "sh", "-c", "exit 3"]
        .by_shell("exec \"$@\" 2>/dev/full")
        .status(3)
        .check()?;
    typed!["run", root.path(), "no-such-program"]
        .by_shell("exec \"$@\" 2>/dev/full")
        .status(127)
        .check()
}

fn reader_goes() -> Outcome {
    let root = Root::small();
    let mut command = typed!["run", root.path(), "sh", "-c", "while echo y; do :; done"].into_command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "y\n");
    assert_eq!(child.wait().unwrap().code(), Some(128 + 13));
    Ok(())
}

fn descriptors() -> Outcome {
    let root = Root::small();
    // The fourth is the directory that is listed.
    typed!["run", root.path(), "ls", "/proc/self/fd"]
        .by_shell("exec 5</etc/passwd 6>/dev/null 9</; exec \"$@\"")
        .stdout("0\n1\n2\n3\n")
        .check()
}

fn session() -> Outcome {
    let root = Root::small();
    // See proc_pid_stat(5): pid, comm, state, ppid, pgrp, session, tty_nr.
    let script = "read pid name state parent group session tty rest < /proc/self/stat; \
                  test $pid = $group && test $pid = $session && echo $parent $tty";
    typed!["run", root.path(), "sh", "-c", script].stdout("0 0\n").check()
}
