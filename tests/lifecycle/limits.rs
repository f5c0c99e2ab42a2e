//! Much of everything: it works, or is told for what it is.

use std::fs;

use furnace_core::{Container, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::{Failed, Trial};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::inside::{sh, system, whole};

const KIB: usize = 1024;
const E2BIG: i32 = 7;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("4000_binds", &[Need::Root], many_binds),
        test("an_argument_of_1_mib", &[Need::Root], || as_outside(&[KIB * KIB], &[])),
        test("arguments_around_the_kernels_limit", &[Need::Root], around_the_limit),
        test("environments_of_2_mib", &[Need::Root], environments),
        test("300000_arguments", &[Need::Root], many_arguments),
        test("what_is_too_long_is_told_with_figures", &[Need::Root], figures),
        test("a_path_of_2000_directories", &[Need::Root], long_path),
    ]
}

/// Binds need a descriptor each, for a moment.
fn many_binds() -> Outcome {
    const COUNT: usize = 4000;
    let (root, source) = (Root::small(), Scratch::new());
    let mut builder = Container::builder(&root);
    for number in 0..COUNT {
        let file = source.join(number.to_string());
        fs::write(&file, number.to_string())?;
        builder.bind_ro(file, format!("/tmp/{number}"));
    }
    match builder.start() {
        Ok(container) => {
            assert_eq!(sh(&container, "ls /tmp | wc -l; cat /tmp/0 /tmp/3999")?, "4000\n03999");
            assert_eq!(
                sh(&container, "ulimit -n")?,
                getrlimit(Resource::Nofile).current.unwrap().to_string()
            );
        }
        Err(error) => {
            let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
            assert!(most < COUNT as u64 + 100, "{}", whole(&error));
            assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
            assert!(error.remedy().is_some());
        }
    }
    Ok(())
}

/// What became of a command: how many bytes it said that it got, or the errno.
type Fate = Result<String, i32>;

/// It counts the bytes of its arguments, and of its environment's longest variables.
const COUNT: &str = "/proc/self/cmdline /proc/self/environ";

fn outside(arguments: &[usize], variables: &[usize]) -> Result<Fate, Failed> {
    let mut command = std::process::Command::new("/usr/bin/wc");
    command.arg("-c").args(COUNT.split(' ')).env_clear();
    command.args(arguments.iter().map(|length| "-".repeat(*length)));
    for (number, length) in variables.iter().enumerate() {
        command.env(number.to_string(), "v".repeat(*length));
    }
    match command.output() {
        Ok(output) => Ok(Ok(String::from_utf8_lossy(&output.stdout).into_owned())),
        Err(error) => Ok(Err(error.raw_os_error().ok_or("no errno")?)),
    }
}

fn inside(container: &Container, arguments: &[usize], variables: &[usize]) -> Result<Fate, Failed> {
    let mut command = container.command("/usr/bin/wc");
    command.arg("-c").args(COUNT.split(' ')).env_clear();
    command.args(arguments.iter().map(|length| "-".repeat(*length)));
    for (number, length) in variables.iter().enumerate() {
        command.env(number.to_string(), "v".repeat(*length));
    }
    match command.output() {
        Ok(output) => Ok(Ok(String::from_utf8_lossy(&output.stdout).into_owned())),
        Err(error) => {
            assert_eq!(
                (error.kind(), error.phase()),
                (ErrorKind::ArgumentListTooLong, Phase::Execute),
                "{}",
                whole(&error)
            );
            assert_eq!(error.to_string(), "cannot run /usr/bin/wc");
            Ok(Err(error.raw_os_error().ok_or("no errno")?))
        }
    }
}

/// Whatever the kernel makes of it for a child of this process, it makes of it inside.
fn as_outside(arguments: &[usize], variables: &[usize]) -> Outcome {
    let container = system().start()?;
    assert_eq!(
        inside(&container, arguments, variables)?,
        outside(arguments, variables)?
    );
    assert_eq!(sh(&container, "echo still here")?, "still here");
    Ok(())
}

fn around_the_limit() -> Outcome {
    let container = system().start()?;
    let mut fates = Vec::new();
    // MAX_ARG_STRLEN of execve(2) counts the NUL.
    for length in [128 * KIB - 2, 128 * KIB - 1, 128 * KIB, 128 * KIB + 1] {
        let fate = inside(&container, &[length], &[])?;
        assert_eq!(fate, outside(&[length], &[])?, "{length}");
        fates.push(fate.is_ok());
    }
    assert_eq!(fates, [true, true, false, false]);
    Ok(())
}

fn environments() -> Outcome {
    as_outside(&[], &[100 * KIB; 10])?;
    as_outside(&[], &[128 * KIB - 8; 16])?;
    as_outside(&[], &[2 * KIB * KIB])
}

fn many_arguments() -> Outcome {
    let many = vec![1; 300_000];
    as_outside(&many, &[])?;
    let before = getrlimit(Resource::Stack);
    setrlimit(
        Resource::Stack,
        Rlimit {
            current: Some(64 << 20),
            ..before
        },
    )?;
    let fates = system()
        .start()
        .map(|container| (inside(&container, &many, &[]), outside(&many, &[])));
    setrlimit(Resource::Stack, before)?;
    let (inside, outside) = fates?;
    let inside = inside?;
    assert!(inside.is_ok());
    assert_eq!(inside, outside?);
    Ok(())
}

fn figures() -> Outcome {
    let container = system().start()?;
    let error = container.command("true").arg("x".repeat(1 << 20)).spawn().unwrap_err();
    assert_eq!(error.raw_os_error(), Some(E2BIG));
    let remedy = error.remedy().unwrap();
    assert!(remedy.contains("1048577") && remedy.contains("128 KiB"), "{remedy}");
    Ok(())
}

fn long_path() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    fs::write(source.join("file"), "")?;
    let path = "/d".repeat(2000);
    let container = Container::builder(&root).bind(source.path(), &path).start()?;
    assert_eq!(container.command("ls").current_dir(&path).output()?.stdout, b"file\n");
    drop(container);
    let error = Container::builder(&root)
        .bind(source.path(), "/d".repeat(2100))
        .start()
        .unwrap_err();
    assert!(whole(&error).contains("ENAMETOOLONG"), "{}", whole(&error));
    Ok(())
}
