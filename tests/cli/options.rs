//! What each option does.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test(
            "first_command_of_the_readme",
            &[Need::Root, Need::Program("ps")],
            first_command,
        ),
        test("hostname", &[Need::Root], hostname),
        test("isolate_network", &[Need::Root], isolate_network),
        test("ephemeral", &[Need::Root], ephemeral),
        test("env", &[Need::Root], env),
        test("clear_env", &[Need::Root], clear_env),
        test("workdir", &[Need::Root], workdir),
        test(
            "options_after_the_command_are_the_commands",
            &[Need::Root],
            after_the_command,
        ),
        test("words_that_are_not_utf8", &[Need::Root], not_utf8),
        test("words_and_environment_of_many_bytes", &[Need::Root], many_bytes),
    ]
}

fn first_command() -> Outcome {
    let output = typed!["run", "--ephemeral", "/", "--", "ps", "-ef"].output();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let list = String::from_utf8(output.stdout).unwrap();
    let processes: Vec<Vec<&str>> = list
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect())
        .collect();
    let [first, second] = processes.as_slice() else {
        return Err(format!("expected two processes, but:\n{list}").into());
    };
    assert_eq!((first[1], *first.last().unwrap()), ("1", "furnace-init"), "{list}");
    assert!(second.ends_with(&["ps", "-ef"]), "{list}");
    Ok(())
}

fn hostname() -> Outcome {
    let root = Root::small();
    typed!["run", root.path(), "hostname"].stdout("localhost\n").check()?;
    typed!["run", "--hostname", "build-7", root.path(), "hostname"]
        .stdout("build-7\n")
        .check()?;
    let longest = "n".repeat(64);
    typed!["run", "--hostname", longest, root.path(), "hostname"]
        .stdout(format!("{longest}\n"))
        .check()
}

fn isolate_network() -> Outcome {
    let root = Root::small();
    let own = std::fs::read_link("/proc/self/ns/net").unwrap();
    let shared = format!("{}\n", own.display());
    typed!["run", root.path(), "readlink", "/proc/self/ns/net"]
        .stdout(shared.as_str())
        .check()?;
    typed!["run", "--isolate-network", root.path(), "ls", "/sys/class/net"]
        .stdout("lo\n")
        .check()?;
    let output = typed!["run", "--isolate-network", root.path(), "readlink", "/proc/self/ns/net"].output();
    assert_eq!(output.status.code(), Some(0));
    assert_ne!(output.stdout, shared.as_bytes());
    Ok(())
}

fn ephemeral() -> Outcome {
    let root = Root::small();
    let script = "echo changed > /etc/passwd; rm /etc/group; echo new > /new; cat /etc/passwd /new";
    typed!["run", "--ephemeral", root.path(), "sh", "-c", script]
        .stdout("changed\nnew\n")
        .check()?;
    assert!(
        std::fs::read_to_string(root.join("etc/passwd"))
            .unwrap()
            .starts_with("root:")
    );
    assert!(root.join("etc/group").exists());
    assert!(!root.join("new").exists());

    typed!["run", root.path(), "sh", "-c", script]
        .stdout("changed\nnew\n")
        .check()?;
    assert_eq!(std::fs::read_to_string(root.join("new")).unwrap(), "new\n");
    Ok(())
}

fn env() -> Outcome {
    let root = Root::small();
    let show = "echo \"$FROM_OUTSIDE,$K,$L\"";
    typed![
        "run",
        "--env",
        "K=1",
        "--env",
        "L=a=b c",
        "--env",
        "K=2",
        root.path(),
        "sh",
        "-c",
        show
    ]
    .started(|command| {
        command.env("FROM_OUTSIDE", "here");
    })
    .stdout("here,2,a=b c\n")
    .check()?;
    typed![
        "run",
        "--env",
        "FROM_OUTSIDE=",
        root.path(),
        "sh",
        "-c",
        "echo \"${FROM_OUTSIDE-unset}\""
    ]
    .started(|command| {
        command.env("FROM_OUTSIDE", "here");
    })
    .stdout("\n")
    .check()
}

