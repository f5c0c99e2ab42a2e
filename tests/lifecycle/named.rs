//! Containers that live on under a name.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use furnace_core::{Container, ErrorKind, JoinOptions, Phase, RuntimeDirectory, Standing, Stdio};
use furnace_sys::pidfd::Pidfd;
use furnace_tests::{Need, Orphans, Outcome, Scratch, test};
use libtest_mimic::{Failed, Trial};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};

use crate::inside::{sh, status_field, system, whole};
use crate::owner_death::begin;
use crate::parts;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("a_detached_container_outlives_its_starter", &[Need::Root], outlives),
        test(
            "a_detached_container_outlives_a_killed_starter",
            &[Need::Root],
            outlives_a_kill,
        ),
        test(
            "a_killed_starter_leaves_a_named_container_or_nothing",
            &[Need::Root],
            killed_at_any_moment,
        ),
        test("who_detaches_keeps_a_handle", &[Need::Root], keeps_a_handle),
        test(
            "what_runs_goes_on_when_its_container_is_detached",
            &[Need::Root],
            goes_on,
        ),
        test("a_detached_pid1_has_nothing_of_the_caller", &[Need::Root], has_nothing),
        test("a_name_is_had_once", &[Need::Root], had_once),
        test("a_name_is_free_when_its_container_has_ended", &[Need::Root], is_free),
        test("of_many_who_want_a_name_one_gets_it", &[Need::Root], one_gets_it),
        test("a_reservation_that_is_not_used_leaves_nothing", &[], not_used),
        test("waiting_for_a_named_container_ends_with_it", &[Need::Root], waiting),
        test("records_that_mean_nothing_are_known_for_it", &[], meaningless),
        test("what_is_not_of_furnace_is_left_alone", &[], not_of_furnace),
        test(
            "a_pid_that_is_used_again_is_not_the_container",
            &[Need::Root],
            used_again,
        ),
        test("a_record_of_another_version_is_left_alone", &[], another_version),
        test("a_runtime_directory_of_others_is_refused", &[Need::Root], of_others),
        test("a_container_is_detached_once", &[Need::Root], detached_once),
        test(
            "a_container_that_cannot_be_told_to_live_on_has_ended",
            &[Need::Root],
            cannot_be_told,
        ),
        test(
            "detaching_a_container_that_has_ended_frees_the_name",
            &[Need::Root],
            has_ended,
        ),
    ]
}

/// A runtime directory of the test's own.
pub(crate) struct Names(Scratch);

impl Names {
    pub(crate) fn new() -> Self {
        Self(Scratch::new())
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.0.join("run")
    }

    pub(crate) fn directory(&self) -> RuntimeDirectory {
        RuntimeDirectory::at(self.path())
    }

    /// A container of the running system, with that name.
    pub(crate) fn start(&self, name: &str) -> Result<Container, Failed> {
        let container = system().start()?;
        container.detach_as(self.directory().reserve(name)?)?;
        Ok(container)
    }

    pub(crate) fn attach(&self, name: &str) -> furnace_core::Result<Container> {
        JoinOptions::new().attach_to(&self.directory().find(name)?)
    }

    /// How each name stands.
    fn standings(&self) -> Result<Vec<(String, Standing)>, Failed> {
        let all = self.directory().list()?;
        Ok(all.into_iter().map(|listed| (listed.name, listed.standing)).collect())
    }

    fn kind_of_finding(&self, name: &str) -> ErrorKind {
        self.directory().find(name).unwrap_err().kind()
    }

