//! Names come from anywhere; what is printed of them must not command a terminal, nor forge a line.

use std::error::Error as _;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use furnace_core::{Container, Error};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;

use crate::attackers::{builder, root_with};

pub(crate) fn trials() -> Vec<Trial> {
    vec![test("control_bytes_escaped", &[Need::Root], control_bytes_escaped)]
}

/// An escape sequence, a clipboard write, a line that is none, text that runs backwards, and no UTF-8.
const HOSTILE: &[u8] = b"x\x1b[2J\x1b]52;c;eA==\x07\r\nfurnace: all is well\xe2\x80\xae\xff\xc2\x9b\x7f";

fn control_bytes_escaped() -> Outcome {
    let name = OsStr::from_bytes(HOSTILE);
    let root = root_with(&[]);
    let there = root.join(name);
    std::fs::create_dir(&there).unwrap();
    std::fs::write(root.join("a-file"), "").unwrap();

    check(Container::builder(there.join(name)).start().map(drop))?;
    let binds: [(&Path, &Path); 4] = [
        (&there.join(name), Path::new("/mnt")),
        (Path::new("/etc"), &Path::new("a-file").join(name)),
        (Path::new("/etc"), &Path::new("..").join(name)),
        (Path::new("/etc/passwd"), Path::new(name)),
    ];
    for (source, destination) in binds {
        check(builder(&root).bind(source, destination).start().map(drop))?;
    }
    check(
        builder(&root)
            .hostname(OsStr::from_bytes(&HOSTILE.repeat(9)))
            .start()
            .map(drop),
    )?;
    // A root directory of that name in which a step fails.
    check(
        Container::builder(&there)
            .bind("/etc/passwd", "/proc/passwd")
            .start()
            .map(drop),
    )?;

    let container = builder(&root).start()?;
    check(container.command(name).status().map(drop))?;
    check(container.command(Path::new("/bin").join(name)).status().map(drop))?;
    check(container.command(name).env("PATH", name).status().map(drop))?;
    check(
        container
            .command("/bin/true")
            .current_dir(Path::new("/tmp").join(name))
            .status()
            .map(drop),
    )?;
    let mut variable = name.to_owned();
    variable.push("=");
    check(container.command(name).env(&variable, "").status().map(drop))?;
    check(container.command(name).arg("a\0b").status().map(drop))?;
    Ok(())
}

/// It has to fail, and to say so in plain text.
fn check(result: Result<(), Error>) -> Result<(), String> {
    let error = result.err().ok_or("it did not fail")?;
    let mut texts = vec![error.to_string(), error.remedy().unwrap_or_default().to_owned()];
    let mut source = error.source();
    while let Some(cause) = source {
        texts.push(cause.to_string());
        source = cause.source();
    }
    let is_harmless = |character: char| !character.is_control() && !matches!(character, '\u{202a}'..='\u{202e}');
    match texts.iter().find(|text| !text.chars().all(is_harmless)) {
        Some(text) => Err(format!("not escaped: {text:?}")),
        None => Ok(()),
    }
}
