//! `--bind` and `--bind-ro`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("bind_shows_a_directory_and_a_file", &[Need::Root], directory_and_file),
        test("bind_ro_can_be_read_only", &[Need::Root], read_only),
        test("bind_without_destination_has_the_same_path", &[Need::Root], same_path),
        test("later_binds_lie_over_earlier_ones_of_either_kind", &[Need::Root], order),
        test("binds_of_paths_with_any_byte", &[Need::Root], any_byte),
        test("four_thousand_binds", &[Need::Root], many),
    ]
}

/// `SRC:DST`, both typed as they are.
fn pair(source: &Path, destination: &str) -> OsString {
    let mut pair = source.as_os_str().to_owned();
    pair.push(":");
    pair.push(destination);
    pair
}

/// A directory with one file, `name`, that holds `content`.
fn outside(content: &str) -> Scratch {
    let scratch = Scratch::new();
    fs::write(scratch.join("name"), content).unwrap();
    scratch
}

fn directory_and_file() -> Outcome {
    let root = Root::small();
    let outside = outside("outside\n");
    typed![
        "run",
        "--bind",
        pair(outside.path(), "/new/place"),
        root.path(),
        "cat",
        "/new/place/name"
    ]
    .stdout("outside\n")
    .check()?;
    typed![
        "run",
        "--bind",
        pair(outside.path(), "relative"),
        root.path(),
        "cat",
        "/relative/name"
    ]
    .stdout("outside\n")
    .check()?;
    let file = pair(&outside.join("name"), "/etc/passwd");
    typed![
        "run",
        "--bind",
        file,
        root.path(),
        "sh",
        "-c",
        "cat /etc/passwd; echo inside > /etc/passwd"
    ]
    .stdout("outside\n")
    .check()?;
    assert_eq!(fs::read_to_string(outside.join("name")).unwrap(), "inside\n");
    assert!(
        fs::read_to_string(root.join("etc/passwd"))
            .unwrap()
            .starts_with("root:")
    );
    Ok(())
}

fn read_only() -> Outcome {
    let root = Root::small();
    let outside = outside("outside\n");
    let script = "cat /m/name; (echo inside > /m/name) 2>/dev/null || echo refused";
    typed![
        "run",
        "--bind-ro",
        pair(outside.path(), "/m"),
        root.path(),
        "sh",
        "-c",
        script
    ]
    .stdout("outside\nrefused\n")
    .check()?;
    assert_eq!(fs::read_to_string(outside.join("name")).unwrap(), "outside\n");
    Ok(())
}

fn same_path() -> Outcome {
    let root = Root::small();
    let outside = outside("outside\n");
    let file = outside.join("name");
    typed!["run", "--bind", outside.path(), root.path(), "cat", file]
        .stdout("outside\n")
        .check()?;
    // Also where it is typed as seen from the working directory.
    typed!["run", "--bind-ro", "name", root.path(), "cat", file]
        .in_directory(outside.path())
        .stdout("outside\n")
        .check()
}

fn order() -> Outcome {
    let root = Root::small();
    let (one, two) = (outside("one\n"), outside("two\n"));
    let (one, two) = (pair(one.path(), "/m"), pair(two.path(), "/m"));
    let show = "cat /m/name; touch /m/name 2>/dev/null || echo refused";
    for (first, last, seen) in [
        (["--bind", "1"], ["--bind-ro", "2"], "two\nrefused\n"),
        (["--bind-ro", "2"], ["--bind", "1"], "one\n"),
        (["--bind-ro", "1"], ["--bind", "2"], "two\n"),
        (["--bind", "2"], ["--bind-ro", "1"], "one\nrefused\n"),
        (["--bind", "1"], ["--bind", "2"], "two\n"),
    ] {
        let path = |typed: [&str; 2]| if typed[1] == "1" { one.clone() } else { two.clone() };
        typed![
            "run",
            first[0],
            path(first),
            last[0],
            path(last),
            root.path(),
            "sh",
            "-c",
            show
        ]
        .stdout(seen)
        .check()?;
    }
    Ok(())
}

fn any_byte() -> Outcome {
    let root = Root::small();
    let outside = Scratch::new();
    let name = OsStr::from_bytes(b"a:b c\nd\\e\xff:");
    let source = outside.join(name);
    fs::create_dir(&source).unwrap();
    fs::write(source.join("name"), "outside\n").unwrap();

    let mut escaped = Vec::new();
    for byte in source.as_os_str().as_bytes() {
        if matches!(byte, b':' | b'\\') {
            escaped.push(b'\\');
        }
        escaped.push(*byte);
    }
    let escaped = OsString::from_vec(escaped);
    typed!["run", "--bind", escaped, root.path(), "cat", source.join("name")]
        .stdout("outside\n")
        .check()?;

    let mut both = escaped;
    both.push(":/x ");
    both.push(OsStr::from_bytes(b"\\:\\\\\xfe\n"));
    let inside = Path::new(OsStr::from_bytes(b"/x :\\\xfe\n")).join("name");
    typed!["run", "--bind-ro", both, root.path(), "cat", inside]
        .stdout("outside\n")
        .check()
}

fn many() -> Outcome {
    let root = Root::small();
    let outside = outside("outside\n");
    let mut run = typed!["run"];
    for number in 0..4000 {
        run = run
            .then("--bind-ro")
            .then(pair(&outside.join("name"), &format!("/run/b/{number}")));
    }
    run.then(root.path())
        .then("cat")
        .then("/run/b/0")
        .then("/run/b/3999")
        .stdout("outside\noutside\n")
        .check()
}
