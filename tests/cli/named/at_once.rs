//! Two commands at once, and a hundred.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;

use super::names::{Names, kill, within_patience};
use crate::Case;
use crate::transcript::Transcript;

pub(crate) fn trials() -> Vec<Trial> {
    let all: [Case; 6] = [
        ("named_of_two_starts_with_one_name_one_wins", one_wins),
        ("named_a_container_is_stopped_by_many_at_once", stopped_by_many),
        ("named_commands_while_containers_come_and_go", come_and_go),
        ("named_a_hundred_containers", a_hundred),
        ("named_many_execs_at_once", many_execs),
        ("named_a_killed_start_leaves_a_container_or_nothing", killed_start),
    ];
    all.into_iter()
        .map(|(name, body)| test(name, &[Need::Root], body))
        .collect()
}

fn quiet(transcript: Transcript) -> Command {
    let mut command = transcript.into_command();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn one_wins() -> Outcome {
    let names = Names::new();
    for _ in 0..10 {
        let both: Vec<Child> = (0..4).map(|_| quiet(names.starting("it")).spawn().unwrap()).collect();
        let outputs: Vec<_> = both
            .into_iter()
            .map(|child| child.wait_with_output().unwrap())
            .collect();
        let (won, lost): (Vec<_>, Vec<_>) = outputs.iter().partition(|output| output.status.success());
        assert_eq!(won.len(), 1, "{outputs:?}");
        for output in lost {
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(125));
            assert!(said.contains("a container of that name"), "{said}");
        }
        assert_eq!(names.processes().len(), 1, "the container's PID 1");
        names.end()?;
    }
    Ok(())
}

fn stopped_by_many() -> Outcome {
    let names = Names::new();
    for _ in 0..5 {
        names.start("it");
        let mut waiting = quiet(names.typed("wait", &["it"])).spawn()?;
        let all: Vec<Child> = (0..6)
            .map(|_| quiet(names.typed("stop", &["it"])).spawn().unwrap())
            .collect();
        let outputs: Vec<_> = all.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        assert!(outputs.iter().any(|output| output.status.success()), "{outputs:?}");
        for output in outputs.iter().filter(|output| !output.status.success()) {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains("nothing of that name"), "{said}");
        }
        // It may have come too late.
        assert!(matches!(waiting.wait()?.code(), Some(0 | 125)));
        names.is_clean()?;
    }
    Ok(())
}

fn come_and_go() -> Outcome {
    let names = Names::new();
    std::thread::scope(|scope| {
        let churners: Vec<_> = ["a", "b"]
            .into_iter()
            .map(|name| {
                let names = &names;
                scope.spawn(move || {
                    for _ in 0..8 {
                        names.starting(name).check()?;
                        names.exec(name, "echo x").stdout("x\n").check()?;
                        names.typed("stop", &[name]).check()?;
                    }
                    Outcome::Ok(())
                })
            })
            .collect();
        while !churners.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            for line in names.list() {
                assert_ne!(line["standing"], "unknown");
            }
            // It may free a name just before who stops the container does, but never that of one that starts.
            assert!(names.typed("gc", &[]).output().status.success());
        }
        churners.into_iter().try_for_each(|churner| churner.join().unwrap())
    })?;
    names.is_clean()
}

fn a_hundred() -> Outcome {
    let names = Names::new();
    let all: Vec<String> = (0..100).map(|number| format!("c{number:02}")).collect();
    for some in all.chunks(10) {
        let children: Vec<Child> = some
            .iter()
            .map(|name| quiet(names.starting(name)).spawn().unwrap())
            .collect();
        for child in children {
            let output = child.wait_with_output()?;
            assert!(output.status.success(), "{output:?}");
        }
    }
    let standings = names.standings();
    assert!(standings.iter().all(|(_, standing)| standing == "running"));
    assert_eq!(standings.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), all);
    assert_eq!(names.processes().len(), 100, "one process each");
    names.exec("c42", "echo here").stdout("here\n").check()?;
    let words: Vec<&str> = all.iter().map(String::as_str).collect();
    names.typed("stop", &words).check()?;
    names.is_clean()
}

fn many_execs() -> Outcome {
    let names = Names::new();
    names.start("it");
    let all: Vec<Child> = (0..20)
        .map(|number| {
            quiet(names.exec("it", &format!("echo {number}; exit {number}")))
                .spawn()
                .unwrap()
        })
        .collect();
    for (number, child) in (0..).zip(all) {
        let output = child.wait_with_output()?;
        assert_eq!(
            (output.status.code(), output.stdout),
            (Some(number), format!("{number}\n").into_bytes())
        );
    }
    names.end()
}

fn killed_start() -> Outcome {
    let names = Names::new();
    // Any sequence will do, as long as a failure can be had again.
    let mut random: u32 = 4321;
    for _ in 0..40 {
        random = random.wrapping_mul(1_103_515_245).wrapping_add(12345);
        let delay = Duration::from_micros(u64::from(random >> 16) % 20_000);
        let mut start = quiet(names.starting("it")).spawn()?;
        std::thread::sleep(delay);
        start.kill()?;
        start.wait()?;
        // Whoever it has started may be about to end.
        within_patience("settled", || {
            let standings = names.standings();
            let has_pid1 = names.processes().len() == 1;
            match standings.first().map(|(_, standing)| standing.as_str()) {
                Some("running") => has_pid1,
                Some("ended") | None => names.processes().is_empty(),
                _ => false,
            }
        });
        if names.standings() == [("it".to_owned(), "running".to_owned())] {
            let output = names.exec("it", "echo whole").output();
            if output.status.success() {
                assert_eq!(output.stdout, b"whole\n");
                kill(names.pid("it"));
            }
            // Else it had not been told to live on.
            names.until(&[("it", "ended")]);
        }
        names.typed("gc", &[]).output();
        names.is_clean()?;
    }
    Ok(())
}
