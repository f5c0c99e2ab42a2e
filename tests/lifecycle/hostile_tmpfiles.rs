//! The root's own systemd-tmpfiles, which may be anything.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use furnace_core::Container;
use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;

use crate::inside::{holds, sh};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("tmpfiles_runs_inside", &[Need::Root], runs_inside),
        test("tmpfiles_that_fails_does_not_fail_the_start", &[Need::Root], fails),
        test(
            "tmpfiles_that_cannot_run_does_not_fail_the_start",
            &[Need::Root],
            cannot_run,
        ),
        test(
            "tmpfiles_that_never_ends_does_not_hold_up_the_start",
            &[Need::Root],
            never_ends,
        ),
        test(
            "tmpfiles_of_the_system_makes_what_it_should",
            &[Need::Root, Need::Program("systemd-tmpfiles")],
            of_the_system,
        ),
        test("tmpfiles_can_be_left_out", &[Need::Root], left_out),
    ]
}

fn root_with(text: &str) -> Root {
    let root = Root::small();
    let path = root.join("usr/bin/systemd-tmpfiles");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    root
}

fn runs_inside() -> Outcome {
    let root = root_with(
        "#!/bin/sh\necho \"$@\" > /root/arguments\nenv > /root/environment\nls / > /root/seen\n\
         readlink /proc/self/ns/* > /root/namespaces\nls /proc/self/fd > /root/descriptors\n",
    );
    let container = Container::builder(&root).start()?;
    let read = |name: &str| fs::read_to_string(root.join("root").join(name));
    let arguments = read("arguments")?;
    assert!(
        arguments.starts_with("--create ") && arguments.contains("/run"),
        "{arguments}"
    );
    assert!(!read("seen")?.contains("old_root"));
    assert_eq!(
        read("namespaces")?.trim_end(),
        sh(&container, "readlink /proc/self/ns/*")?
    );
    // Nothing of the caller's environment.
    let environment = read("environment")?;
    let names: Vec<_> = environment.lines().filter_map(|line| line.split('=').next()).collect();
    assert!(
        names
            .iter()
            .all(|name| ["PATH", "PWD", "_", "OLDPWD", "SHLVL"].contains(name)),
        "{names:?}"
    );
    assert_eq!(read("descriptors")?, "0\n1\n2\n3\n");
    Ok(())
}

fn fails() -> Outcome {
    let root = root_with("#!/bin/sh\nexit 1\n");
    let container = Container::builder(&root).start()?;
    assert!(holds(&container, "test -d /run/lock")?);
    Ok(())
}

fn cannot_run() -> Outcome {
    for text in ["#!/not/there\n", "no program at all"] {
        let root = root_with(text);
        let container = Container::builder(&root).start()?;
        assert!(holds(&container, "test -d /run/lock")?);
    }
    Ok(())
}

fn never_ends() -> Outcome {
    let root = root_with("#!/bin/sh\ntrap '' TERM INT HUP\nwhile :; do sleep 1000; done\n");
    let begun = Instant::now();
    let container = Container::builder(&root).start()?;
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    assert!(holds(&container, "test -d /run/lock")?);
    Ok(())
}

fn of_the_system() -> Outcome {
    let container = Container::builder("/").ephemeral(true).start()?;
    assert!(holds(&container, "test -d /run/lock && test -c /dev/null")?);
    assert_eq!(
        sh(&container, "stat -c '%F %a' /dev/null /dev/zero")?.lines().next(),
        Some("character special file 666")
    );
    Ok(())
}

fn left_out() -> Outcome {
    let root = root_with("#!/bin/sh\necho > /root/ran\n");
    let _container = Container::builder(&root).tmpfiles(false).start()?;
    assert!(!root.join("root/ran").exists());
    Ok(())
}
