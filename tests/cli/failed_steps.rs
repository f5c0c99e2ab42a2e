//! A failed start names its step by the number that `furnace explain` gives it, however the start was asked for.

use std::ffi::OsString;
use std::fs;
use std::hint::spin_loop;
use std::num::NonZero;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use furnace_tests::{DiskImage, Format, Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::transcript::Transcript;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("failed_steps_of_mount_targets", &[Need::Root], targets),
        test("failed_steps_of_sources_and_file_systems", &[Need::Root], sources),
        test("failed_steps_of_a_file_of_options", &[Need::Root], files),
        test("failed_steps_are_told_each_time", &[Need::Root], each_time),
        test("failed_steps_of_an_image", &Format::Ext4.to_start(), images),
    ]
}

/// The words of one command line, between the name of the subcommand and the command.
type Words<'a> = &'a [OsString];

fn words(words: &[&str], last: &Path) -> Vec<OsString> {
    let words = words.iter().map(OsString::from);
    words.chain([last.as_os_str().to_owned()]).collect()
}

fn typed_with(before: &[&str], words: Words<'_>, after: &[&str]) -> Transcript {
    let typed = before.iter().fold(typed![], |typed, word| typed.then(word));
    let typed = words.iter().fold(typed, |typed, word| typed.then(word));
    after.iter().fold(typed, |typed, word| typed.then(word))
}

/// Runs, opens a shell and starts a container with these options, none of which may work, and compares the step that each
/// says has failed with what explain says of that number. `about` is a part of the sentence.
#[track_caller]
fn fails_at(options: Words<'_>, about: &str) {
    let runtime = Scratch::new();
    let runtime = runtime.join("run");
    let runtime = runtime.to_str().unwrap();
    let start = ["start", "--log-format=json", "--name", "n", "--runtime-dir", runtime];
    let told = typed_with(&["explain"], options, &[]).output();
    let told = String::from_utf8(told.stdout).unwrap();
    for output in [
        typed_with(&["run", "--log-format=json"], options, &["true"]).output(),
        typed_with(&["shell", "--log-format=json"], options, &[]).output(),
        typed_with(&start, options, &[]).output(),
    ] {
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(125), "{said}");
        let error: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        let number = error["step"].as_u64().unwrap_or_else(|| panic!("no step in {said}"));
        let line = told.lines().nth(usize::try_from(number).unwrap() - 1).unwrap();
        let sentence = line.trim_start().strip_prefix(&format!("{number}  ")).unwrap();
        let message = error["message"].as_str().unwrap();
        assert!(
            message.starts_with(&format!("cannot {sentence}, for the root directory ")),
            "step {number} is `{sentence}`, but: {message}"
        );
        assert!(sentence.contains(about), "{sentence}");
    }
}

/// The container's end, and with it that of a request which nobody answers, comes right after: before whoever asked has
/// read what failed, where all processors are busy.
fn each_time() -> Outcome {
    let root = Root::small();
    fs::write(root.join("file"), "")?;
    let options = words(&["--bind", "/etc:/file"], root.path());
    let is_over = AtomicBool::new(false);
    let said = thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    spin_loop();
                }
            });
        }
        let said: Vec<Vec<u8>> = (0..200)
            .map(|_| typed_with(&["run"], &options, &["true"]).output().stderr)
            .collect();
        is_over.store(true, Ordering::Relaxed);
        said
    });
    for said in said {
        let said = String::from_utf8(said)?;
        assert!(said.contains("the directory /file"), "{said}");
    }
    Ok(())
}

fn targets() -> Outcome {
    let root = Root::small();
    fs::write(root.join("file"), "")?;
    fails_at(&words(&["--bind", "/etc:/file"], root.path()), "the directory /file");
    // Neighbours are mounted in another way.
    let neighbours = [
        "--bind",
        "/etc:/mnt/a",
        "--bind",
        "/etc:/file/b",
        "--bind",
        "/etc:/file/c",
    ];
    fails_at(&words(&neighbours, root.path()), "the directory /file");
    let files = [
        "--file",
        "/etc/passwd:/a",
        "--file",
        "/etc/passwd:/tmp",
        "--isolate-network",
    ];
    fails_at(&words(&files, root.path()), "/tmp");
    let at_last = [
        "--ephemeral",
        "--tmpfs",
        "/tmp",
        "--hostname",
        "h",
        "--bind-ro",
        "/etc:/file",
    ];
    fails_at(&words(&at_last, root.path()), "/file");
    // What PID 1 does, and what it does not.
    fs::remove_dir(root.join("proc"))?;
    fs::write(root.join("proc"), "")?;
    fails_at(&words(&[], root.path()), "/proc");
    fs::remove_file(root.join("proc"))?;
    fs::create_dir(root.join("proc"))?;
    fs::remove_dir(root.join("sys"))?;
    symlink("loop", root.join("loop"))?;
    symlink("loop", root.join("sys"))?;
    fails_at(&words(&["--propagation", "private"], root.path()), "/sys");
    Ok(())
}

fn sources() -> Outcome {
    let root = Root::small();
    // No ids are mapped in a /proc.
    let mapped = ["--bind", "/etc:/tmp", "--bind", "/proc:/mnt:idmap=0-1"];
    fails_at(&words(&mapped, root.path()), "the owners in /proc");
    // No overlay can be made of one.
    fails_at(&words(&["--ephemeral"], Path::new("/proc")), "overlay");
    Ok(())
}

fn files() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    fs::write(root.join("file"), "")?;
    let file = scratch.join("furnace.toml");
    let of_file = "tmpfs = ['/tmp']\nbind = ['/etc:/mnt']\nisolate-network = true\nhostname = 'h'\n";
    fs::write(&file, of_file)?;
    let file = file.to_str().unwrap();
    // What is typed comes after what is in the file.
    let both = ["--config", file, "--bind", "/etc:/file", "--without", "hostname"];
    fails_at(&words(&both, root.path()), "/file");
    fs::write(file, of_file.replace("/mnt", "/file"))?;
    fails_at(&words(&["--config", file, "--bind", "/etc:/mnt"], root.path()), "/file");
    Ok(())
}

fn images() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    fs::write(root.join("file"), "")?;
    let image = DiskImage::ext4(&scratch, root.path(), 64);
    fails_at(&words(&["--bind", "/etc:/file"], image.path()), "/file");
    fails_at(&words(&["--ephemeral", "--bind", "/etc:/file"], image.path()), "/file");
    // A feature that nobody has.
    image.change(1024 + 0x63, |byte| byte | 0x40);
    fails_at(&words(&[], image.path()), "ext4");
    Ok(())
}
