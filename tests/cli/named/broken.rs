//! Records that lie, and runtime directories that somebody was in before.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::process::{Child, Command};

use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::names::{Names, kill};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test(
            "named_a_record_that_names_a_bystander_does_it_no_harm",
            &[Need::Root],
            bystander,
        ),
        test(
            "named_records_that_are_no_files_are_left_alone",
            &[Need::Root],
            no_files,
        ),
        test("named_a_runtime_directory_that_is_none", &[Need::Root], no_directory),
        test(
            "named_a_runtime_directory_that_others_can_write_to",
            &[Need::Root],
            of_others,
        ),
        test("named_the_runtime_directory_of_a_user", &[Need::Root], of_a_user),
    ]
}

/// Something that has nothing to do with containers.
struct Bystander(Child);

impl Bystander {
    fn new() -> Self {
        Self(Command::new("sleep").arg("1000").spawn().unwrap())
    }

    fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn bystander() -> Outcome {
    let names = Names::new();
    let mut bystander = Bystander::new();
    for last in ["stop", "wait", "gc"] {
        let pid1 = names.start("it");
        let record = fs::read_to_string(names.record("it"))?;
        let key = |pid: u32| format!("\"pid\":{pid},");
        let lie = with_start_time_of(bystander.0.id(), &record);
        let lie = lie.replace(&key(pid1.as_raw_nonzero().get().unsigned_abs()), &key(bystander.0.id()));
        assert_ne!(lie, record);
        fs::write(names.record("it"), lie)?;
        assert_eq!(names.standings(), [("it".to_owned(), "ended".to_owned())]);
        names
            .typed("exec", &["it", "true"])
            .complains(125, &["it has ended"])
            .check()?;
        match last {
            "gc" => names.typed("gc", &[]).stdout("it\n").check()?,
            other => names.typed(other, &["it"]).check()?,
        }
        assert!(bystander.is_alive());
        kill(pid1);
        names.is_clean()?;
    }
    Ok(())
}

/// The lie goes that far.
fn with_start_time_of(id: u32, record: &str) -> String {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let time = stat.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap().to_owned();
    let (before, rest) = record.split_once("\"start_time\":").unwrap();
    let (_, after) = rest.split_once(',').unwrap();
    format!("{before}\"start_time\":{time},{after}")
}

fn no_files() -> Outcome {
    let names = Names::new();
    names.start("it");
    let target = names.path().join("target");
    fs::write(&target, "untouched")?;
    symlink(&target, names.record("link"))?;
    symlink("/no/such/file", names.record("dangling"))?;
    mknodat(CWD, names.record("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
    fs::create_dir(names.record("directory"))?;
    let odd = ["dangling", "directory", "fifo", "link"];
    let mut expected: Vec<(&str, &str)> = odd.iter().map(|name| (*name, "unknown")).collect();
    expected.insert(3, ("it", "running"));
    names.until(&expected);
    for name in odd {
        for (command, words) in [
            ("stop", &[name][..]),
            ("wait", &[name]),
            ("exec", &[name, "true"]),
            ("start", &["--name", name, "/"]),
        ] {
            names
                .typed(command, words)
                .complains(125, &[&format!("{name}.json"), "not of Furnace"])
                .check()?;
        }
    }
    assert!(names.typed("gc", &[]).output().stdout.is_empty());
    names.exec("it", "true").check()?;
    assert_eq!(fs::read(&target)?, b"untouched");
    for file in [
        target,
        names.record("link"),
        names.record("dangling"),
        names.record("fifo"),
    ] {
        fs::remove_file(file)?;
    }
    fs::remove_dir(names.record("directory"))?;
    names.end()
}

/// That nothing can be done with a runtime directory, and how each command says so.
fn is_refused(names: &Names, of: &[&str]) -> Outcome {
    names.starting("it").complains(125, of).check()?;
    for (command, words) in [
        ("ps", &[][..]),
        ("gc", &[]),
        ("stop", &["it"]),
        ("wait", &["it"]),
        ("exec", &["it", "true"]),
        ("shell", &["--in", "it"]),
    ] {
        names.typed(command, words).complains(125, of).check()?;
    }
    assert!(names.processes().is_empty());
    Ok(())
}

fn no_directory() -> Outcome {
    let (names, scratch) = (Names::new(), Scratch::new());
    fs::create_dir(scratch.join("elsewhere"))?;
    symlink(scratch.join("elsewhere"), names.path())?;
    is_refused(&names, &[names.path().to_str().unwrap(), "no symlink"])?;
    assert_eq!(fs::read_dir(scratch.join("elsewhere"))?.count(), 0);
    fs::remove_file(names.path())?;
    fs::write(names.path(), "")?;
    is_refused(&names, &[names.path().to_str().unwrap(), "has to be a directory"])?;
    fs::remove_file(names.path())?;
    mknodat(CWD, names.path(), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
    is_refused(&names, &[names.path().to_str().unwrap(), "has to be a directory"])?;
    fs::remove_file(names.path())?;
    names.end()
}

fn of_others() -> Outcome {
    let names = Names::new();
    fs::create_dir(names.path())?;
    for mode in [0o777, 0o770, 0o1777] {
        fs::set_permissions(names.path(), fs::Permissions::from_mode(mode))?;
        is_refused(&names, &["somebody else could change what is in it", "help: "])?;
    }
    fs::set_permissions(names.path(), fs::Permissions::from_mode(0o700))?;
    chown(names.path(), Some(1), None)?;
    is_refused(&names, &["somebody else could change what is in it"])?;
    chown(names.path(), Some(0), None)?;
    names.start("it");
    names.end()
}

fn of_a_user() -> Outcome {
    use std::os::unix::process::CommandExt;
    let scratch = Scratch::new();
    chown(scratch.path(), Some(1234), Some(1234))?;
    let as_user = |words: &[&str]| {
        let typed = words.iter().fold(typed!["ps"], |typed, word| typed.then(word));
        typed.started(|command| {
            command.uid(1234).gid(1234).env_remove("XDG_RUNTIME_DIR");
        })
    };
    as_user(&[]).complains(125, &["XDG_RUNTIME_DIR"]).check()?;
    let own = |transcript: crate::transcript::Transcript| {
        transcript.started(|command| {
            command.env("XDG_RUNTIME_DIR", scratch.path());
        })
    };
    own(as_user(&["-q"])).check()?;
    assert!(!scratch.join("furnace").exists());
    fs::create_dir(scratch.join("furnace"))?;
    chown(scratch.join("furnace"), Some(1234), None)?;
    fs::write(scratch.join("furnace/it.json"), "{\"version\":999}")?;
    chown(scratch.join("furnace/it.json"), Some(1234), None)?;
    own(as_user(&["-q"])).stdout("it\n").check()
}
