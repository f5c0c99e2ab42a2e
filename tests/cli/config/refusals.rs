//! What makes no sense in a file is told with its place, before anything is touched.

use std::fs;

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use super::written;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        test("an_unknown_key_of_config", &[], unknown_keys),
        test("a_wrong_type_in_config", &[], wrong_types),
        test("a_bad_value_in_config", &[], bad_values),
        test("a_config_that_is_no_toml", &[], no_toml),
        test("keys_of_config_that_exclude_each_other", &[], conflicts),
        test("a_bad_config_touches_nothing", &[Need::Root], untouched),
    ]
}

/// Expects each text to be refused at the line, and the column if it is ours to say, in these words.
fn refuses(cases: &[(&[u8], &str, &[&str])]) -> Outcome {
    let scratch = Scratch::new();
    for (text, place, why) in cases {
        let file = scratch.join("c.toml");
        fs::write(&file, text)?;
        for command in ["run", "shell", "explain"] {
            let place = format!("furnace: {}:{place}:", file.display());
            let words: Vec<&str> = [place.as_str()].into_iter().chain(why.iter().copied()).collect();
            typed![command, "--config", &file, "/"].complains(125, &words).check()?;
        }
    }
    Ok(())
}

fn unknown_keys() -> Outcome {
    refuses(&[
        (b"\n\n bnid = []", "3:2", &["unknown key `bnid`; did you mean `bind`?"]),
        (b"bind_ro = []", "1:1", &["did you mean `bind-ro`?"]),
        (
            b"\"\xc3\xbc\" = 1",
            "1:1",
            &["unknown key `\u{fc}`; there are root, ", "command"],
        ),
        (b"hostname = 'x'; # \nBind = []", "1:15", &[]),
        (b"config = 'x'", "1:1", &["unknown key `config`"]),
        (b"without = ['x']", "1:1", &["unknown key `without`"]),
        (b"verbose = true", "1:1", &["unknown key `verbose`"]),
        (b"help = true", "1:1", &["unknown key `help`"]),
        (b"[run]\nbind = []", "1:2", &["unknown key `run`"]),
        (b"x.y = 1", "1:1", &["unknown key `x`"]),
        (b"\"\\u001b[2J\" = 1", "1:1", &[r"`\u{1b}[2J`"]),
        // The first mistake is told.
        (b"user = 1\nzzz = 1\naaa = 1", "2:1", &["`zzz`"]),
    ])
}

fn wrong_types() -> Outcome {
    refuses(&[
        (
            b"read-only = 'yes'",
            "1:13",
            &["`read-only` is true or false, not a string"],
        ),
        (b"read-only = 1", "1:13", &["true or false, not a whole number"]),
        (
            b"bind = '/etc'",
            "1:8",
            &["`bind` is a list of strings (SRC[:DST[:FLAGS]]), not a string"],
        ),
        (b"bind = [['/etc']]", "1:9", &["a list of strings", "not a list"]),
        (b"env = {A = '1'}", "1:7", &["a list of strings (K=V), not a table"]),
        (b"[env]\nA = '1'", "1:1", &["not a table"]),
        (b"[[bind]]", "1:1", &["a list of strings"]),
        (
            b"hostname = 5",
            "1:12",
            &["`hostname` is a string (NAME), not a whole number"],
        ),
        (b"hostname = true", "1:12", &["not true or false"]),
        (b"root = 2000-01-01", "1:8", &["not a date or a time"]),
        (
            b"ephemeral = 1.5",
            "1:13",
            &["true, false, a whole number or a string (SIZE)", "a fraction"],
        ),
        (b"user = true", "1:8", &["a whole number or a string (USER[:GROUP])"]),
        (b"command = 'make all'", "1:11", &["a list of strings"]),
        (b"command = []", "1:11", &["an empty list"]),
        (b"command = ['sleep', 5]", "1:21", &["not a whole number"]),
    ])
}

