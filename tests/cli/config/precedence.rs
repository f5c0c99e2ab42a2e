//! What is typed wins over what is in a file.

use std::fs;

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use super::written;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        test("a_typed_value_wins_over_config", &[Need::Root], values),
        test("typed_words_follow_the_lists_of_config", &[Need::Root], lists),
        test("config_without_a_key", &[Need::Root], without),
        test("root_and_command_from_either_side", &[Need::Root], positionals),
        test("config_may_be_named_anywhere_before_the_command", &[Need::Root], places),
        test("without_needs_a_config", &[Need::Root], without_nothing),
    ]
}

fn values() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let file = written(
        &scratch,
        "hostname = 'from-file'\nuser = 1\nworkdir = '/etc'\nephemeral = '1M'\n",
    );
    let script = "hostname; id -u; pwd; touch /new";
    let typed = |words: &[&str]| {
        let run = words
            .iter()
            .fold(typed!["run", "--config", &file], |run, word| run.then(word));
        run.then(root.path()).then("sh").then("-c").then(script)
    };
    typed(&["--user=0"]).stdout("from-file\n0\n/etc\n").check()?;
    typed(&["--hostname", "typed", "--user", "0", "--workdir=/bin", "--ephemeral=2M"])
        .stdout("typed\n0\n/bin\n")
        .check()?;
    assert!(!root.join("new").exists());
    // A default is not typed.
    let file = written(&scratch, "dev = 'host'\npropagation = 'private'\n");
    let explained = |words: &[&str]| {
        let explain = words
            .iter()
            .fold(typed!["explain", "--json"], |explain, word| explain.then(word));
        explain.then(root.path()).output().stdout
    };
    let file = file.to_str().unwrap();
    assert_eq!(
        explained(&["--config", file]),
        explained(&["--dev=host", "--propagation=private"])
    );
    assert_eq!(
        explained(&["--config", file, "--dev=minimal"]),
        explained(&["--propagation=private"])
    );
    Ok(())
}

fn lists() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    for directory in ["a", "b", "c"] {
        fs::create_dir(scratch.join(directory))?;
        fs::write(scratch.join(directory).join(directory), "")?;
    }
    let file = written(&scratch, "bind = ['a:/m', 'b:/n']\nenv = ['K=file', 'L=file']\n");
    typed!["run", "--config", file, "--bind=c:/m", "--env=K=typed", root.path()]
        .in_directory(scratch.path())
        .then("sh")
        .then("-c")
        .then("ls /m /n; echo $K $L")
        .stdout("/m:\nc\n\n/n:\nb\ntyped file\n")
        .check()
}

fn without() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let file = written(
        &scratch,
        "read-only = true\nhostname = 'from-file'\nenv = ['K=file']\ncommand = ['false']\n",
    );
    let run = |words: &[&str], script: &str| {
        let run = words
            .iter()
            .fold(typed!["run", "--config", &file], |run, word| run.then(word));
        run.then(root.path()).then("sh").then("-c").then(script)
    };
    run(&[], "touch /new 2>/dev/null || echo closed")
        .stdout("closed\n")
        .check()?;
    run(&["--without", "read-only"], "touch /new || echo closed").check()?;
    assert!(root.join("new").exists());
    run(
        &["--without=hostname", "--without=env", "--env=L=typed"],
        "hostname; echo $K$L",
    )
    .stdout("localhost\ntyped\n")
    .check()?;
    // It is of the file alone.
    run(&["--without=hostname", "--hostname=typed"], "hostname")
        .stdout("typed\n")
        .check()?;
    typed!["run", "--config", &file, "--without", "command", root.path()]
        .complains(125, &["COMMAND"])
        .check()?;
    run(&["--without=read_only"], "true")
        .complains(
            125,
            &["unknown key `read_only` for --without; did you mean `read-only`?"],
        )
        .check()?;
    run(&["--without=config"], "true")
        .complains(125, &["`config`", "read-only"])
        .check()
}

fn positionals() -> Outcome {
    let (root, other, scratch) = (Root::small(), Root::small(), Scratch::new());
    fs::write(root.join("name"), "file\n")?;
    fs::write(other.join("name"), "typed\n")?;
    let both = written(
        &scratch,
        &format!("root = '{}'\ncommand = ['cat', '/name']\n", root.path().display()),
    );
    typed!["run", "--config", &both].stdout("file\n").check()?;
    typed!["run", "--config", &both, "--"].stdout("file\n").check()?;
    typed!["run", "--config", &both, other.path()]
        .stdout("typed\n")
        .check()?;
    typed!["run", "--config", &both, other.path(), "--"]
        .stdout("typed\n")
        .check()?;
    typed!["run", "--config", &both, "--", "head", "-c", "2", "/name"]
        .stdout("fi")
        .check()?;
    typed!["run", "--config", &both, other.path(), "head", "-c", "2", "/name"]
        .stdout("ty")
        .check()?;
    typed!["run", "--config", &both, other.path(), "--", "echo", "--", "-v"]
        .stdout("-- -v\n")
        .check()?;
    typed!["run", other.path(), "--config", &both]
        .stdout("typed\n")
        .check()?;
    // A `--` that is the value of an option ends nothing.
    typed!["run", "--config", &both, "--user", "--", "--", "true"]
        .complains(125, &["--user"])
        .check()?;

    let root_only = written(&scratch, &format!("root = '{}'\n", root.path().display()));
    typed!["run", "--config", &root_only, "--", "cat", "/name"]
        .stdout("file\n")
        .check()?;
    typed!["run", "--config", &root_only]
        .complains(125, &["COMMAND"])
        .check()?;
    typed!["run", "--config", &root_only, "--"]
        .complains(125, &["COMMAND"])
        .check()?;

    let command_only = written(&scratch, "command = ['cat', '/name']\n");
    typed!["run", "--config", &command_only, root.path()]
        .stdout("file\n")
        .check()?;
    typed!["run", root.path(), "--config", &command_only, "--"]
        .stdout("file\n")
        .check()?;
    let rootless = ["there is no ROOT", "help: "];
    typed!["run", "--config", &command_only]
        .complains(125, &rootless)
        .check()?;
    typed!["run", "--config", &command_only, "--", root.path()]
        .complains(125, &rootless)
        .check()?;
    typed!["shell", "--config", &command_only]
        .complains(125, &rootless)
        .check()
}

fn places() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let file = written(&scratch, "hostname = 'from-file'\n");
    typed!["-v", "run", root.path(), "--config", &file, "hostname"]
        .by_shell("\"$@\" 2>/dev/null")
        .stdout("from-file\n")
        .check()?;
    let mut one_word = std::ffi::OsString::from("--config=");
    one_word.push(&file);
    typed!["run", one_word, "-v", root.path(), "hostname"]
        .by_shell("\"$@\" 2>/dev/null")
        .stdout("from-file\n")
        .check()?;
    // What follows the command is its own.
    typed!["run", root.path(), "echo", "--config", "/no/such/file"]
        .stdout("--config /no/such/file\n")
        .check()?;
    typed!["run", "--config", &file, "--config", &file, root.path(), "true"]
        .complains(125, &["--config"])
        .check()?;
    typed!["--config", &file, "run", root.path(), "true"]
        .complains(125, &["--config"])
        .check()?;
    typed!["doctor", "--config", &file]
        .complains(125, &["--config"])
        .check()
}

fn without_nothing() -> Outcome {
    let root = Root::small();
    typed!["run", "--without", "bind", root.path(), "true"]
        .complains(125, &["--config"])
        .check()
}