fn clear_env() -> Outcome {
    let root = Root::small();
    typed!["run", "--clear-env", root.path(), "env"].check()?;
    // Whichever is typed first.
    typed!["run", "--env", "K=V", "--clear-env", root.path(), "env"]
        .stdout("K=V\n")
        .check()
}

fn workdir() -> Outcome {
    let root = Root::small();
    let elsewhere = Scratch::new();
    typed!["run", root.path(), "pwd"]
        .in_directory(elsewhere.path())
        .stdout("/\n")
        .check()?;
    typed!["run", "--workdir", "/etc", root.path(), "pwd"]
        .stdout("/etc\n")
        .check()?;
    typed!["run", "--workdir", "etc/../bin", root.path(), "pwd"]
        .stdout("/bin\n")
        .check()
}

fn after_the_command() -> Outcome {
    let root = Root::small();
    let echoed = "-v --ephemeral --hostname -- x\n";
    let words = ["-v", "--ephemeral", "--hostname", "--", "x"];
    let all = |transcript| words.into_iter().fold(transcript, super::transcript::Transcript::then);
    all(typed!["run", root.path(), "echo"]).stdout(echoed).check()?;
    all(typed!["run", root.path(), "--", "echo"]).stdout(echoed).check()?;
    all(typed!["run", "--", root.path(), "echo"]).stdout(echoed).check()?;
    // Before it, they are not.
    typed!["run", root.path(), "--hostname", "late", "hostname"]
        .stdout("late\n")
        .check()
}

fn not_utf8() -> Outcome {
    let root = Root::small();
    let odd = OsStr::from_bytes(b"\xff\xfe a\n");
    let mut variable = OsStr::new("ODD=").to_owned();
    variable.push(odd);
    typed![
        "run",
        "--env",
        variable,
        root.path(),
        "sh",
        "-c",
        "echo \"$1$ODD$0\"",
        "",
        odd
    ]
    .stdout(b"\xff\xfe a\n\xff\xfe a\n\n")
    .check()?;

    let scratch = Scratch::new();
    let moved = scratch.join(OsStr::from_bytes(b"r\xff oot"));
    std::fs::rename(root.path(), &moved).unwrap();
    let program = OsStr::from_bytes(b"/bin/\xfe");
    std::fs::rename(
        moved.join("bin/pwd"),
        moved.join("bin").join(OsStr::from_bytes(b"\xfe")),
    )
    .unwrap();
    typed!["run", "--workdir", "/etc", moved, program]
        .stdout("/etc\n")
        .check()
}

/// The longest words that one program can give to another.
fn many_bytes() -> Outcome {
    let root = Root::small();
    let longest = "a".repeat(128 * 1024 - 1);
    let count = 8;
    let mut words = typed![
        "run",
        root.path(),
        "sh",
        "-c",
        "echo $#; for word; do echo ${#word}; done",
        "sh"
    ];
    for _ in 0..count {
        words = words.then(&longest);
    }
    let lengths = format!("{}\n", longest.len()).repeat(count);
    words
        .by_shell("ulimit -s 65536; exec \"$@\"")
        .stdout(format!("{count}\n{lengths}"))
        .check()?;

    // Two mebibytes; more than this test could give to the shell.
    let longest_value = longest.len() - "V10=".len();
    let script = format!(
        "ulimit -s 65536; v=$(head -c {longest_value} /dev/zero | tr '\\0' v); n=10; \
         while test $n -lt 26; do export V$n=$v; n=$((n + 1)); done; exec \"$@\""
    );
    typed!["run", root.path(), "sh", "-c", "echo ${#V10} ${#V25}"]
        .by_shell(&script)
        .stdout(format!("{longest_value} {longest_value}\n"))
        .check()
}
