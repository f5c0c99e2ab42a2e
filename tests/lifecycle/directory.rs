//! The working directory of a command.

use std::fs;
use std::os::unix::fs::symlink;

use furnace_core::{Container, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;

use crate::inside::{sh, system};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("working_directory_is_the_root", &[Need::Root], is_the_root),
        test("working_directory_can_be_set", &[Need::Root], can_be_set),
        test("working_directory_is_resolved_inside", &[Need::Root], resolved_inside),
        test("working_directory_of_the_caller_stays", &[Need::Root], of_the_caller),
        test("working_directory_that_is_not_there_is_told", &[Need::Root], not_there),
        test("working_directory_that_is_a_file_is_told", &[Need::Root], is_a_file),
        test(
            "working_directory_is_entered_as_the_user",
            &[Need::Root],
            entered_as_the_user,
        ),
    ]
}

fn is_the_root() -> Outcome {
    assert_eq!(sh(&system().start()?, "pwd")?, "/");
    Ok(())
}

fn can_be_set() -> Outcome {
    let container = system().start()?;
    for directory in ["/etc", "etc", "./etc/", "/usr/../etc", "/proc/self/root/etc"] {
        let output = container
            .command("readlink")
            .arg("/proc/self/cwd")
            .current_dir(directory)
            .output();
        match output {
            Ok(output) => assert_eq!(output.stdout, b"/etc\n", "{directory}"),
            // A link of /proc that leads to what is open.
            Err(error) => assert!(
                directory.starts_with("/proc") && error.phase() == Phase::Spawn,
                "{directory}"
            ),
        }
    }
    Ok(())
}

fn resolved_inside() -> Outcome {
    let root = Root::small();
    fs::create_dir_all(root.join("inside/only"))?;
    symlink("/inside", root.join("link"))?;
    let container = Container::builder(&root).start()?;
    let output = container
        .command("readlink")
        .arg("/proc/self/cwd")
        .current_dir("/link/only")
        .output()?;
    assert_eq!(output.stdout, b"/inside/only\n");
    let output = container
        .command("readlink")
        .arg("/proc/self/cwd")
        .current_dir("/../../../inside")
        .output()?;
    assert_eq!(output.stdout, b"/inside\n");
    Ok(())
}

fn of_the_caller() -> Outcome {
    let before = fs::read_link("/proc/self/cwd")?;
    let container = system().start()?;
    container.command("true").current_dir("/etc").status()?;
    assert_eq!(fs::read_link("/proc/self/cwd")?, before);
    Ok(())
}

fn not_there() -> Outcome {
    let container = system().start()?;
    let error = container
        .command("true")
        .current_dir("/not/there")
        .status()
        .unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::NotFound, Phase::Spawn));
    assert!(error.to_string().contains("/not/there"), "{error}");
    assert!(error.remedy().unwrap().contains("inside the container"));
    Ok(())
}

fn is_a_file() -> Outcome {
    let container = system().start()?;
    let error = container
        .command("true")
        .current_dir("/etc/passwd")
        .status()
        .unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::NotADirectory, Phase::Spawn));
    Ok(())
}

fn entered_as_the_user() -> Outcome {
    let container = system().start()?;
    sh(&container, "mkdir -m 700 /tmp/private")?;
    let mut command = container.command("pwd");
    command.current_dir("/tmp/private");
    assert_eq!(command.output()?.stdout, b"/tmp/private\n");
    let error = command.uid(12345).output().unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::PermissionDenied, Phase::Spawn)
    );
    Ok(())
}
