//! Upper directories made by hand, and what is none.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use furnace_core::{Changes, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;
use rustix::fs::FileType;

use crate::case::line;
use crate::operations::{attribute, directory, node, write};
use crate::tree::age;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("redirects_out_of_the_lower_tree", &[Need::Root], redirects),
        test("redirects_through_symlinks", &[Need::Root], redirects_through_symlinks),
        test("bytes_that_are_said_to_be_elsewhere", &[Need::Root], bytes_elsewhere),
        test("symlinks_are_never_followed", &[Need::Root], symlinks),
        test("nothing_is_waited_for", &[Need::Root], nothing_is_waited_for),
        test("what_is_no_directory", &[Need::Root], no_directory),
    ]
}

/// Directories `upper`, `lower` and `outside` beside each other.
fn three() -> Scratch {
    let scratch = Scratch::new();
    for name in ["upper", "lower", "outside"] {
        directory(scratch.join(name));
    }
    write(scratch.join("outside/secret"), "secret");
    scratch
}

fn changes(scratch: &Scratch) -> Changes {
    age(&scratch.join("upper"));
    age(&scratch.join("lower"));
    let open = |name: &str| File::open(scratch.join(name)).unwrap();
    Changes::between(open("upper"), open("lower")).unwrap()
}

fn redirects() -> Outcome {
    for redirect in [
        "..",
        ".",
        "",
        "/",
        "/..",
        "/../outside",
        "../outside",
        "/d/../../outside",
        "d/d",
        "//d",
        "/d/",
        "/./d",
    ] {
        let scratch = three();
        directory(scratch.join("lower/d/d"));
        directory(scratch.join("upper/e"));
        attribute(scratch.join("upper/e"), "trusted.overlay.redirect", redirect.as_bytes());
        write(scratch.join("upper/f"), "abc");
        let mut lines = Vec::new();
        let mut errors = Vec::new();
        for change in changes(&scratch) {
            match change {
                Ok(change) => lines.push(line(&change)),
                Err(error) => errors.push(error),
            }
        }
        assert_eq!(lines, ["created directory e", "created file f 3"], "{redirect}");
        let [error] = &errors[..] else {
            return Err(format!("{redirect}: {errors:?}").into());
        };
        assert_eq!((error.kind(), error.phase()), (ErrorKind::InvalidInput, Phase::Compare));
        assert_eq!(error.to_string(), "cannot tell what has changed at e");
    }
    Ok(())
}

fn redirects_through_symlinks() -> Outcome {
    let scratch = three();
    symlink(scratch.join("outside"), scratch.join("lower/s"))?;
    symlink("..", scratch.join("lower/up"))?;
    for (number, redirect) in ["s", "/s", "/up/outside", "/s/secret", "up"].into_iter().enumerate() {
        let path = scratch.join("upper").join(number.to_string());
        directory(&path);
        attribute(path, "trusted.overlay.redirect", redirect.as_bytes());
    }
    let listed = changes(&scratch).collect::<Result<Vec<_>, _>>()?;
    let lines: Vec<_> = listed.iter().map(line).collect();
    assert_eq!(
        lines,
        [0, 1, 2, 3, 4].map(|number| format!("created directory {number}"))
    );
    Ok(())
}

/// A metadata-only copy whose bytes are nowhere in the lower tree, or are no file's.
fn bytes_elsewhere() -> Outcome {
    for redirect in ["/missing", "/d", "/s", "/fifo", "/../outside/secret"] {
        let scratch = three();
        directory(scratch.join("lower/d"));
        symlink(scratch.join("outside/secret"), scratch.join("lower/s"))?;
        node(scratch.join("lower/fifo"), FileType::Fifo, 0, 0);
        for side in ["lower", "upper"] {
            write(scratch.join(side).join("f"), "bytes");
        }
        attribute(scratch.join("upper/f"), "trusted.overlay.metacopy", b"");
        attribute(scratch.join("upper/f"), "trusted.overlay.redirect", redirect.as_bytes());
        let found: Vec<_> = changes(&scratch).collect();
        let [Err(error)] = &found[..] else {
            return Err(format!("{redirect}: {found:?}").into());
        };
        assert_eq!(error.to_string(), "cannot tell what has changed at f");
    }
    Ok(())
}

fn symlinks() -> Outcome {
    let scratch = three();
    for (side, name) in [("upper", "a"), ("lower", "b"), ("upper", "c"), ("lower", "c")] {
        symlink("../outside", scratch.join(side).join(name))?;
    }
    // Where one layer has a directory, the other has a symlink to one.
    directory(scratch.join("lower/a"));
    directory(scratch.join("upper/b"));
    write(scratch.join("upper/b/secret"), "secret");
    let listed = changes(&scratch).collect::<Result<Vec<_>, _>>()?;
    let lines: Vec<_> = listed.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "deleted directory a",
            "created symlink a 10",
            "deleted symlink b 10",
            "created directory b",
            "created file b/secret 6",
        ]
    );
    Ok(())
}

fn nothing_is_waited_for() -> Outcome {
    let scratch = three();
    for side in ["upper", "lower"] {
        node(scratch.join(side).join("fifo"), FileType::Fifo, 0, 0);
        // A terminal that hangs until there is one, and a watchdog that would bite.
        node(scratch.join(side).join("tty"), FileType::CharacterDevice, 4, 64);
        node(scratch.join(side).join("watchdog"), FileType::CharacterDevice, 10, 130);
    }
    write(scratch.join("lower/turned"), "bytes");
    node(scratch.join("upper/turned"), FileType::Fifo, 0, 0);
    let listed = changes(&scratch).collect::<Result<Vec<_>, _>>()?;
    let lines: Vec<_> = listed.iter().map(line).collect();
    assert_eq!(lines, ["deleted file turned 5", "created fifo turned"]);
    Ok(())
}

fn no_directory() -> Outcome {
    let scratch = three();
    write(scratch.join("file"), "");
    let open = |path: &Path| File::open(path).unwrap();
    let (file, there) = (scratch.join("file"), scratch.join("lower"));
    for (upper, lower, said) in [(&file, &there, "upper"), (&there, &file, "lower")] {
        let error = Changes::between(open(upper), open(lower)).unwrap_err();
        assert_eq!(
            (error.kind(), error.phase()),
            (ErrorKind::NotADirectory, Phase::Compare)
        );
        assert!(error.to_string().contains(said), "{error}");
    }
    let gone = open(&there);
    fs::remove_dir(&there)?;
    let mut changes = Changes::between(gone, open(&scratch.join("upper")))?;
    let error = changes.next().unwrap().unwrap_err();
    assert!(changes.next().is_none());
    assert_eq!(error.kind(), ErrorKind::NotFound);
    Ok(())
}
