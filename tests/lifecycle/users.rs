//! Users by the names that a container has for them.

use std::fs;

use furnace_core::{Container, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;

use crate::inside::whole;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("users_are_found_and_become", &[Need::Root], found),
        test("users_of_a_joined_container", &[Need::Root], joined),
        test("users_as_they_are_at_the_moment", &[Need::Root], at_the_moment),
        test("users_of_a_container_that_has_ended", &[Need::Root], ended),
        test("users_from_many_threads_leave_nothing", &[Need::Root], many),
    ]
}

fn peopled() -> Root {
    let root = Root::small();
    fs::write(
        root.join("etc/passwd"),
        "root:x:0:0:root:/root:/bin/sh\nana:x:2001:2002::/home/ana:/bin/sh\n",
    )
    .unwrap();
    fs::write(root.join("etc/group"), "wheel:x:10:ana\nana:x:2002:ana\n").unwrap();
    root
}

fn found() -> Outcome {
    let root = peopled();
    let container = Container::builder(&root).start()?;
    let ana = container.find_user("ana")?;
    assert_eq!((ana.uid, ana.gid, ana.groups.as_slice()), (2001, 2002, &[10][..]));
    assert_eq!(
        (ana.home.to_str(), ana.shell.to_str()),
        (Some("/home/ana"), Some("/bin/sh"))
    );
    assert_eq!(ana.name.as_deref(), Some("ana".as_ref()));
    let show = |command: &mut furnace_core::Command| -> Result<String, furnace_core::Error> {
        let output = command
            .args(["-c", "echo $(id -u) $(id -g) $(id -G) $HOME $USER"])
            .output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let shown = show(container.command("sh").user(&ana))?;
    assert_eq!(shown, "2001 2002 2002 10 /home/ana ana\n");
    // What is set after it counts.
    let shown = show(container.command("sh").user(&ana).env("HOME", "/tmp").groups(&[]))?;
    assert_eq!(shown, "2001 2002 2002 /tmp ana\n");
    let shown = show(
        container
            .command("sh")
            .env("HOME", "/was")
            .env("USER", "me")
            .user(&container.find_user("7")?),
    )?;
    assert_eq!(shown, "7 7 7 /was me\n");
    Ok(container.stop()?)
}

fn joined() -> Outcome {
    let root = peopled();
    let container = Container::builder(&root).start()?;
    let joined = Container::join(container.id())?;
    assert_eq!(joined.find_user("ana")?, container.find_user("ana")?);
    Ok(container.stop()?)
}

fn at_the_moment() -> Outcome {
    let root = peopled();
    let container = Container::builder(&root).start()?;
    assert_eq!(container.find_user("bo").unwrap_err().kind(), ErrorKind::NotFound);
    container
        .command("sh")
        .args(["-c", "echo bo:x:5:6::/:/bin/sh >>/etc/passwd"])
        .status()?;
    assert_eq!(container.find_user("bo")?.uid, 5);
    Ok(container.stop()?)
}

fn ended() -> Outcome {
    let root = peopled();
    let container = Container::builder(&root).start()?;
    container.stop()?;
    let error = container.find_user("ana").unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::Ended, Phase::Spawn),
        "{}",
        whole(&error)
    );
    // For this there need not be one.
    assert_eq!(container.find_user("1000")?.uid, 1000);
    Ok(())
}

fn many() -> Outcome {
    let root = peopled();
    let container = Container::builder(&root).start()?;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    assert_eq!(container.find_user("ana").unwrap().uid, 2001);
                    assert!(container.find_user("nobody").is_err());
                }
            });
        }
    });
    Ok(container.stop()?)
}
