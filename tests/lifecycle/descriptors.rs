//! The descriptors of a command: the standard streams, those it is given, and no other.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;

use furnace_core::{Command, Container, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::{Failed, Trial};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::inside::{sh, system};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test(
            "descriptors_are_the_standard_streams_alone",
            &[Need::Root],
            standard_streams_alone,
        ),
        test("descriptors_can_be_given_by_number", &[Need::Root], by_number),
        test("descriptors_at_low_numbers_in_any_order", &[Need::Root], permuted),
        test("descriptors_spread_over_all_numbers", &[Need::Root], spread),
        test("descriptors_are_given_again_by_every_spawn", &[Need::Root], again),
        test("as_many_descriptors_as_can_be_given", &[Need::Root], most),
        test("descriptors_at_numbers_that_make_no_sense", &[Need::Root], no_sense),
        test("descriptor_beyond_the_limit", &[Need::Root], beyond_the_limit),
    ]
}

/// Files that each have their name in them.
struct Files(Scratch);

impl Files {
    fn new() -> Self {
        Self(Scratch::new())
    }

    fn open(&self, name: &str) -> OwnedFd {
        let path = self.0.join(name);
        let mut file = File::create(&path).unwrap();
        file.write_all(name.as_bytes()).unwrap();
        File::open(path).unwrap().into()
    }
}

/// What can be read from each of `numbers`. Each is opened anew, so that it can be read again.
fn contents(container: &Container, numbers: &[i32]) -> (Command, Vec<i32>) {
    let mut command = container.command("sh");
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let script = "for n in \"$@\"; do cat /proc/self/fd/$n; echo; done";
    command
        .args(["-c", script, "sh"])
        .args(sorted.iter().map(ToString::to_string));
    (command, sorted)
}

fn each_has_its_own(numbers: &[i32]) -> Outcome {
    let container = system().start()?;
    let files = Files::new();
    let (mut command, sorted) = contents(&container, numbers);
    for number in numbers {
        command.descriptor(*number, files.open(&number.to_string()));
    }
    let expected: String = sorted.iter().map(|number| format!("{number}\n")).collect();
    for _ in 0..2 {
        let output = command.output()?;
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{output:?}");
    }
    Ok(())
}

/// The numbers that a command has open, but for those of ls(1) itself.
fn open_inside(command: &mut Command) -> Result<Vec<i32>, Failed> {
    let output = command.args(["-c", "echo /proc/self/fd/*", "sh"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers: Vec<i32> = text
        .split_whitespace()
        .map(|path| path.rsplit('/').next().unwrap().parse().unwrap())
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn standard_streams_alone() -> Outcome {
    let container = system().start()?;
    // One that an exec would not close.
    let ours = File::open("/dev/null")?;
    rustix::io::fcntl_setfd(&ours, rustix::io::FdFlags::empty())?;
    let found = open_inside(&mut container.command("sh"))?;
    // The shell reads the directory itself, at the first number that is free.
    assert_eq!(found, [0, 1, 2, 3]);
    Ok(())
}

fn by_number() -> Outcome {
    let files = Files::new();
    let container = system().start()?;
    let mut command = container.command("sh");
    command
        .descriptor(9, files.open("nine"))
        .descriptor(5, files.open("five"));
    assert_eq!(open_inside(&mut command)?, [0, 1, 2, 3, 5, 9]);
    each_has_its_own(&[3, 7, 9])
}

/// Furnace's own descriptors, and those of the request itself, pass through these numbers.
fn permuted() -> Outcome {
    let orders: [&[i32]; 8] = [
        &[3],
        &[4],
        &[3, 4, 5, 6, 7, 8],
        &[8, 7, 6, 5, 4, 3],
        &[5, 3, 8, 4, 7, 6],
        &[4, 5, 6, 7, 8, 3],
        &[12, 11, 10, 9, 8, 7, 6, 5, 4, 3],
        &[7, 8, 9, 10, 11, 12, 13],
    ];
    orders.into_iter().try_for_each(each_has_its_own)
}

fn spread() -> Outcome {
    each_has_its_own(&[1000, 3, 500, 77, 255, 256, 10])
}

fn again() -> Outcome {
    let files = Files::new();
    let container = system().start()?;
    let mut command = container.command("sh");
    command.args(["-c", "cat <&4"]).descriptor(4, files.open("shared"));
    // The same open file: who reads it moves it on.
    assert_eq!(command.output()?.stdout, b"shared");
    assert_eq!(command.output()?.stdout, b"");
    Ok(())
}

fn most() -> Outcome {
    let upwards: Vec<i32> = (3..252).collect();
    each_has_its_own(&upwards)?;
    let downwards: Vec<i32> = (3..252).rev().collect();
    each_has_its_own(&downwards)
}

fn no_sense() -> Outcome {
    let files = Files::new();
    let container = system().start()?;
    let refused = |command: &mut Command, word: &str| {
        let error = command.status().unwrap_err();
        assert_eq!(
            (error.kind(), error.phase()),
            (ErrorKind::InvalidInput, Phase::Configure)
        );
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(word), "{cause}");
    };
    for number in [-1, 0, 2, i32::MIN] {
        refused(
            container.command("true").descriptor(number, files.open("x")),
            &number.to_string(),
        );
    }
    refused(
        container
            .command("true")
            .descriptor(4, files.open("x"))
            .descriptor(4, files.open("y")),
        "two descriptors are given at the number 4",
    );
    let mut command = container.command("true");
    for number in 3..260 {
        command.descriptor(number, files.open("x"));
    }
    refused(&mut command, "257 descriptors");
    assert_eq!(sh(&container, "echo still here")?, "still here");
    Ok(())
}

fn beyond_the_limit() -> Outcome {
    let files = Files::new();
    let before = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(200),
            ..before
        },
    )?;
    let container = system().start();
    setrlimit(Resource::Nofile, before)?;
    let container = container?;
    let error = container
        .command("true")
        .descriptor(200, files.open("x"))
        .status()
        .unwrap_err();
    assert_eq!(error.phase(), Phase::Spawn);
    assert!(error.to_string().contains("descriptors"), "{error}");
    assert!(error.remedy().unwrap().contains("limit"), "{error}");
    assert_eq!(sh(&container, "ulimit -n")?, "200");
    assert!(
        container
            .command("true")
            .descriptor(199, files.open("x"))
            .status()?
            .success()
    );
    Ok(())
}
