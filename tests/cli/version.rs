//! `furnace --version`: the version, and the commit that it was built on, from wherever that can be known.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use furnace_tests::{Need, Outcome, Scratch, furnace, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let rustc = Need::Program("rustc");
    vec![
        test("version_has_the_commit", &[], commit),
        test("version_of_a_checkout", &[rustc], checkouts),
        test("version_of_a_package", &[rustc], package),
        test("version_where_nobody_knows_the_commit", &[rustc], unknown),
        test("version_does_not_have_all_built_each_time", &[rustc], watched),
    ]
}

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const KNOWN: &str = "9.8.7 (0123456789ab)";

fn commit() -> Outcome {
    for word in ["--version", "-V"] {
        let output = typed![word].output();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
        let text = String::from_utf8(output.stdout)?;
        let version = concat!("furnace ", env!("CARGO_PKG_VERSION"));
        let rest = text
            .strip_prefix(version)
            .and_then(|rest| rest.strip_suffix('\n'))
            .unwrap();
        if Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.git")).exists() {
            let digits = rest.strip_prefix(" (").and_then(|rest| rest.strip_suffix(')')).unwrap();
            assert!(
                digits.len() == 12 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
                "{text}"
            );
        } else {
            assert!(rest.is_empty() || rest.starts_with(" ("), "{text}");
        }
    }
    Ok(())
}

/// The build script, and packages for it to run in.
struct Script {
    scratch: Scratch,
    program: PathBuf,
}

impl Script {
    fn new() -> Self {
        let scratch = Scratch::new();
        let program = scratch.join("build-script");
        let output = Command::new("rustc")
            .args(["--edition", "2024", "-o"])
            .arg(&program)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../furnace-cli/build/main.rs"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::create_dir_all(scratch.join("repository/furnace-cli")).unwrap();
        Self { scratch, program }
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.scratch.join("repository").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What cargo is told.
    fn told(&self) -> Vec<String> {
        let output = Command::new(&self.program)
            .env("CARGO_MANIFEST_DIR", self.scratch.join("repository/furnace-cli"))
            .env("CARGO_PKG_VERSION", "9.8.7")
            // There is no git.
            .env("PATH", "/no/such")
            .output()
            .unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn version(&self) -> String {
        let told = self.told();
        let mut versions = told
            .iter()
            .filter_map(|line| line.strip_prefix("cargo::rustc-env=FURNACE_VERSION="));
        let version = versions.next().unwrap().to_owned();
        assert_eq!(versions.next(), None);
        version
    }
}

fn checkouts() -> Outcome {
    let on_a_branch = Script::new();
    on_a_branch.write(".git/HEAD", "ref: refs/heads/main\n");
    on_a_branch.write(".git/refs/heads/main", format!("{COMMIT}\n"));
    assert_eq!(on_a_branch.version(), KNOWN);

    let detached = Script::new();
    detached.write(".git/HEAD", format!("{COMMIT}\n"));
    assert_eq!(detached.version(), KNOWN);

    let packed = Script::new();
    packed.write(".git/HEAD", "ref: refs/heads/a/b\n");
    let other = "f".repeat(40);
    packed.write(
        ".git/packed-refs",
        format!("# pack-refs with: peeled\n{other} refs/heads/a\n{COMMIT} refs/heads/a/b\n^{other}\n"),
    );
    assert_eq!(packed.version(), KNOWN);

    let linked = Script::new();
    linked.write(".git", "gitdir: ../main/.git/worktrees/w\n");
    linked.write("../main/.git/worktrees/w/HEAD", "ref: refs/heads/w\n");
    linked.write("../main/.git/worktrees/w/commondir", "../..\n");
    linked.write("../main/.git/refs/heads/w", format!("{COMMIT}\n"));
    assert_eq!(linked.version(), KNOWN);
    Ok(())
}

fn package() -> Outcome {
    let script = Script::new();
    let about =
        format!("{{\n  \"git\": {{\n    \"sha1\": \"{COMMIT}\"\n  }},\n  \"path_in_vcs\": \"furnace-cli\"\n}}\n");
    script.write("furnace-cli/.cargo_vcs_info.json", about);
    assert_eq!(script.version(), KNOWN);
    // Unpacked in somebody else's repository it is still what it was.
    script.write(".git/HEAD", "f".repeat(40));
    assert_eq!(script.version(), KNOWN);
    script.write("furnace-cli/.cargo_vcs_info.json", "{}");
    assert_eq!(script.version(), "9.8.7");
    Ok(())
}

fn unknown() -> Outcome {
    let script = Script::new();
    assert_eq!(script.version(), "9.8.7");
    for head in [
        "",
        "ref: refs/heads/unborn\n",
        "ref: \n",
        "0123456789",
        "a\u{1b}[31m0000000",
        "ääääääääää",
    ] {
        script.write(".git/HEAD", head);
        assert_eq!(script.version(), "9.8.7", "{head:?}");
    }
    Ok(())
}

fn watched() -> Outcome {
    let script = Script::new();
    script.write(".git/HEAD", "ref: refs/heads/main\n");
    script.write(".git/refs/heads/main", format!("{COMMIT}\n"));
    let told = script.told();
    let paths: Vec<&str> = told
        .iter()
        .filter_map(|line| line.strip_prefix("cargo::rerun-if-changed="))
        .collect();
    let git = script.scratch.join("repository/.git");
    for name in ["HEAD", "refs/heads/main"] {
        assert!(paths.contains(&git.join(name).to_str().unwrap()), "{paths:?}");
    }
    // One that is not there would count as changed each time.
    for path in paths.iter().filter(|path| **path != "build") {
        assert!(Path::new(path).exists(), "{path}");
    }
    // Built already, it is not built again.
    let fresh = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "-p", "furnace-cli", "-v", "--target-dir"])
        .arg(furnace().ancestors().nth(2).unwrap())
        .args(
            furnace()
                .ancestors()
                .nth(1)
                .unwrap()
                .ends_with("release")
                .then_some("--release"),
        )
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()?;
    let text = String::from_utf8_lossy(&fresh.stderr);
    assert!(
        text.lines()
            .any(|line| line.trim_start().starts_with("Fresh furnace-cli ")),
        "{text}"
    );
    Ok(())
}
