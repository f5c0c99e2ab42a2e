//! Containers that can't be: each is told for what it is, and leaves nothing.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::Duration;

use furnace_core::{Builder, Container, Error, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::inside::{system, whole};
use crate::{parts, tree};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("roots_that_cannot_be_used", &[Need::Root], roots),
        test("a_root_that_goes_between_two_starts", &[Need::Root], root_goes),
        test("bind_sources_that_cannot_be_used", &[Need::Root], bind_sources),
        test("bind_destinations_that_make_no_sense", &[Need::Root], bind_destinations),
        test("binds_of_a_kind_on_another", &[Need::Root], kinds),
        test("hostnames_that_make_no_sense", &[Need::Root], hostnames),
        test("a_caller_who_is_not_root", &[Need::Root], not_root),
        test("a_start_without_time", &[Need::Root], without_time),
        test("a_start_without_descriptors", &[Need::Root], without_descriptors),
        test("many_failed_starts_leave_nothing", &[Need::Root], many),
        test(
            "a_failed_start_changes_nothing_when_nothing_was_started",
            &[Need::Root],
            unchanged,
        ),
    ]
}

fn failure(builder: &Builder) -> Error {
    builder.start().map(drop).expect_err("it can't be started")
}

fn is(error: &Error, kind: ErrorKind, phase: Phase, named: &str) {
    assert_eq!((error.kind(), error.phase()), (kind, phase), "{}", whole(error));
    assert!(error.to_string().contains(named), "{error} does not name {named}");
}

fn roots() -> Outcome {
    let scratch = Scratch::new();
    fs::write(scratch.join("file"), "")?;
    symlink("loop", scratch.join("loop"))?;
    symlink("/not/there", scratch.join("dangling"))?;
    let start = |path: &Path| failure(&Container::builder(path));
    let configure = Phase::Configure;
    let missing = start(Path::new("/not/there"));
    is(&missing, ErrorKind::NotFound, configure, "/not/there");
    assert!(missing.remedy().unwrap().contains("must exist"));
    is(
        &start(&scratch.join("dangling")),
        ErrorKind::NotFound,
        configure,
        "dangling",
    );
    is(
        &start(&scratch.join("file")),
        ErrorKind::NotADirectory,
        configure,
        "file",
    );
    is(
        &start(&scratch.join("file/below")),
        ErrorKind::NotADirectory,
        configure,
        "file/below",
    );
    is(&start(&scratch.join("loop")), ErrorKind::Other, configure, "loop");
    is(
        &start(Path::new("")),
        ErrorKind::InvalidInput,
        configure,
        "root directory",
    );
    is(
        &start(Path::new(OsStr::from_bytes(b"/a\0b"))),
        ErrorKind::InvalidInput,
        configure,
        "/a",
    );
    Ok(())
}

fn root_goes() -> Outcome {
    let root = Root::small();
    let builder = Container::builder(&root);
    builder.start()?.stop()?;
    let path = root.path().to_owned();
    drop(root);
    let error = failure(&builder);
    is(&error, ErrorKind::NotFound, Phase::Start, path.to_str().unwrap());
    assert!(error.remedy().unwrap().contains("has gone"), "{}", whole(&error));
    Ok(())
}

fn bind_sources() -> Outcome {
    let root = Root::bare();
    let scratch = Scratch::new();
    symlink("/not/there", scratch.join("dangling"))?;
    let bind = |source: &Path| failure(Container::builder(&root).bind(source, "/tmp/here"));
    let missing = bind(Path::new("/not/there"));
    is(&missing, ErrorKind::NotFound, Phase::Configure, "/not/there");
    assert!(missing.to_string().contains("/tmp/here") && missing.remedy().is_some());
    is(
        &bind(&scratch.join("dangling")),
        ErrorKind::NotFound,
        Phase::Configure,
        "dangling",
    );
    is(
        &bind(Path::new("/etc/passwd/x")),
        ErrorKind::NotADirectory,
        Phase::Configure,
        "/etc/passwd/x",
    );
    is(
        &bind(Path::new("")),
        ErrorKind::InvalidInput,
        Phase::Configure,
        "/tmp/here",
    );
    is(
        &bind(Path::new(OsStr::from_bytes(b"\0"))),
        ErrorKind::InvalidInput,
        Phase::Configure,
        "/tmp/here",
    );
    Ok(())
}

