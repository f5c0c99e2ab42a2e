//! `furnace ps`, and the documented form of what it tells.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;
use serde_json::json;

use super::names::{Names, kill};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("named_ps_of_nothing", &[], nothing),
        test("named_ps_is_a_table", &[Need::Root], table),
        test("named_ps_is_json", &[Need::Root], as_json),
        test("named_ps_escapes_what_commands_a_terminal", &[Need::Root], escaped),
        test("named_ps_quiet_tells_names", &[Need::Root], quiet),
        test("named_ps_tells_what_it_cannot_know", &[Need::Root], unknown),
    ]
}

fn nothing() -> Outcome {
    let names = Names::new();
    names
        .typed("ps", &[])
        .stdout("NAME  PID  STANDING  SINCE  ROOT\n")
        .check()?;
    names.typed("ps", &["--json"]).check()?;
    names.typed("ps", &["-q"]).check()?;
    names.typed("gc", &[]).check()?;
    assert!(!names.path().exists(), "who only looks makes nothing");
    Ok(())
}

fn table() -> Outcome {
    let names = Names::new();
    let (long, other) = (names.start("a-name-that-is-long"), names.start("b"));
    kill(other);
    names.until(&[("a-name-that-is-long", "running"), ("b", "ended")]);
    let output = names.typed("ps", &[]).output();
    let text = String::from_utf8(output.stdout)?;
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    let root = names.root().path().to_str().unwrap();
    assert_eq!(rows[0], ["NAME", "PID", "STANDING", "SINCE", "ROOT"]);
    let pid = |pid: rustix::process::Pid| pid.as_raw_nonzero().to_string();
    assert_eq!(rows[1][..3], ["a-name-that-is-long", &pid(long), "running"]);
    assert_eq!(rows[2][..3], ["b", &pid(other), "ended"]);
    assert_eq!((rows[1][4], rows[2][4], rows.len()), (root, root, 3));
    let columns = |word: [&str; 3]| {
        text.lines()
            .zip(word)
            .map(|(line, word)| line.find(word).unwrap())
            .collect::<Vec<_>>()
    };
    for words in [["STANDING", "running", "ended"], ["ROOT", root, root]] {
        let columns = columns(words);
        assert!(columns.iter().all(|column| *column == columns[0]), "{text}");
    }
    names.end()
}

fn as_json() -> Outcome {
    let names = Names::new();
    let pid = names.start("it");
    let list = names.list();
    let since = list[0]["since"].as_str().unwrap().to_owned();
    assert_eq!(since.len(), "2026-01-31T23:59:59Z".len());
    let now = std::process::Command::new("date")
        .args(["-u", "+%Y-%m-%dT%H:%M:%SZ"])
        .output()?;
    assert!(since.as_str() <= str::from_utf8(&now.stdout)?.trim_end(), "{since}");
    let expected = json!({
        "name": "it",
        "pid": pid.as_raw_nonzero().get(),
        "standing": "running",
        "since": since,
        "root": names.root().path().to_str().unwrap(),
    });
    assert_eq!(list, [expected]);
    names.end()
}

fn escaped() -> Outcome {
    let (names, scratch) = (Names::new(), Scratch::new());
    let root = scratch.join(OsStr::from_bytes(b"b\x1b]0;x\x07\xff"));
    fs::create_dir(&root)?;
    for directory in ["proc", "dev", "sys", "run", "etc", "tmp"] {
        fs::create_dir(root.join(directory))?;
    }
    names.typed("start", &["--name", "it"]).then(&root).check()?;
    let output = names.typed("ps", &[]).output();
    assert!(
        !output
            .stdout
            .iter()
            .any(|byte| *byte != b'\n' && (*byte < b' ' || *byte > b'~')),
        "{output:?}"
    );
    assert!(
        String::from_utf8_lossy(&output.stdout).contains(r"b\u{1b}]0;x\u{7}\xff"),
        "{output:?}"
    );
    let list = names.list();
    let hex: String = root
        .as_os_str()
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(list[0]["root_hex"], hex);
    names.end()
}

fn quiet() -> Outcome {
    let names = Names::new();
    names.start("b");
    names.start("a");
    names.typed("ps", &["--quiet"]).stdout("a\nb\n").check()?;
    names
        .typed("ps", &["-q", "--json"])
        .complains(125, &["cannot be used with"])
        .check()?;
    names
        .typed("ps", &["-q"])
        .by_shell("\"$@\" | xargs \"$1\" stop \"$3\" \"$4\"")
        .check()?;
    names.is_clean()
}

fn unknown() -> Outcome {
    let names = Names::new();
    names.start("it");
    fs::write(names.record("other"), "{\"version\":999}")?;
    fs::write(names.path().join("not a record"), "")?;
    names.until(&[("it", "running"), ("other", "unknown")]);
    let row = names.list().swap_remove(1);
    assert_eq!(
        row,
        json!({"name": "other", "pid": null, "standing": "unknown", "since": null, "root": null})
    );
    names
        .typed("stop", &["other"])
        .complains(125, &["other.json", "another version of Furnace"])
        .check()?;
    names
        .typed("start", &["--name", "other", "/"])
        .complains(125, &["other.json", "another version of Furnace"])
        .check()?;
    names
        .typed("gc", &[])
        .stderr("furnace: note: other is left as it is: nobody can tell from here whether it runs\n")
        .check()?;
    fs::remove_file(names.record("other"))?;
    fs::remove_file(names.path().join("not a record"))?;
    names.end()
}