    /// Stops what the test has left running, and makes sure that no record is left.
    pub(crate) fn end(&self) -> Outcome {
        for listed in self.directory().list()? {
            if listed.standing == Standing::Running {
                self.directory().find(&listed.name)?.stop()?;
            }
        }
        self.directory().collect()?;
        let left: Vec<_> = match fs::read_dir(self.path()) {
            Ok(entries) => entries.collect::<Result<_, _>>()?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        assert!(left.is_empty(), "{left:?}");
        Ok(())
    }
}

/// Detaches a container under the name that it is given, then waits for the test.
pub(crate) fn detacher() -> Outcome {
    let directory = RuntimeDirectory::at(parts::argument(1));
    let container = system().start()?;
    container.detach_as(directory.reserve("it")?)?;
    parts::say(&container.id().to_string())?;
    parts::wait_for_the_test()
}

/// Starts and detaches without end.
pub(crate) fn naming_churner() -> Outcome {
    let directory = RuntimeDirectory::at(parts::argument(1));
    parts::say("ready")?;
    for number in 0_u32.. {
        let reservation = directory.reserve(&format!("c{number}"))?;
        let container = system().start()?;
        // Bears the test's mark.
        let mut child = container.command("sleep").arg("1000").spawn()?;
        container.detach_as(reservation)?;
        if number % 2 == 0 {
            container.stop()?;
            child.wait()?;
        }
    }
    Ok(())
}

fn outlives() -> Outcome {
    let names = Names::new();
    let (mut owner, pid1) = begin(parts::command("detacher").arg(names.path()))?;
    drop(owner.stdin.take());
    assert!(owner.wait()?.success());
    let found = names.directory().find("it")?;
    assert_eq!(found.id().to_string(), pid1);
    assert_eq!((found.name(), found.root().as_path()), ("it", Path::new("/")));
    assert!(found.started().elapsed()? < Duration::from_secs(600));
    assert_eq!(sh(&names.attach("it")?, "echo there")?, "there");
    found.stop()?;
    assert!(!Path::new(&format!("/proc/{pid1}/root/proc")).exists());
    names.end()
}

fn outlives_a_kill() -> Outcome {
    let names = Names::new();
    let (mut owner, _) = begin(parts::command("detacher").arg(names.path()))?;
    owner.kill()?;
    owner.wait()?;
    // Twice as long as a container would take to end.
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(sh(&names.attach("it")?, "echo there")?, "there");
    names.directory().find("it")?.stop()?;
    names.end()
}

fn killed_at_any_moment() -> Outcome {
    // Any sequence will do, as long as a failure can be had again.
    let mut random: u32 = 4321;
    let orphans = Orphans::adopt();
    for _ in 0..25 {
        random = random.wrapping_mul(1_103_515_245).wrapping_add(12345);
        let delay = Duration::from_micros(u64::from(random >> 16) % 40_000);
        let (names, mark) = (Names::new(), crate::marks::Mark::new());
        let (mut owner, _) = begin(mark.part("naming_churner").arg(names.path()))?;
        std::thread::sleep(delay);
        owner.kill()?;
        owner.wait()?;
        std::thread::scope(|scope| {
            // What the owner leaves is held in its end until somebody reaps it.
            scope.spawn(|| orphans.reap_all());
            for (name, standing) in names.standings()? {
                // It may have been about to end, for it was not detached yet.
                if standing == Standing::Running
                    && let Ok(found) = names.directory().find(&name)
                {
                    found.stop()?;
                }
            }
            Ok::<(), Failed>(())
        })?;
        names.end()?;
        mark.is_gone()?;
    }
    Ok(())
}

fn keeps_a_handle() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    assert_eq!(sh(&container, "echo here")?, "here");
    assert!(container.changes()?.is_some(), "it still holds the layer");
    drop(container);
    let attached = names.attach("it")?;
    assert_eq!(sh(&attached, "echo there")?, "there");
    drop(attached);
    let attached = names.attach("it")?;
    attached.stop()?;
    attached.stop()?;
    assert_eq!(
        names.kind_of_finding("it"),
        ErrorKind::NotFound,
        "a stop frees the name"
    );
    names.end()
}

fn goes_on() -> Outcome {
    let names = Names::new();
    let container = system().start()?;
    let mut child = container
        .command("sh")
        .args(["-c", "read line; echo $line; exit 3"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    container.detach_as(names.directory().reserve("it")?)?;
    drop(container);
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, b"word\n")?;
    let output = child.wait_with_output()?;
    assert_eq!((output.status.code(), &*output.stdout), (Some(3), &b"word\n"[..]));
    names.directory().find("it")?.stop()?;
    names.end()
}

fn has_nothing() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    let id = container.id();
    // It lets go of its last descriptor when it has answered.
    while fs::read_dir(format!("/proc/{id}/fd"))?.count() > 0 {
        std::thread::yield_now();
    }
    assert_eq!(
        status_field(id, "NSsid")?.split_whitespace().last(),
        Some("1"),
        "a session of its own"
    );
    assert_eq!(
        sh(&container, "cat /proc/1/cmdline; cat /proc/1/environ")?,
        "furnace-init\0"
    );
    container.stop()?;
    names.end()
}

fn had_once() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    let error = names.directory().reserve("it").unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::AlreadyExists, Phase::Detach));
    assert_eq!(
        whole(&error),
        "cannot name a container it: a container of that name runs (choose another name, or stop that container)"
    );
    let reservation = names.directory().reserve("other")?;
    let error = names.directory().reserve("other").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(names.kind_of_finding("other"), ErrorKind::ResourceBusy);
    let expected = [
        ("it".to_owned(), Standing::Running),
        ("other".to_owned(), Standing::Changing),
    ];
    assert_eq!(names.standings()?, expected);
    assert!(names.directory().collect()?.is_empty());
    drop(reservation);
    container.stop()?;
    names.end()
}

