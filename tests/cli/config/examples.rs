//! The examples do what they say.

use std::fs;
use std::path::{Path, PathBuf};

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/config");

/// A file of the examples.
pub(super) struct Example {
    pub(super) name: &'static str,
    needs: &'static [Need],
    run: fn(&Path) -> Outcome,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        name: "build",
        needs: &[Need::Root, Need::Program("cc")],
        run: build,
    },
    Example {
        name: "layers",
        needs: &[Need::Root],
        run: layers,
    },
    Example {
        name: "read-only",
        needs: &[Need::Root],
        run: read_only,
    },
    Example {
        name: "secret",
        needs: &[Need::Root],
        run: secret,
    },
    Example {
        name: "shell",
        needs: &[Need::Root],
        run: shell,
    },
];

impl Example {
    fn file(&self) -> PathBuf {
        Path::new(DIRECTORY).join(self.name).with_extension("toml")
    }

    pub(super) fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }
}

pub(super) fn trials() -> Vec<Trial> {
    let runs = EXAMPLES.iter().map(|example| {
        let name = format!("example_config_{}", example.name.replace('-', "_"));
        test(&name, example.needs, || (example.run)(&example.file()))
    });
    runs.chain([test("every_example_config_is_run", &[], every_one)])
        .collect()
}

fn every_one() -> Outcome {
    let mut found: Vec<String> = fs::read_dir(DIRECTORY)?
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    let known: Vec<&str> = EXAMPLES.iter().map(|example| example.name).collect();
    assert_eq!(found, known);
    Ok(())
}

fn build(file: &Path) -> Outcome {
    typed!["run", "--config", file].stdout("hello\n").check()
}

fn layers(file: &Path) -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    fs::copy(file, scratch.join("layers.toml"))?;
    fs::create_dir(scratch.join("changes"))?;
    typed!["run", "--config", scratch.join("layers.toml"), root.path()].check()?;
    assert!(!root.join("etc/motd").exists());
    assert_eq!(fs::read_to_string(scratch.join("changes/etc/motd"))?, "Welcome.\n");
    assert!(fs::read_to_string(scratch.join("changes.json"))?.contains("\"etc/motd\""));
    Ok(())
}

fn read_only(file: &Path) -> Outcome {
    let root = Root::small();
    typed!["run", "--config", file, root.path()]
        .stdout("note\nnothing else can be written\n")
        .check()?;
    typed!["run", "--config", file, root.path(), "--", "ls", "/etc"]
        .by_shell("\"$@\" | head -1")
        .stdout("group\n")
        .check()?;
    typed!["run", "--config", file, "--without", "read-only", "--without", "user"]
        .then(root.path())
        .then("--")
        .then("touch")
        .then("/etc/new")
        .check()?;
    assert!(root.join("etc/new").exists());
    Ok(())
}

fn secret(file: &Path) -> Outcome {
    typed!["run", "--config", file]
        .stdout(fs::read(Path::new(DIRECTORY).join("token.example"))?)
        .check()
}

fn shell(file: &Path) -> Outcome {
    let output = typed!["shell", "--config", file]
        .stdin("hostname; pwd; echo $EDITOR; exit 7\n")
        .output();
    assert_eq!(output.status.code(), Some(7));
    let told = String::from_utf8_lossy(&output.stdout);
    for word in ["playground", "/work", "vi"] {
        assert!(told.contains(word), "{word} in {told}");
    }
    Ok(())
}
