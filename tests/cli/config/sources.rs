//! Where a file comes from, and where its relative paths lead.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use super::written;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        test("paths_are_relative_to_the_config", &[Need::Root], relative),
        test("a_config_in_a_directory_of_odd_bytes", &[Need::Root], odd_directory),
        test("a_config_from_standard_input", &[Need::Root], standard_input),
        test("a_config_from_a_pipe", &[Need::Root], pipe),
        test("a_config_that_cannot_be_read", &[], unreadable),
        test("an_endless_config", &[Need::File("/dev/zero")], endless),
    ]
}

fn relative() -> Outcome {
    let (root, scratch, elsewhere) = (Root::small(), Scratch::new(), Scratch::new());
    fs::create_dir(scratch.join("source"))?;
    fs::write(scratch.join("source/here"), "")?;
    fs::rename(root.path(), scratch.join("root"))?;
    let file = written(
        &scratch,
        "root = 'root'\nbind = ['source:/m']\ncommand = ['ls', '/m']\n",
    );
    typed!["run", "--config", &file]
        .in_directory(elsewhere.path())
        .stdout("here\n")
        .check()?;
    typed!["run", "--config", "furnace.toml"]
        .in_directory(scratch.path())
        .stdout("here\n")
        .check()?;
    typed!["run", "--config", "../furnace.toml"]
        .in_directory(&scratch.join("source"))
        .stdout("here\n")
        .check()?;
    // What is typed is relative to where it is typed.
    fs::create_dir(elsewhere.join("source"))?;
    typed!["run", "--config", &file, "--bind=source:/m"]
        .in_directory(elsewhere.path())
        .check()?;
    // A symlink lies in the directory that it lies in.
    symlink(&file, elsewhere.join("link.toml"))?;
    typed!["run", "--config", elsewhere.join("link.toml")]
        .complains(125, &[elsewhere.join("root").to_str().unwrap()])
        .check()?;
    fs::rename(scratch.join("root"), root.path())?;
    Ok(())
}

fn odd_directory() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let odd = scratch.join(OsStr::from_bytes(b"a:b\\\xff '\n\x1b[31m"));
    fs::create_dir_all(odd.join("source"))?;
    fs::write(odd.join("source/here"), "")?;
    fs::write(
        odd.join("c.toml"),
        "bind = ['source:/m']\nlower = ['source']\nephemeral = true\n",
    )?;
    typed!["run", "--config", odd.join("c.toml"), root.path(), "ls", "/m", "/here"]
        .stdout("/here\n\n/m:\nhere\n")
        .check()?;
    fs::write(odd.join("c.toml"), "bnid = []")?;
    typed!["run", "--config", odd.join("c.toml"), root.path(), "true"]
        .complains(125, &[r"\xff '\n\u{1b}[31m/c.toml:1:1: unknown key `bnid`"])
        .check()
}

fn standard_input() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    fs::create_dir(scratch.join("source"))?;
    fs::write(scratch.join("source/here"), "")?;
    let text = format!("root = '{}'\nbind = ['source:/m']\n", root.path().display());
    typed!["run", "--config", "-", "--", "sh", "-c", "ls /m; cat"]
        .in_directory(scratch.path())
        .stdin(text.as_str())
        .stdout("here\n")
        .check()?;
    for file in ["file = ['-:/run/f']\n", ""] {
        let run = typed!["run", "--config", "-"].stdin(format!("{file}{text}"));
        let run = if file.is_empty() {
            run.then("--file=-:/run/f")
        } else {
            run
        };
        run.then("--")
            .then("true")
            .complains(125, &["--config -", "--file -", "standard input"])
            .check()?;
    }
    Ok(())
}

fn pipe() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    fs::create_dir(scratch.join("source"))?;
    fs::write(scratch.join("source/here"), "")?;
    typed!["run", "--config", "/dev/stdin", root.path(), "ls", "/m"]
        .stdin("bind = ['source:/m']\n")
        .by_shell("cat | \"$@\"")
        .in_directory(scratch.path())
        .stdout("here\n")
        .check()?;
    typed!["run", "--config", "fifo", root.path(), "ls", "/m"]
        .by_shell("mkfifo fifo && { echo \"bind = ['source:/m']\" >fifo & } && exec \"$@\"")
        .in_directory(scratch.path())
        .stdout("here\n")
        .check()
}

fn unreadable() -> Outcome {
    let scratch = Scratch::new();
    let missing = scratch.join("missing.toml");
    typed!["run", "--config", &missing, "/", "true"]
        .complains(125, &[missing.to_str().unwrap(), "--config", "No such file"])
        .check()?;
    typed!["run", "--config", scratch.path(), "/", "true"]
        .complains(125, &["Is a directory"])
        .check()?;
    typed!["run", "--config", "", "/", "true"]
        .complains(125, &["--config"])
        .check()?;
    typed!["run", "/", "--config"].complains(125, &["--config"]).check()
}

fn endless() -> Outcome {
    typed!["run", "--config", "/dev/zero", "/", "true"]
        .complains(125, &["/dev/zero", "more than 1 MiB"])
        .check()?;
    let scratch = Scratch::new();
    let file = written(&scratch, &"#".repeat((1 << 20) + 1));
    typed!["run", "--config", file, "/", "true"]
        .complains(125, &["more than 1 MiB"])
        .check()?;
    let file = written(&scratch, &"\n".repeat(1 << 20));
    typed!["explain", "--json", "--config", file]
        .complains(125, &["there is no ROOT"])
        .check()
}
