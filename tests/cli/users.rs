//! `--user`.

use furnace_tests::{Need, Outcome, Root, Scratch, Window, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("user_and_group_are_those_asked_for", &[Need::Root], exact),
        test(
            "supplementary_groups_are_dropped",
            &[Need::Root, Need::Program("setpriv")],
            groups,
        ),
        test("a_number_is_never_a_name", &[Need::Root], hostile_passwd),
        test("what_is_no_user_is_refused", &[Need::Root], refused),
        test("user_by_name_is_the_containers_own", &[Need::Root], names),
        test("user_by_name_has_a_home", &[Need::Root], environment),
        test(
            "user_by_name_has_its_terminal",
            &[Need::Root, Need::Program("setsid")],
            on_a_terminal,
        ),
        test("user_by_name_is_looked_up_through_mounts", &[Need::Root], mounted),
    ]
}

const SHOW: &str = "echo $(id -u) $(id -g) $(id -G)";

fn exact() -> Outcome {
    let root = Root::small();
    typed!["run", root.path(), "id", "-u"].stdout("0\n").check()?;
    for (user, shown) in [
        ("1000", "1000 1000 1000\n"),
        ("1000:5", "1000 5 5\n"),
        ("0:7", "0 7 7\n"),
        ("4294967294", "4294967294 4294967294 4294967294\n"),
        ("0001", "1 1 1\n"),
    ] {
        typed!["run", "--user", user, root.path(), "sh", "-c", SHOW]
            .stdout(shown)
            .check()?;
    }
    Ok(())
}

fn groups() -> Outcome {
    let root = Root::small();
    typed!["run", "--user", "1000:5", root.path(), "sh", "-c", SHOW]
        .by_shell("exec setpriv --groups 4,27 -- \"$@\"")
        .stdout("1000 5 5\n")
        .check()
}

fn hostile_passwd() -> Outcome {
    let root = Root::small();
    std::fs::write(root.join("etc/passwd"), "1000:x:0:0::/:/bin/sh\n").unwrap();
    std::fs::write(root.join("etc/group"), "1000:x:0:\n").unwrap();
    typed!["run", "--user", "1000", root.path(), "sh", "-c", SHOW]
        .stdout("1000 1000 1000\n")
        .check()
}

fn refused() -> Outcome {
    let root = Root::small();
    for user in [
        "",
        ":",
        "1000:",
        ":1000",
        "root:",
        "-1",
        "-root",
        "+0",
        "0x0",
        " 0",
        "0 ",
        "1e3",
        "0:0:0",
        "root:root:root",
        "../root",
        "4294967295",
        "4294967296",
        "18446744073709551616",
        "1000:4294967295",
        "1000:4294967296",
        "\u{660}",
    ] {
        let shown = format!("'{user}' for '--user");
        typed!["run", "--user", user, root.path(), "echo", "ran"]
            .complains(125, &[&shown])
            .check()?;
    }
    Ok(())
}

/// A root with users of its own, who are none of the host's.
fn peopled() -> Root {
    let root = Root::small();
    std::fs::write(
        root.join("etc/passwd"),
        "root:x:0:0:root:/root:/bin/sh\nana:x:2001:2002:Ana,,,:/home/ana:/bin/bash\nbare:x:2003:2003:::\n",
    )
    .unwrap();
    std::fs::write(
        root.join("etc/group"),
        "root:x:0:\nana:x:2002:ana\nwheel:x:10:bare,ana\ndisk:x:6:ana\nother:x:9:anas\n",
    )
    .unwrap();
    root
}

fn names() -> Outcome {
    let root = peopled();
    for (user, shown) in [
        ("root", "0 0 0\n"),
        ("ana", "2001 2002 2002 6 10\n"),
        ("bare", "2003 2003 2003 10\n"),
        // Who says which group wants that one.
        ("ana:disk", "2001 6 6\n"),
        ("ana:7", "2001 7 7\n"),
        ("1000:disk", "1000 6 6\n"),
        ("2001", "2001 2001 2001\n"),
    ] {
        typed!["run", "--user", user, root.path(), "sh", "-c", SHOW]
            .stdout(shown)
            .check()?;
    }
    for (user, file) in [("nobody", "passwd"), ("ana:nogroup", "group")] {
        typed!["run", "--user", user, root.path(), "echo", "ran"]
            .complains(
                125,
                &[
                    &format!("in /etc/{file}: there is no such"),
                    "help: names are looked up inside",
                ],
            )
            .check()?;
    }
    Ok(())
}

fn environment() -> Outcome {
    let root = peopled();
    let show = "echo $HOME $SHELL $USER $LOGNAME";
    let run = |words: &[&str]| {
        let mut run = typed!["run", "--clear-env"];
        for word in words {
            run = run.then(word);
        }
        run.then(root.path()).then("sh").then("-c").then(show)
    };
    run(&["--user", "ana"])
        .stdout("/home/ana /bin/bash ana ana\n")
        .check()?;
    run(&["--user", "bare"]).stdout("/ /bin/sh bare bare\n").check()?;
    // What is said of it counts.
    run(&["--user", "ana", "--env", "HOME=/tmp"])
        .stdout("/tmp /bin/bash ana ana\n")
        .check()?;
    // Of a number nothing is known.
    run(&["--user", "2001"]).stdout("\n").check()
}

/// The terminal belongs to who is on it.
fn on_a_terminal() -> Outcome {
    let root = peopled();
    let run = typed!["run", "--user", "ana", root.path(), "sh", "-c", "stat -c %u $(tty)"].into_command();
    let (status, shown, _) = Window::new().start(&run, |_| {}).end();
    assert_eq!(
        (status.code(), String::from_utf8(shown)?.as_str()),
        (Some(0), "2001\r\n")
    );
    Ok(())
}

/// What is mounted over the files counts, as it does for whoever is inside.
fn mounted() -> Outcome {
    let root = peopled();
    let outside = Scratch::new();
    std::fs::write(outside.join("passwd"), "ana:x:3001:3002::/:/bin/sh\n")?;
    std::fs::write(outside.join("group"), "extra:x:3003:ana\n")?;
    let passwd = format!("{}:/etc/passwd", outside.join("passwd").display());
    let group = format!("{}:/etc/group", outside.join("group").display());
    typed![
        "run",
        "--user=ana",
        "--file",
        passwd,
        "--bind",
        group,
        root.path(),
        "sh",
        "-c",
        SHOW
    ]
    .stdout("3001 3002 3002 3003\n")
    .check()?;
    // Where there is no list of groups nobody is in any.
    std::fs::remove_file(root.join("etc/group"))?;
    typed!["run", "--user=ana", root.path(), "sh", "-c", SHOW]
        .stdout("2001 2002 2002\n")
        .check()?;
    std::fs::remove_file(root.join("etc/passwd"))?;
    typed!["run", "--user=ana", root.path(), "echo", "ran"]
        .complains(
            125,
            &[
                "cannot find the user ana",
                "/etc/passwd",
                "ENOENT",
                "numbers need no file",
            ],
        )
        .check()?;
    typed!["run", "--user=2001", root.path(), "id", "-u"]
        .stdout("2001\n")
        .check()
}
