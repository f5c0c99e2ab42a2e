//! `--changes`: what has changed in the root, as JSON.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use furnace_tests::{Memory, Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, XattrFlags, setxattr};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::running::Running;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("changes_are_json_lines", &[Need::Root], lines),
        test("changes_of_every_type", &[Need::Root], types),
        test("changes_at_paths_with_any_byte", &[Need::Root], any_byte),
        test("changes_follow_the_commands_output", &[Need::Root], after_the_output),
        test("changes_of_an_overlay_are_of_all_its_runs", &[Need::Root], overlay),
        test("changes_of_a_root_of_many_layers", &[Need::Root], layers),
        test("no_changes", &[Need::Root], none),
        test("changes_of_a_command_that_failed", &[Need::Root], failed),
        test("what_is_left_running_changes_nothing_more", &[Need::Root], background),
        test("changes_that_cannot_be_looked_at", &[Need::Root], incomplete),
        test("changes_that_cannot_be_written", &[Need::Root], unwritable),
        test("changes_that_nobody_reads", &[Need::Root], unread),
        test("a_signal_ends_a_list_that_hangs", &[Need::Root], interrupted),
        test("changes_where_nothing_keeps_them", &[Need::Root], nothing_keeps_them),
        test("bad_changes", &[Need::Root], bad),
    ]
}

/// Each line by its path, as it was written.
fn parse(list: &[u8]) -> BTreeMap<String, Value> {
    let text = str::from_utf8(list).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    let mut changes = BTreeMap::new();
    for line in text.lines() {
        let change: Value = serde_json::from_str(line).unwrap();
        let path = change["path"].as_str().unwrap().to_owned();
        let kind = change["kind"].as_str().unwrap();
        changes.insert(format!("{kind} {path}"), change);
    }
    changes
}

/// Runs `script` in an ephemeral copy of `root`, and reads the list that it wrote. The host's resolv.conf and what is
/// made for it would be in it: a network of its own has none.
fn changes(root: &Root, script: &str) -> BTreeMap<String, Value> {
    let scratch = Scratch::new();
    let list = scratch.join("list");
    typed![
        "run",
        "--ephemeral",
        "--isolate-network",
        "--changes",
        list,
        root.path(),
        "sh",
        "-c",
        script
    ]
    .check()
    .unwrap();
    parse(&fs::read(list).unwrap())
}

fn lines() -> Outcome {
    let root = Root::small();
    fs::write(root.join("old"), "old\n")?;
    fs::write(root.join("content"), "content\n")?;
    fs::write(root.join("metadata"), "metadata\n")?;
    let script = "echo new > /new; rm /old; echo CONTENT > /content; chmod 600 /metadata; ln /new /link";
    let list = changes(&root, script);
    let expected = [
        json!({"path": "link", "kind": "created", "type": "file", "size": 4}),
        json!({"path": "new", "kind": "created", "type": "file", "size": 4, "link_to": "link"}),
        json!({"path": "old", "kind": "deleted", "type": "file", "size": 4}),
        json!({
            "path": "content", "kind": "modified", "content": true, "metadata": true, "type": "file", "size": 8
        }),
        json!({
            "path": "metadata", "kind": "modified", "content": false, "metadata": true, "type": "file", "size": 9
        }),
    ];
    for change in &expected {
        let name = format!(
            "{} {}",
            change["kind"].as_str().unwrap(),
            change["path"].as_str().unwrap()
        );
        assert_eq!(list.get(&name), Some(change), "{list:#?}");
    }
    assert_eq!(list.len(), 5, "{list:#?}");
    Ok(())
}