fn bind_destinations() -> Outcome {
    let root = Root::bare();
    let before = tree::snapshot(root.path());
    for destination in ["", "/", ".", "..", "/../etc", "a/../../b", "/a/..", "./.."] {
        let error = failure(Container::builder(&root).bind("/etc", destination));
        is(&error, ErrorKind::InvalidInput, Phase::Configure, destination);
    }
    let error = failure(Container::builder(&root).bind("/etc", OsStr::from_bytes(b"/a\0b")));
    is(&error, ErrorKind::InvalidInput, Phase::Configure, "/etc");
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}

fn kinds() -> Outcome {
    let root = Root::bare();
    fs::write(root.join("file"), "")?;
    let mut of_directory = Container::builder(&root);
    is(
        &failure(of_directory.bind("/etc", "/file")),
        ErrorKind::NotADirectory,
        Phase::Start,
        "/file",
    );
    let mut below_file = Container::builder(&root);
    is(
        &failure(below_file.bind("/etc", "/file/below")),
        ErrorKind::NotADirectory,
        Phase::Start,
        "/file/below",
    );
    let mut of_file = Container::builder(&root);
    let error = failure(of_file.bind("/etc/passwd", "/tmp"));
    is(&error, ErrorKind::NotADirectory, Phase::Start, "/tmp");
    assert!(error.remedy().is_some());
    let mut with_slash = Container::builder(&root);
    is(
        &failure(with_slash.bind("/etc/passwd", "/new/")),
        ErrorKind::NotADirectory,
        Phase::Configure,
        "/new/",
    );
    Ok(())
}

fn hostnames() -> Outcome {
    for name in [String::new(), "h".repeat(65), "a\0b".to_owned()] {
        let error = failure(system().hostname(&name));
        is(&error, ErrorKind::InvalidInput, Phase::Configure, "host name");
    }
    Ok(())
}

fn not_root() -> Outcome {
    without_rights("nobody")
}

/// Plays a part as a user who has no rights.
pub(crate) fn without_rights(part: &str) -> Outcome {
    let scratch = Scratch::new();
    let copy = scratch.join("part");
    fs::copy(std::env::current_exe()?, &copy)?;
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755))?;
    let part = parts::command(part);
    let mut command = std::process::Command::new(copy);
    command
        .envs(part.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .uid(65534)
        .gid(65534);
    let output = command.current_dir("/").output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Has no rights.
pub(crate) fn nobody() -> Outcome {
    let error = failure(&system());
    is(&error, ErrorKind::PermissionDenied, Phase::Configure, "container");
    assert!(whole(&error).contains("CAP_SYS_ADMIN"), "{}", whole(&error));
    assert!(error.remedy().unwrap().contains("root"));
    Ok(())
}

fn without_time() -> Outcome {
    // The kernel's clock may be too coarse to notice.
    for error in (0..20).filter_map(|_| system().time_limit(Duration::ZERO).start().err()) {
        is(&error, ErrorKind::TimedOut, Phase::Start, "/");
    }
    Ok(())
}

fn without_descriptors() -> Outcome {
    let before = getrlimit(Resource::Nofile);
    let builder = system();
    let open = fs::read_dir("/proc/self/fd")?.count() as u64;
    let mut kinds = Vec::new();
    for room in 0..12 {
        setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(open + room),
                ..before
            },
        )?;
        let started = builder.clone().start();
        setrlimit(Resource::Nofile, before)?;
        if let Err(error) = started {
            assert!(error.remedy().is_some(), "{}", whole(&error));
            kinds.push(error.kind());
        }
    }
    assert!(!kinds.is_empty());
    assert!(
        kinds.iter().all(|kind| *kind == ErrorKind::ResourceExhausted),
        "{kinds:?}"
    );
    Ok(())
}

fn many() -> Outcome {
    let root = Root::bare();
    fs::write(root.join("file"), "")?;
    let mut builder = Container::builder(&root);
    builder.bind("/etc", "/file");
    for _ in 0..200 {
        is(&failure(&builder), ErrorKind::NotADirectory, Phase::Start, "/file");
    }
    Ok(())
}

fn unchanged() -> Outcome {
    let root = Root::small();
    let before = tree::snapshot(root.path());
    let mut builder = Container::builder(&root);
    builder.bind("/etc", "/a/b/c").bind("/not/there", "/d");
    failure(&builder);
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}
