//! `--log-format json`: what is told on standard error, for programs.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Output;
use std::time::{Duration, SystemTime};

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::transcript::Transcript;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test(
            "log_format_events_have_the_fields_that_are_promised",
            &[Need::Root],
            events,
        ),
        test(
            "log_format_errors_have_the_fields_that_are_promised",
            &[Need::Root],
            errors,
        ),
        test("log_format_of_a_command_line_that_makes_no_sense", &[], nonsense),
        test("log_format_of_what_is_no_utf8", &[Need::Root], odd_paths),
        test("log_format_of_notes_and_warnings", &[Need::Root], notes),
        test("log_format_is_not_taken_from_the_command", &[], of_the_command),
        test("verbosity_comes_in_two_steps", &[Need::Root], verbosity),
        test("log_format_forges_no_line", &[Need::Root], hostile),
        test("log_format_commands_no_terminal", &[Need::Root], hostile_path),
    ]
}

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

const OF_EVENTS: [&str; 4] = ["fields", "level", "message", "time"];
const OF_ERRORS: [&str; 8] = ["cause", "errno", "level", "message", "path", "remedy", "step", "time"];

/// Each line of standard error as an object.
fn lines(output: &Output) -> Vec<Value> {
    let text = str::from_utf8(&output.stderr).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    text.lines()
        .map(|line| {
            let object: Value = serde_json::from_str(line).unwrap();
            let told = Duration::from_secs_f64(object["time"].as_f64().unwrap());
            assert!(now.abs_diff(told) < Duration::from_secs(3600), "{line}");
            assert!(object["message"].is_string(), "{line}");
            object
        })
        .collect()
}

/// The only line, which is an error.
fn error(transcript: Transcript) -> Value {
    let output = transcript.output();
    let mut lines = lines(&output);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let error = lines.remove(0);
    assert_eq!(error["level"], "error");
    error
}

fn events() -> Outcome {
    let root = Root::small();
    let output = typed!["run", "-vv", "--log-format", "json", root.path(), "true"].output();
    assert_eq!(output.status.code(), Some(0));
    let lines = lines(&output);
    assert!(lines.iter().all(|line| keys(line) == OF_EVENTS), "{lines:?}");
    assert!(lines.iter().all(|line| line["fields"].is_object()), "{lines:?}");
    let found = |message: &str| lines.iter().find(|line| line["message"] == message).unwrap();
    let started = found("container started");
    assert_eq!(started["level"], "debug");
    assert!(
        started["fields"]["pid1"].is_u64() && started["fields"]["took"].is_f64(),
        "{started}"
    );
    assert_eq!(
        found("make it the root directory")["fields"]["step"]
            .as_u64()
            .map(|step| step > 1),
        Some(true)
    );
    assert_eq!(found("a command is asked for")["level"], "trace");
    Ok(())
}

fn errors() -> Outcome {
    let told = error(typed!["--log-format=json", "run", "/no/such/root", "true"]);
    assert_eq!(keys(&told), OF_ERRORS);
    assert_eq!(told["message"], "cannot use /no/such/root as the root directory");
    assert_eq!(told["cause"], "No such file or directory (ENOENT)");
    assert_eq!(
        (&told["step"], &told["path"], &told["errno"]),
        (&Value::Null, &json!("/no/such/root"), &json!(2))
    );
    assert_eq!(
        told["remedy"],
        "the root directory must exist; it holds the system that is to run"
    );

    let root = Root::small();
    fs::write(root.join("file"), "")?;
    let told = error(typed![
        "run",
        "--log-format=json",
        "--bind",
        "/etc:/file",
        root.path(),
        "true"
    ]);
    assert_eq!(keys(&told), OF_ERRORS);
    assert_eq!((&told["path"], &told["errno"]), (&json!("/file"), &json!(20)));
    assert!(told["step"].as_u64().is_some_and(|step| step > 1), "{told}");
    assert!(told["remedy"].is_string());

    let told = error(typed!["run", "--log-format=json", root.path(), "no-such-program"]);
    assert_eq!((&told["path"], &told["errno"]), (&json!("no-such-program"), &json!(2)));
    assert_eq!(keys(&told), OF_ERRORS);

    // Those that are the command line's own.
    let told = error(typed!["run", "--log-format=json", "--config", "/no/such/file"]);
    assert_eq!((&told["path"], &told["errno"]), (&json!("/no/such/file"), &json!(2)));
    let told = error(typed!["run", "--log-format=json", "--config=-", "/", "true"].stdin("rout = 1"));
    assert_eq!((&told["path"], keys(&told).as_slice()), (&json!("-"), &OF_ERRORS[..]));
    assert!(
        told["message"].as_str().unwrap().contains("did you mean `root`?"),
        "{told}"
    );
    let told = error(typed![
        "run",
        "--log-format=json",
        "--changes",
        "/no/such/list",
        "--ephemeral",
        "/",
        "true"
    ]);
    assert_eq!((&told["path"], &told["errno"]), (&json!("/no/such/list"), &json!(2)));
    Ok(())
}