fn types() -> Outcome {
    let root = Root::small();
    fs::create_dir_all(root.join("gone/with/all"))?;
    std::os::unix::fs::symlink("x", root.join("link"))?;
    let script = "mkdir /d; ln -s target /s; mknod /p p; mknod /c c 1 3; mknod /b b 7 0; \
                  rm -r /gone; ln -sfn other /link; rm /etc/group; mkdir /etc/group; chmod 700 /";
    let list = changes(&root, script);
    let seen = |name: &str| {
        let change = &list.get(name).unwrap_or_else(|| panic!("{name} in {list:#?}"));
        (change["type"].as_str().unwrap(), change["size"].as_u64().unwrap())
    };
    assert_eq!(seen("created d"), ("directory", 0));
    assert_eq!(seen("created s"), ("symlink", 6));
    assert_eq!(seen("created p"), ("fifo", 0));
    assert_eq!(seen("created c"), ("character_device", 0));
    assert_eq!(seen("created b"), ("block_device", 0));
    assert_eq!(seen("deleted gone"), ("directory", 0));
    assert_eq!(seen("modified link"), ("symlink", 5));
    assert_eq!(seen("deleted etc/group"), ("file", 19));
    assert_eq!(seen("created etc/group"), ("directory", 0));
    assert_eq!(seen("modified ."), ("directory", 0));
    assert!(!list.contains_key("deleted gone/with"), "{list:#?}");
    Ok(())
}

/// The bytes that two hexadecimal digits each stand for.
fn bytes(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().unwrap().as_bytes();
    let digit = |digit: u8| char::from(digit).to_digit(16).unwrap();
    digits
        .chunks(2)
        .map(|pair| u8::try_from(digit(pair[0]) << 4 | digit(pair[1])).unwrap())
        .collect()
}

fn any_byte() -> Outcome {
    let root = Root::small();
    let script = r#"touch "$(printf '/a"\\\t\n\033\001\342\200\256x')" "$(printf '/\303\274')" "$(printf '/\377\376')";
                    ln "$(printf '/\377\376')" "$(printf '/\377z')""#;
    let list = changes(&root, script);
    assert_eq!(list.len(), 4, "{list:#?}");
    let plain = &list["created a\"\\\t\n\u{1b}\u{1}\u{202e}x"];
    assert_eq!(plain.get("path_hex"), None, "{plain}");
    assert!(list.contains_key("created ü"), "{list:#?}");
    let first = &list["created \u{fffd}z"];
    assert_eq!(bytes(&first["path_hex"]), b"\xffz");
    let link = &list["created \u{fffd}\u{fffd}"];
    assert_eq!(bytes(&link["path_hex"]), b"\xff\xfe");
    assert_eq!(bytes(&link["link_to_hex"]), b"\xffz");
    assert_eq!(link["link_to"], "\u{fffd}z");
    Ok(())
}

fn after_the_output() -> Outcome {
    let root = Root::small();
    let words = typed!["run", "--ephemeral", "--isolate-network", "--changes", "-", root.path()];
    words
        .then("sh")
        .then("-c")
        .then("echo first; : > /f; echo second")
        .stdout("first\nsecond\n{\"path\":\"f\",\"kind\":\"created\",\"type\":\"file\",\"size\":0}\n")
        .check()
}

fn overlay() -> Outcome {
    let (root, memory, scratch) = (Root::small(), Memory::new(), Scratch::new());
    let (upper, list) = (memory.directory("upper"), scratch.join("list"));
    let run = |script: &str| {
        typed![
            "run",
            "--overlay",
            upper,
            "--isolate-network",
            "--changes",
            list,
            root.path(),
            "sh",
            "-c",
            script
        ]
        .check()
        .unwrap();
        parse(&fs::read(&list).unwrap()).into_keys().collect::<Vec<_>>()
    };
    assert_eq!(run("touch /one"), ["created one"]);
    assert_eq!(run("touch /two"), ["created one", "created two"]);
    // A shorter list leaves nothing of a longer one.
    assert_eq!(run("rm /one /two"), [""; 0]);
    Ok(())
}

fn layers() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let lower = memory.directory("lower");
    fs::write(lower.join("of-lower"), "")?;
    let output = typed![
        "run",
        "--lower",
        lower,
        "--ephemeral",
        "--isolate-network",
        "--changes",
        "-",
        root.path(),
        "sh",
        "-c",
        "rm /of-lower /etc/group"
    ]
    .output();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let list = parse(&output.stdout);
    assert!(
        list.contains_key("deleted of-lower") && list.contains_key("deleted etc/group"),
        "{list:#?}"
    );
    Ok(())
}

