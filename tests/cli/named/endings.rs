//! Containers that end without being stopped, and what is left then.

use std::fs;
use std::process::Command;

use furnace_tests::{DiskImage, Format, Leftovers, Need, Orphans, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;
use rustix::process::Pid;

use super::names::{Names, kill, lines, within_patience};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test(
            "named_a_killed_pid1_is_seen_by_every_command",
            &[Need::Root],
            pid1_killed,
        ),
        test("named_a_container_may_end_itself", &[Need::Root], ends_itself),
        test(
            "named_gc_removes_only_what_has_ended",
            &[Need::Root],
            only_what_has_ended,
        ),
        test(
            "named_nothing_but_a_record_is_left_of_what_was_killed",
            &[Need::Root, Need::Program("mkfs.ext4"), Need::File("/dev/loop-control")],
            nothing_but_a_record,
        ),
        test("named_a_boot_ends_all_containers", &[Need::Root], another_boot),
    ]
}

fn pid1_killed() -> Outcome {
    let names = Names::new();
    for last in ["exec", "stop", "wait", "gc", "start"] {
        kill(names.start("it"));
        names.until(&[("it", "ended")]);
        names
            .typed("exec", &["it", "true"])
            .complains(125, &["cannot find the container it", "it has ended"])
            .check()?;
        names
            .typed("shell", &["--in", "it"])
            .complains(125, &["it has ended"])
            .check()?;
        match last {
            "exec" => {}
            "gc" => names.typed("gc", &[]).stdout("it\n").check()?,
            "start" => names.starting("it").check()?,
            other => names.typed(other, &["it"]).check()?,
        }
        if last != "exec" && last != "start" {
            names.is_clean()?;
        }
        names.end()?;
    }
    Ok(())
}

/// PID 1 can't be killed from inside, but for those who have the rights to trace it.
fn ends_itself() -> Outcome {
    let names = Names::new();
    names.start("it");
    names
        .exec("it", "kill -KILL 1; kill -TERM 1; kill -INT 1; echo goes on")
        .stdout("goes on\n")
        .check()?;
    assert_eq!(names.standings(), [("it".to_owned(), "running".to_owned())]);
    names.end()
}

fn only_what_has_ended() -> Outcome {
    let names = Names::new();
    for name in ["runs", "has-ended", "too"] {
        names.start(name);
    }
    for name in ["has-ended", "too"] {
        kill(names.pid(name));
    }
    fs::write(names.record("unfinished"), "{\"version\":1,")?;
    fs::write(names.path().join("a file"), "")?;
    fs::write(names.record("package"), "{\"name\": \"of somebody\"}")?;
    names.until(&[
        ("has-ended", "ended"),
        ("package", "unknown"),
        ("runs", "running"),
        ("too", "ended"),
        ("unfinished", "ended"),
    ]);
    let output = names.typed("gc", &["--json"]).output();
    assert!(output.status.success(), "{output:?}");
    let freed: Vec<_> = lines(&output.stdout)
        .iter()
        .map(|line| line["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(freed, ["has-ended", "too", "unfinished"]);
    names
        .typed("gc", &["--json"])
        .stderr("furnace: note: package is left as it is: nobody can tell from here whether it runs\n")
        .check()?;
    names.exec("runs", "true").check()?;
    for file in [names.record("package"), names.path().join("a file")] {
        fs::remove_file(file)?;
    }
    names.end()
}

/// All that hangs on a container: binds, a tmpfs, an overlay in memory, a loop device, commands of several callers.
fn nothing_but_a_record() -> Outcome {
    let scratch = Scratch::new();
    let image = DiskImage::new(Format::Ext4, &scratch, Root::small().path());
    let names = Names::new();
    let orphans = Orphans::adopt();
    let before = Leftovers::now();
    for round in 0..4 {
        let typed = names.typed(
            "start",
            &[
                "--name",
                "it",
                "--ephemeral=16M",
                "--bind-ro",
                "/etc:/m",
                "--tmpfs",
                "/t",
                "--isolate-network",
            ],
        );
        typed.then(image.path()).check()?;
        let pid1 = names.pid("it");
        let mut callers: Vec<_> = (0..3)
            .map(|_| {
                names
                    .exec("it", "mount -t tmpfs none /tmp; sleep 1000 & exec sleep 1000")
                    .into_command()
                    .spawn()
                    .unwrap()
            })
            .collect();
        within_patience("running", || inside(pid1).len() >= 4);
        // In any order.
        let mut victims: Vec<Pid> = callers.iter().map(Pid::from_child).collect();
        victims.insert(round, pid1);
        for victim in victims {
            kill(victim);
        }
        for caller in &mut callers {
            caller.wait()?;
        }
        within_patience("reaped", || orphans.reap_ended(None));
        assert_eq!(names.standings(), [("it".to_owned(), "ended".to_owned())]);
        before.compare()?;
        let files: Vec<_> = fs::read_dir(names.path())?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        assert_eq!(files, [names.record("it")]);
        names.typed("gc", &[]).stdout("it\n").check()?;
        assert_eq!(fs::read_dir(names.path())?.count(), 0);
    }
    Ok(())
}

/// The processes of a container.
fn inside(pid1: Pid) -> Vec<String> {
    let namespace = |id: &str| fs::read_link(format!("/proc/{id}/ns/pid")).ok();
    let of_it = namespace(&pid1.as_raw_nonzero().to_string());
    let ids = fs::read_dir("/proc").unwrap().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().into_string().ok());
    ids.filter(|id| of_it.is_some() && namespace(id) == of_it).collect()
}

/// Pids begin anew, and records may have been kept.
fn another_boot() -> Outcome {
    let names = Names::new();
    names.start("it");
    let record = fs::read_to_string(names.record("it"))?;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    let pid1 = names.pid("it");
    fs::write(
        names.record("it"),
        record.replace(boot.trim_end(), "00000000-0000-0000-0000-000000000000"),
    )?;
    names.until(&[("it", "ended")]);
    names.typed("stop", &["it"]).check()?;
    assert!(
        Command::new("kill")
            .arg("-0")
            .arg(pid1.as_raw_nonzero().to_string())
            .status()?
            .success(),
        "it was not its container's"
    );
    kill(pid1);
    names.is_clean()
}