fn nonsense() -> Outcome {
    for transcript in [
        typed!["--log-format=json", "run", "--ephemerl", "/", "true"],
        typed!["run", "--ephemerl", "--log-format", "json", "/", "true"],
        typed!["run", "--log-format", "json"],
        typed!["--log-format", "json", "no-such-command"],
        typed!["--log-format=json"],
        typed!["run", "--log-format=json", "--user", "x y", "/", "true"],
        typed!["run", "--user", "x y", "--log-format=json", "/", "true"],
        typed![
            "run",
            "--ephemeral",
            "--overlay",
            "up",
            "--log-format=json",
            "/",
            "true"
        ],
        typed![
            "run",
            "--overlay=up",
            "--ephemeral=1G",
            "--log-format=json",
            "/",
            "true"
        ],
        typed!["doctor", "--jso", "extra", "--log-format=json"],
    ] {
        let told = error(transcript);
        assert_eq!(keys(&told), OF_ERRORS);
        assert!(!told["message"].as_str().unwrap().is_empty());
    }
    let told = error(typed!["run", "--log-format=json", "--ephemerl", "/", "true"]);
    assert_eq!(told["message"], "unexpected argument '--ephemerl' found");
    assert!(told["remedy"].as_str().unwrap().contains("'--ephemeral'"), "{told}");
    typed!["run", "--log-format", "jsn", "/", "true"]
        .complains(125, &["jsn", "text, json", "a similar value exists: 'json'"])
        .check()
}

fn odd_paths() -> Outcome {
    let odd = OsStr::from_bytes(b"/no/\xff");
    let told = error(typed!["run", "--log-format=json", odd, "true"]);
    assert_eq!(told["path"], "/no/\u{fffd}");
    assert_eq!(told["path_hex"], "2f6e6f2fff");
    assert_eq!(keys(&told).len(), OF_ERRORS.len() + 1);
    Ok(())
}

fn notes() -> Outcome {
    let output = typed!["explain", "--log-format=json", "/"].output();
    let told = lines(&output);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["level"], keys(&told[0]).as_slice()),
        (&json!("info"), &OF_EVENTS[..])
    );

    let root = Root::small();
    let program = root.join("bin/systemd-tmpfiles");
    fs::write(&program, "#!/bin/sh\nexit 7\n")?;
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let output = typed!["run", "--log-format=json", root.path(), "true"].output();
    let told = lines(&output);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (&told[0]["level"], &told[0]["fields"]["status"]),
        (&json!("warn"), &json!("exit status: 7"))
    );
    Ok(())
}

fn of_the_command() -> Outcome {
    typed!["run", "/no/such/root", "prog", "--log-format=json"]
        .complains(125, &["/no/such/root"])
        .check()?;
    typed!["run", "--ephemerl", "/", "--", "prog", "--log-format=json"]
        .complains(125, &["--ephemerl"])
        .check()
}

fn verbosity() -> Outcome {
    let root = Root::small();
    let levels = |words: &[&str]| {
        let mut run = typed!["--log-format=json", "run"];
        for word in words {
            run = run.then(word);
        }
        let output = run.then(root.path()).then("true").output();
        let mut levels: Vec<String> = lines(&output)
            .iter()
            .map(|line| line["level"].as_str().unwrap().to_owned())
            .collect();
        levels.sort_unstable();
        levels.dedup();
        levels
    };
    assert_eq!(levels(&[]), [""; 0]);
    assert_eq!(levels(&["-v"]), ["debug"]);
    assert_eq!(levels(&["--verbose"]), ["debug"]);
    for twice in [&["-vv"][..], &["-v", "-v"], &["-vvv"]] {
        assert_eq!(levels(twice), ["debug", "trace"]);
    }
    let output = typed!["-vv", "run", root.path(), "true"].output();
    let text = String::from_utf8(output.stderr)?;
    assert!(text.lines().all(|line| line.starts_with("furnace: ")), "{text}");
    for event in [
        "the host was looked at",
        "the plan was compiled",
        "a command is asked for",
        "the fork server is asked for a process",
        "a process has begun",
        "reaped: exit status: 0",
        "PID 1 is killed",
        "the fork server has ended",
    ] {
        assert!(text.contains(event), "{event} in\n{text}");
    }
    Ok(())
}

/// What commands a terminal is in no line, and yet in what it says.
fn hostile_path() -> Outcome {
    let path = "/no/\u{1b}[2J\u{7f}\u{9b}2J\u{202e}ü\n";
    let output = typed!["run", "--log-format=json", path, "true"].output();
    let told = lines(&output);
    assert_eq!((told.len(), &told[0]["path"]), (1, &json!(path)));
    let text = str::from_utf8(&output.stderr)?;
    assert!(
        !text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'),
        "{text:?}"
    );
    Ok(())
}

fn hostile() -> Outcome {
    let root = Root::small();
    let outside = Scratch::new();
    let source = outside.join(OsStr::from_bytes(b"x\x1b[31m\r\n{\"level\"}\xe2\x80\xae\xff"));
    fs::create_dir(&source)?;
    let output = typed![
        "run",
        "-vv",
        "--log-format=json",
        "--bind",
        &source,
        root.path(),
        "true"
    ]
    .output();
    assert_eq!(output.status.code(), Some(0));
    let lines = lines(&output);
    assert!(lines.iter().all(|line| keys(line) == OF_EVENTS), "{lines:?}");
    let text = str::from_utf8(&output.stderr)?;
    assert!(
        !text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'),
        "{text}"
    );
    Ok(())
}
