//! `furnace doctor`: what it says of a machine that is fine, and of one that is made not to be.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use furnace_tests::{Need, Outcome, Scratch, furnace, test};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::transcript::Transcript;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("doctor_finds_root_fit", &[Need::Root], fit),
        test("doctor_speaks_to_people_and_to_programs", &[Need::Root], two_forms),
        test("doctor_tells_others_what_root_could", &[Need::Root], not_root),
        test(
            "doctor_misses_a_single_capability",
            &[Need::Root, Need::Program("setpriv")],
            one_capability_less,
        ),
        test(
            "doctor_finds_a_limit_and_names_it",
            &[Need::Root, Need::Program("unshare")],
            limit,
        ),
        test(
            "doctor_finds_a_root_that_is_no_mount_point",
            &[Need::Root, Need::Program("unshare"), Need::Program("chroot")],
            plain_chroot,
        ),
        test(
            "doctor_does_not_crash_without_proc",
            &[Need::Root, Need::Program("unshare")],
            no_proc,
        ),
        test("doctor_escapes_what_it_found", &[Need::Root], escaped),
        test("doctor_that_nobody_reads_is_no_failure", &[Need::Root], unread),
        test("doctor_knows_a_helper_by_its_rights", &[Need::Root], helpers),
        test("doctor_has_help", &[], help),
    ]
}

/// The checks, as `--json` tells them.
struct Checks(Vec<Value>);

impl Checks {
    fn of(output: &Output) -> Self {
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let text = str::from_utf8(&output.stdout).unwrap();
        Self(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    fn get(&self, name: &str) -> &Value {
        let mut found = self.0.iter().filter(|check| check["name"] == name);
        let (first, second) = (found.next(), found.next());
        assert!(second.is_none(), "{name} is there twice");
        first.unwrap_or_else(|| panic!("{name} is not there"))
    }

    fn outcome(&self, name: &str) -> &str {
        self.get(name)["outcome"].as_str().unwrap()
    }

    fn required(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(|check| check["required"] == true)
    }
}

fn examined(transcript: Transcript, status: i32) -> Checks {
    let output = transcript.output();
    let checks = Checks::of(&output);
    assert_eq!(output.status.code(), Some(status), "{:?}", checks.0);
    checks
}

/// A copy of the program where anybody may execute it.
fn for_anybody(scratch: &Scratch) -> PathBuf {
    let program = scratch.join("furnace");
    std::fs::copy(furnace(), &program).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program
}

/// Has a shell run `script`, to which `"$@"` is the doctor, who answers in JSON.
fn by_shell(script: &str) -> Transcript {
    typed!["doctor", "--json"].by_shell(script)
}

fn fit() -> Outcome {
    let checks = examined(typed!["doctor", "--json"], 0);
    assert!(checks.required().count() >= 20);
    for check in checks.required() {
        assert_eq!(check["outcome"], "yes", "{check}");
    }
    let names: HashSet<&str> = checks.0.iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), checks.0.len());
    for check in &checks.0 {
        let keys: Vec<&str> = check.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys.len(), 6, "{check}");
        assert!(
            ["yes", "root", "no"].contains(&check["outcome"].as_str().unwrap()),
            "{check}"
        );
        assert_eq!(check["remedy"].is_null(), check["outcome"] == "yes", "{check}");
        assert!(!check["how"].as_str().unwrap().is_empty() && !check["purpose"].as_str().unwrap().is_empty());
    }
    Ok(())
}

fn two_forms() -> Outcome {
    let output = typed!["doctor"].output();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stderr, b"");
    let text = String::from_utf8(output.stdout)?;
    assert!(text.ends_with("\n\nfurnace run works here.\n"), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
    for check in examined(typed!["doctor", "--json"], 0).0 {
        let (name, outcome) = (check["name"].as_str().unwrap(), check["outcome"].as_str().unwrap());
        let is_of_it = |line: &str| {
            let mut words = line.trim_start().splitn(2, ' ');
            words.next() == Some(outcome) && words.next().is_some_and(|rest| rest.trim_start().starts_with(name))
        };
        assert!(text.lines().any(is_of_it), "{check} in\n{text}");
        if outcome == "no" {
            assert!(
                text.contains(&format!("help: {}", check["remedy"].as_str().unwrap())),
                "{check}"
            );
        }
    }
    Ok(())
}