fn none() -> Outcome {
    let root = Root::small();
    assert_eq!(changes(&root, "echo x > /run/x; echo x > /dev/shm/x"), BTreeMap::new());
    Ok(())
}

fn failed() -> Outcome {
    let root = Root::small();
    typed![
        "run",
        "--ephemeral",
        "--isolate-network",
        "--changes",
        "-",
        root.path(),
        "sh",
        "-c",
        ": > /f; exit 9"
    ]
    .status(9)
    .stdout("{\"path\":\"f\",\"kind\":\"created\",\"type\":\"file\",\"size\":0}\n")
    .check()?;
    // A full layer is told, and what is in it is listed.
    let output = typed![
        "run",
        "--ephemeral=1M",
        "--isolate-network",
        "--changes",
        "-",
        root.path(),
        "sh",
        "-c",
        "dd if=/dev/zero of=/big bs=4k 2>&-"
    ]
    .output();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the ephemeral layer (1 MiB) is full"));
    assert_eq!(parse(&output.stdout)["created big"]["size"], 1 << 20);
    // There was no command, so there is nothing to tell.
    let scratch = Scratch::new();
    let list = scratch.join("list");
    typed!["run", "--ephemeral", "--changes", list, root.path(), "no-such-program"]
        .complains(127, &["no-such-program"])
        .check()?;
    assert_eq!(fs::read(list)?, b"");
    Ok(())
}

fn background() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    let output = typed![
        "run",
        "--overlay",
        upper,
        "--isolate-network",
        "--changes",
        "-",
        root.path(),
        "sh",
        "-c",
        "(while :; do echo more; done >> /log) & until test -s /log; do :; done"
    ]
    .output();
    assert_eq!(output.status.code(), Some(0));
    let size = fs::metadata(upper.join("log"))?.len();
    assert_eq!(parse(&output.stdout)["created log"]["size"], size);
    Ok(())
}

/// What overlayfs would not write, but whoever has the upper directory can.
fn incomplete() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    fs::write(upper.join("seen"), "")?;
    let forge = |number: u32| {
        let forged = upper.join(format!("\x1b{number}"));
        fs::create_dir(&forged).unwrap();
        setxattr(&forged, "trusted.overlay.redirect", b"/../x", XattrFlags::empty()).unwrap();
    };
    let run = || {
        let words = typed!["run", "--overlay", upper, "--isolate-network", "--changes", "-"];
        let output = words.then(root.path()).then("true").output();
        assert_eq!(output.status.code(), Some(125));
        assert!(parse(&output.stdout).contains_key("created seen"));
        String::from_utf8(output.stderr).unwrap()
    };
    forge(10);
    let told = run();
    assert!(
        told.starts_with("furnace: cannot tell what has changed at \\u{1b}10: "),
        "{told}"
    );
    let end = "furnace: the list of changes is not complete: one path could not be looked at\n";
    assert!(told.ends_with(end), "{told}");
    (11..30).for_each(forge);
    let told = run();
    assert!(
        told.contains(r"\u{1b}19: ") && told.contains("not complete: 20 paths"),
        "{told}"
    );
    // Nobody wants to read of each.
    assert!(!told.contains(r"\u{1b}20"), "{told}");
    Ok(())
}

fn unwritable() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let missing = scratch.join("missing/li\nst");
    let cases = [
        (missing.as_path(), r"/missing/li\nst: No such file or directory"),
        (scratch.path(), "Is a directory"),
        (Path::new(""), "--changes"),
    ];
    for (path, complaint) in cases {
        typed!["run", "--ephemeral", "--changes", path, root.path(), "echo", "ran"]
            .complains(125, &[complaint])
            .check()?;
    }
    let cannot = |to: &str| format!("cannot write the list of changes to {to}: No space left on device");
    typed![
        "run",
        "--ephemeral",
        "--changes",
        "/dev/full",
        root.path(),
        "sh",
        "-c",
        ": > /f; echo ran"
    ]
    .stdout("ran\n")
    .complains(125, &[&cannot("/dev/full")])
    .check()?;
    typed![
        "run",
        "--ephemeral",
        "--changes",
        "-",
        root.path(),
        "sh",
        "-c",
        ": > /f"
    ]
    .by_shell("exec \"$@\" >/dev/full")
    .complains(125, &[&cannot("the standard output")])
    .check()
}

