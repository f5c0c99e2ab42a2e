//! `--dev` and `--device`.

use std::fs;
use std::os::unix::fs::FileTypeExt;

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("device", &[Need::Root, Need::File("/dev/fuse")], device),
        test("dev_can_be_the_hosts", &[Need::Root], host),
        test("bad_device", &[Need::Root], bad),
    ]
}

fn device() -> Outcome {
    let root = Root::small();
    let script = "test -e /dev/fuse || echo none; stat -c %F /dev/null";
    for option in ["--dev=minimal", "--isolate-network"] {
        typed!["run", option, root.path(), "sh", "-c", script]
            .stdout("none\ncharacter special file\n")
            .check()?;
    }
    let numbers = rustix::fs::stat("/dev/fuse")?.st_rdev;
    let shown = format!("{:x}:{:x}\n", rustix::fs::major(numbers), rustix::fs::minor(numbers));
    // One that is there already is no contradiction.
    let devices = typed![
        "run",
        "--device",
        "/dev/fuse",
        "--device",
        "/dev/null",
        "--device=/dev/fuse"
    ];
    devices
        .then(root.path())
        .then("stat")
        .then("-c")
        .then("%t:%T")
        .then("/dev/fuse")
        .stdout(shown)
        .check()
}

fn host() -> Outcome {
    let root = Root::small();
    let mut devices: Vec<String> = fs::read_dir("/dev")?
        .map(|entry| entry.unwrap())
        .filter(|entry| {
            let kind = entry.file_type().unwrap();
            kind.is_char_device() || kind.is_block_device()
        })
        .map(|entry| entry.path().to_str().unwrap().to_owned())
        .collect();
    devices.sort();
    let words = typed!["run", "--dev", "host", root.path(), "ls", "-d"];
    let words = devices.iter().fold(words, |words, path| words.then(path));
    let output = words.then("/dev/pts").then("/dev/shm").output();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown.lines().count(), devices.len() + 2, "{shown}");
    Ok(())
}

fn bad() -> Outcome {
    let (root, outside) = (Root::small(), Scratch::new());
    let outside = outside.path().to_str().unwrap();
    for (typed, complaint) in [
        ("/dev/no-such-device", "(ENOENT)"),
        ("fuse", "below /dev"),
        ("/dev/../etc/passwd", "`..`"),
        (outside, "below /dev"),
        ("/dev/pts", "its own /dev/pts"),
        ("/dev", "cannot give the device /dev "),
        ("", "--device"),
        ("/dev/\x1b", r"/dev/\u{1b}"),
    ] {
        typed!["run", "--device", typed, root.path(), "echo", "ran"]
            .complains(125, &[complaint])
            .check()?;
    }
    typed!["run", "--dev", "hots", root.path(), "true"]
        .complains(125, &["'hots'", "minimal, host", "'host'"])
        .check()?;
    typed!["run", "--dev", "", root.path(), "true"]
        .complains(125, &["--dev", "minimal, host"])
        .check()
}