fn not_root() -> Outcome {
    const NOBODY: u32 = 65534;
    let scratch = Scratch::new();
    let program = for_anybody(&scratch);
    let doctor = |words: &[&str]| {
        let mut command = Command::new(&program);
        command.args(words).uid(NOBODY).gid(NOBODY).current_dir("/");
        command.output().unwrap()
    };
    let output = doctor(&["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let checks = Checks::of(&output);
    for name in [
        "CAP_SYS_ADMIN",
        "CAP_MKNOD",
        "mount namespace",
        "pid namespace",
        "device nodes",
    ] {
        assert_eq!(checks.outcome(name), "root", "{}", checks.get(name));
        assert!(checks.get(name)["remedy"].as_str().unwrap().contains("run it as root"));
    }
    // What takes no privileges is found by trying.
    assert_eq!(checks.outcome("execution from memory"), "yes");
    assert_eq!(checks.outcome("openat2"), "yes");

    let output = doctor(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stderr, b"");
    let text = String::from_utf8(output.stdout)?;
    assert!(text.contains("Where it says root: run it as root"), "{text}");
    assert!(text.contains("furnace run can't work here"), "{text}");
    Ok(())
}

fn one_capability_less() -> Outcome {
    let checks = examined(by_shell("exec setpriv --bounding-set=-mknod \"$@\""), 1);
    assert_eq!(checks.outcome("CAP_MKNOD"), "root");
    assert_eq!(checks.outcome("device nodes"), "root");
    for check in checks.required() {
        let is_of_it = ["CAP_MKNOD", "device nodes"].contains(&check["name"].as_str().unwrap());
        assert!(is_of_it || check["outcome"] == "yes", "{check}");
    }
    Ok(())
}

fn limit() -> Outcome {
    // The limit holds for this user namespace and those below it; the host's is untouched.
    let script = "exec unshare --user --map-root-user sh -c \
                  'echo 0 >/proc/sys/user/max_net_namespaces && exec \"$@\"' sh \"$@\"";
    let checks = examined(by_shell(script), 1);
    assert_eq!(checks.outcome("network namespace"), "no");
    let how = checks.get("network namespace")["how"].as_str().unwrap();
    assert!(how.contains("CLONE_NEWNET") && how.contains("ENOSPC"), "{how}");
    assert_eq!(checks.outcome("user.max_*_namespaces"), "no");
    let how = checks.get("user.max_*_namespaces")["how"].as_str().unwrap();
    assert!(how.ends_with("say 0: max_net_namespaces"), "{how}");
    // All capabilities are there, but count for nothing outside.
    assert_eq!(checks.outcome("CAP_MKNOD"), "yes");
    assert_eq!(checks.outcome("device nodes"), "no");
    assert_eq!(checks.outcome("uts namespace"), "yes");
    Ok(())
}

/// The host's directories, in one that is not mounted itself.
const IN_A_PLAIN_CHROOT: &str = r#"
    cd "$1"
    for name in usr bin lib lib64 etc proc sys dev; do
        if [ -h "/$name" ]; then
            cp -P "/$name" .
        elif [ -d "/$name" ]; then
            mkdir -p "$name" && mount --rbind "/$name" "$name"
        fi
    done
    shift
    exec chroot . /furnace "$@"
"#;

fn plain_chroot() -> Outcome {
    let scratch = Scratch::new();
    for_anybody(&scratch);
    let furnace = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-ec", IN_A_PLAIN_CHROOT, "sh"]);
        command.arg(scratch.path()).args(words).output().unwrap()
    };
    let output = furnace(&["doctor", "--json"]);
    let checks = Checks::of(&output);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(checks.outcome("mount_setattr"), "yes");
    let root = checks.get("root directory");
    assert_eq!(root["outcome"], "no");
    assert!(root["how"].as_str().unwrap().contains("EINVAL"), "{root}");
    assert!(
        root["remedy"].as_str().unwrap().contains("must be a mount point"),
        "{root}"
    );
    assert_eq!(checks.outcome("user namespace"), "no");

    // What it says is what would happen.
    let output = furnace(&["run", "/", "true"]);
    assert_eq!(output.status.code(), Some(125));
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains("must be a mount point"), "{said}");
    Ok(())
}

fn no_proc() -> Outcome {
    let script = "exec unshare --mount sh -c 'mount -t tmpfs none /proc && exec \"$@\"' sh \"$@\"";
    let checks = examined(by_shell(script), 1);
    let no_proc = checks.required().filter(|check| check["outcome"] == "no");
    let how: Vec<&str> = no_proc.map(|check| check["how"].as_str().unwrap()).collect();
    assert!(how.iter().any(|how| how.contains("/proc")), "{how:?}");
    Ok(())
}

fn escaped() -> Outcome {
    let scratch = Scratch::new();
    let directory = scratch.join("\u{1b}[31m\nyes  forged");
    std::fs::create_dir(&directory)?;
    install(&directory.join("newuidmap"), 0o755);
    let of_path = |command: &mut Command| {
        command.env("PATH", &directory);
    };
    let output = typed!["doctor"].started(of_path).output();
    let text = String::from_utf8(output.stdout)?;
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text}");
    assert!(!text.lines().any(|line| line.starts_with("yes")), "{text}");
    assert!(text.contains(r"\u{1b}[31m\nyes  forged/newuidmap"), "{text}");
    Ok(())
}

fn unread() -> Outcome {
    typed!["doctor"].by_shell("exec \"$@\" >&-").check()?;
    typed!["doctor", "--json"].by_shell("\"$@\" | :").check()?;
    typed!["doctor"]
        .by_shell("exec \"$@\" >/dev/full")
        .complains(125, &["cannot write to standard output"])
        .check()
}

fn install(program: &Path, mode: u32) {
    std::fs::write(program, "#!/bin/sh\ntouch /furnace-test-was-executed\n").unwrap();
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn helpers() -> Outcome {
    let scratch = Scratch::new();
    let program = scratch.join("newuidmap");
    let outcome = || {
        let checks = typed!["doctor", "--json"].started(|command| {
            command.env("PATH", scratch.path());
        });
        examined(checks, 0).outcome("newuidmap").to_owned()
    };
    assert_eq!(outcome(), "no");
    install(&program, 0o755);
    assert_eq!(outcome(), "no");
    install(&program, 0o4755);
    assert_eq!(outcome(), "yes");
    std::os::unix::fs::chown(&program, Some(1), None)?;
    install(&program, 0o4755);
    assert_eq!(outcome(), "no");
    assert!(!Path::new("/furnace-test-was-executed").exists());
    Ok(())
}

fn help() -> Outcome {
    let output = typed!["doctor", "--help"].output();
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout)?;
    for part in [
        "--json",
        "name ",
        "outcome",
        "how ",
        "remedy",
        "required",
        "Exit status:",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    Ok(())
}