fn is_free() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    kill(container.id())?;
    while names.standings()? != [("it".to_owned(), Standing::Ended)] {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(names.kind_of_finding("it"), ErrorKind::Ended);
    assert_eq!(container.command("true").status().unwrap_err().kind(), ErrorKind::Ended);
    // In its place.
    let another = names.start("it")?;
    assert_eq!(names.directory().find("it")?.id(), another.id());
    // The name is not the first one's any more.
    container.stop()?;
    assert_eq!(names.directory().find("it")?.id(), another.id());
    kill(another.id())?;
    while names.directory().collect()? != ["it"] {
        std::thread::sleep(Duration::from_millis(1));
    }
    names.end()
}

fn one_gets_it() -> Outcome {
    let names = Names::new();
    let directory = &names.directory();
    for _ in 0..20 {
        let won: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let reservation = directory.reserve("it").ok();
                        std::thread::sleep(Duration::from_millis(300));
                        usize::from(reservation.is_some())
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(won, 1);
    }
    names.end()
}

fn not_used() -> Outcome {
    let names = Names::new();
    assert!(names.directory().list()?.is_empty(), "there is no directory yet");
    let mode = |path: &Path| fs::metadata(path).map(|about| about.permissions().mode() & 0o7777);
    let reservation = names.directory().reserve("it")?;
    assert_eq!(reservation.name(), "it");
    assert_eq!(
        (mode(&names.path())?, mode(&names.path().join("it.json"))?),
        (0o700, 0o600)
    );
    drop(reservation);
    assert_eq!(names.kind_of_finding("it"), ErrorKind::NotFound);
    for name in ["", "..", "a/b", "-a", ".a", "a b"] {
        assert_eq!(
            names.directory().reserve(name).unwrap_err().kind(),
            ErrorKind::InvalidInput,
            "{name}"
        );
        assert_eq!(names.kind_of_finding(name), ErrorKind::InvalidInput, "{name}");
    }
    names.end()
}

fn waiting() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    let found = names.directory().find("it")?;
    assert!(!found.wait_within(Duration::from_millis(10))?);
    std::thread::scope(|scope| {
        let waiters: Vec<_> = (0..3).map(|_| scope.spawn(|| found.wait())).collect();
        std::thread::sleep(Duration::from_millis(20));
        kill(container.id())?;
        for waiter in waiters {
            waiter.join().unwrap()?;
        }
        Outcome::Ok(())
    })?;
    assert_eq!(
        names.kind_of_finding("it"),
        ErrorKind::NotFound,
        "who waited has freed the name"
    );
    found.wait()?;
    found.stop()?;
    names.end()
}

fn meaningless() -> Outcome {
    let names = Names::new();
    drop(names.directory().reserve("it")?);
    let contents: [&[u8]; 3] = [b"", b"{", b"{\"version\":1,\"pid1\":{\"pid\":4"];
    for content in contents {
        fs::write(names.path().join("it.json"), content)?;
        fs::write(names.path().join("no record"), content)?;
        assert_eq!(names.standings()?, [("it".to_owned(), Standing::Ended)]);
        assert_eq!(names.kind_of_finding("it"), ErrorKind::Ended);
        assert_eq!(names.directory().collect()?, ["it"]);
        fs::write(names.path().join("it.json"), content)?;
        assert!(names.directory().free("it")?);
        assert!(!names.directory().free("it")?);
    }
    fs::remove_file(names.path().join("no record"))?;
    names.end()
}