/// A list of more bytes than a pipe holds.
const MANY: &str = "i=0; while test $i -lt 3000; do : > /f$i; i=$((i + 1)); done";

fn unread() -> Outcome {
    let root = Root::small();
    let run = |script: &str| {
        typed![
            "run",
            "--ephemeral",
            "--isolate-network",
            "--changes",
            "-",
            root.path(),
            "sh",
            "-c",
            script
        ]
    };
    run(": > /f; exit 5").by_shell("exec \"$@\" >&-").status(5).check()?;
    // Whoever reads it has seen enough.
    run(MANY)
        .by_shell("{ \"$@\"; echo $? >&2; } | head -n 1")
        .stdout("{\"path\":\"f0\",\"kind\":\"created\",\"type\":\"file\",\"size\":0}\n")
        .stderr("0\n")
        .check()
}

fn interrupted() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let pipe = scratch.join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )?;
    assert!(fs::metadata(&pipe)?.file_type().is_fifo());
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let mut reader = File::options().read(true).custom_flags(nonblocking).open(&pipe)?;
    let running = Running::start(typed![
        "run",
        "--ephemeral",
        "--changes",
        pipe,
        root.path(),
        "sh",
        "-c",
        MANY
    ]);
    // Once the first of it is there, the command has ended; nobody reads the rest.
    poll(&mut [PollFd::new(&reader, PollFlags::IN)], None)?;
    running.signal(Signal::TERM);
    let end = running.end();
    assert_eq!((end.status.signal(), end.stderr.as_str()), (Some(15), ""));
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest)?;
    assert!(rest.starts_with(b"{\"path\":"));
    Ok(())
}

fn nothing_keeps_them() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let list = scratch.join("list");
    for option in ["--isolate-network", "--read-only"] {
        typed!["run", option, "--changes", list, root.path(), "echo", "ran"]
            .complains(
                125,
                &[
                    "cannot list what has changed",
                    "help: use --ephemeral, or --overlay UPPER",
                ],
            )
            .check()?;
    }
    typed![
        "run",
        "--lower",
        scratch.path(),
        "--changes",
        list,
        root.path(),
        "echo",
        "ran"
    ]
    .complains(125, &["cannot list what has changed"])
    .check()?;
    assert!(!list.exists());
    // An earlier list stays.
    fs::write(&list, "earlier")?;
    let missing = scratch.join("missing");
    typed!["run", "--changes", list, missing, "true"]
        .complains(125, &["missing", "(ENOENT)"])
        .check()?;
    typed!["run", "--overlay", missing, "--changes", list, root.path(), "true"]
        .complains(125, &["missing", "(ENOENT)"])
        .check()?;
    assert_eq!(fs::read_to_string(&list)?, "earlier");
    Ok(())
}

fn bad() -> Outcome {
    let root = Root::small();
    typed![
        "run",
        "--ephemeral",
        "--changes",
        "/tmp/x",
        "--changes",
        "/tmp/y",
        root.path(),
        "true"
    ]
    .complains(125, &["--changes"])
    .check()?;
    typed!["run", "--ephemeral", "--change", "-", root.path(), "true"]
        .complains(125, &["'--change'", "--changes"])
        .check()?;
    let odd = OsString::from_vec([b"/no/\xff\x1b".as_slice(), "\u{202e}".as_bytes()].concat());
    assert!(odd.as_bytes().len() > 5);
    typed!["run", "--ephemeral", "--changes", odd, root.path(), "true"]
        .complains(125, &[r"/no/\xff\u{1b}\u{202e}"])
        .check()
}