/// The words are those of the options.
fn bad_values() -> Outcome {
    refuses(&[
        (
            b"env = [\n  'A=1',\n  'NAME',\n]",
            "3:3",
            &["'NAME' for `env`", "no `=`"],
        ),
        (
            b"bind = ['/a:/b:c']",
            "1:9",
            &["'/a:/b:c' for `bind`", "`c` is no flag of a bind"],
        ),
        (b"bind = ['']", "1:9", &["the source is empty"]),
        (b"bind-ro = [':/b']", "1:12", &["the source is empty"]),
        (b"tmpfs = ['/m:size=1.5G']", "1:10", &["type 1536M"]),
        (b"file = ['a']", "1:9", &["there is no destination"]),
        (
            b"user = -5",
            "1:8",
            &["'-5' for `user`", "neither the number of a user nor a name"],
        ),
        (b"user = '-5'", "1:8", &["neither the number of a user nor a name"]),
        (b"user = 4294967295", "1:8", &["greater than 4294967294"]),
        (
            b"user = 99999999999999999999999999999999999999999",
            "1:8",
            &["too large"],
        ),
        (b"partition = 0", "1:13", &["the first one is 1"]),
        (b"ephemeral = 0", "1:13", &["greater than 0"]),
        (b"ephemeral = '512MiB'", "1:13", &["type 512M"]),
        (b"ephemeral = ''", "1:13", &["`ephemeral`"]),
        (b"dev = 'hots'", "1:7", &["'hots' for `dev`: did you mean `host`?"]),
        (b"propagation = 'x'", "1:15", &["there are slave, private"]),
        (b"root = ''", "1:8", &["`root`", "empty"]),
        (b"overlay = ''", "1:11", &["`overlay`", "empty"]),
        (b"root = \"/a\\u0000b\"", "1:8", &["NUL"]),
        (b"env = [\"A=\\u0000\"]", "1:8", &["NUL"]),
        (b"command = [\"\\u0000\"]", "1:12", &["NUL"]),
        (b"bind = [\"/a:/b:\\u001b[2J\"]", "1:9", &[r"\u{1b}[2J"]),
    ])
}

fn no_toml() -> Outcome {
    refuses(&[
        (b"hostname = 'a'\nhostname = 'b'", "2:1", &["duplicate key"]),
        (b"hostname = ", "1", &[]),
        (b"hostname: x", "1", &["expected `=`"]),
        (b"hostname = 'a'\n\xff", "2:1", &["UTF-8"]),
        (b"hostname = '\xc3\xbc\xff'", "1:14", &["UTF-8"]),
        (b"{\"root\": \"/\"}", "1", &[]),
        (b"hostname = '\x1b[2J'", "1", &[]),
        (b"\x00", "1", &[]),
        (&[b'['; 100_000], "1", &[]),
    ])
}

fn conflicts() -> Outcome {
    refuses(&[(
        b"terminal = true\nno-terminal = true",
        "2:1",
        &["`no-terminal` can't be used with `terminal`"],
    )])?;
    let (root, scratch) = (Root::bare(), Scratch::new());
    let file = written(&scratch, "terminal = true\nno-terminal = false");
    typed!["explain", "--json", "--config", file, root.path()]
        .stdout(typed!["explain", "--json", root.path()].output().stdout)
        .check()
}

fn untouched() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    fs::write(scratch.join("list"), "an earlier list")?;
    let file = written(
        &scratch,
        "ephemeral = true\nchanges = 'list'\nbind = ['/etc:/new']\nenv = ['NAME']\n",
    );
    // Also where what is typed would be used instead.
    typed![
        "run",
        "--config",
        &file,
        "--without=env",
        "--env=A=B",
        root.path(),
        "echo",
        "ran"
    ]
    .complains(125, &["4:8", "'NAME'"])
    .check()?;
    assert_eq!(fs::read_to_string(scratch.join("list"))?, "an earlier list");
    assert!(!root.join("new").exists());
    Ok(())
}