/// Somebody may take a directory with files of their own for a runtime directory.
fn not_of_furnace() -> Outcome {
    let names = Names::new();
    drop(names.directory().reserve("it")?);
    let file = names.path().join("it.json");
    let huge = vec![b'x'; 1 << 20];
    let contents: [&[u8]; 4] = [b"{\"name\":\"it\"}", b"[1]", b"\xff", &huge];
    for content in contents {
        fs::write(&file, content)?;
        is_left_alone(&names)?;
        assert_eq!(fs::read(&file)?, content);
    }
    fs::remove_file(&file)?;
    fs::create_dir(&file)?;
    is_left_alone(&names)?;
    fs::remove_dir(&file)?;
    let socket = std::os::unix::net::UnixListener::bind(&file)?;
    is_left_alone(&names)?;
    drop(socket);
    fs::remove_file(&file)?;
    mknodat(CWD, &file, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
    is_left_alone(&names)?;
    fs::remove_file(&file)?;
    let target = names.path().join("target");
    fs::write(&target, "untouched")?;
    symlink(&target, &file)?;
    is_left_alone(&names)?;
    assert_eq!(fs::read(&target)?, b"untouched");
    fs::remove_file(target)?;
    fs::remove_file(&file)?;
    names.end()
}

fn is_left_alone(names: &Names) -> Outcome {
    let directory = names.directory();
    assert_eq!(names.standings()?, [("it".to_owned(), Standing::Unknown)]);
    assert_eq!(names.kind_of_finding("it"), ErrorKind::Unsupported);
    assert_eq!(directory.reserve("it").unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert!(directory.collect()?.is_empty());
    assert!(!directory.free("it")?);
    Ok(names.path().join("it.json").symlink_metadata().map(drop)?)
}

/// The record of a container, with another number in place of the one after `key`.
fn forge(names: &Names, key: &str, number: &str) -> Outcome {
    let path = names.path().join("it.json");
    let record = fs::read_to_string(&path)?;
    let at = record.find(&format!("\"{key}\":")).unwrap() + key.len() + 3;
    let rest = record[at..].trim_start_matches(|c: char| c.is_ascii_digit());
    Ok(fs::write(&path, format!("{}{number}{rest}", &record[..at]))?)
}

fn used_again() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    // As if the pid were now this process's, which must not be taken for the container, nor killed.
    forge(&names, "pid", &std::process::id().to_string())?;
    assert_eq!(names.standings()?, [("it".to_owned(), Standing::Ended)]);
    assert_eq!(names.kind_of_finding("it"), ErrorKind::Ended);
    assert_eq!(names.directory().collect()?, ["it"]);
    container.stop()?;
    names.end()
}

fn another_version() -> Outcome {
    let names = Names::new();
    drop(names.directory().reserve("it")?);
    fs::write(names.path().join("it.json"), "{\"version\":999,\"anything\":[]}")?;
    assert_eq!(names.standings()?, [("it".to_owned(), Standing::Unknown)]);
    assert_eq!(names.kind_of_finding("it"), ErrorKind::Unsupported);
    assert_eq!(
        names.directory().reserve("it").unwrap_err().kind(),
        ErrorKind::AlreadyExists
    );
    assert!(names.directory().collect()?.is_empty());
    fs::remove_file(names.path().join("it.json"))?;
    names.end()
}

fn of_others() -> Outcome {
    let names = Names::new();
    drop(names.directory().reserve("it")?);
    let refused = |why: &str| {
        let kinds = [
            names.directory().reserve("it").unwrap_err().kind(),
            names.kind_of_finding("it"),
            names.directory().list().unwrap_err().kind(),
            names.directory().collect().unwrap_err().kind(),
        ];
        assert_eq!(kinds, [ErrorKind::PermissionDenied; 4], "{why}");
    };
    fs::set_permissions(names.path(), fs::Permissions::from_mode(0o770))?;
    refused("its group may write");
    fs::set_permissions(names.path(), fs::Permissions::from_mode(0o700))?;
    std::os::unix::fs::chown(names.path(), Some(1), None)?;
    refused("it is another user's");
    std::os::unix::fs::chown(names.path(), Some(0), None)?;
    let link = names.0.join("link");
    symlink(names.path(), &link)?;
    let error = RuntimeDirectory::at(&link).reserve("it").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotADirectory, "{}", whole(&error));
    names.end()
}

fn detached_once() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    for container in [&container, &names.attach("it")?] {
        let error = container.detach_as(names.directory().reserve("other")?).unwrap_err();
        assert_eq!((error.kind(), error.phase()), (ErrorKind::InvalidInput, Phase::Detach));
        assert_eq!(names.kind_of_finding("other"), ErrorKind::NotFound);
    }
    assert_eq!(sh(&container, "echo here")?, "here");
    container.stop()?;
    names.end()
}

/// Somebody holds PID 1 up when it is to be told.
fn cannot_be_told() -> Outcome {
    let names = Names::new();
    let container = system().time_limit(Duration::from_millis(300)).start()?;
    let pid1 = Pid::from_raw(container.id().cast_signed()).unwrap();
    kill_process(pid1, Signal::STOP)?;
    let error = container.detach_as(names.directory().reserve("it")?).unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::TimedOut, Phase::Detach),
        "{}",
        whole(&error)
    );
    let pidfd = Pidfd::of(container.id())?;
    if let Some(pidfd) = pidfd {
        assert!(pidfd.ends_within(Duration::from_secs(10))?);
    }
    container.stop()?;
    assert_eq!(names.kind_of_finding("it"), ErrorKind::NotFound);
    names.end()
}

fn has_ended() -> Outcome {
    let names = Names::new();
    let container = system().start()?;
    kill(container.id())?;
    let error = container.detach_as(names.directory().reserve("it")?).unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::Ended, Phase::Detach),
        "{}",
        whole(&error)
    );
    container.stop()?;
    names.end()
}

pub(crate) fn kill(pid: u32) -> Outcome {
    Ok(kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL)?)
}
