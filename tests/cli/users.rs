//! `--user`.

use furnace_tests::{Need, Outcome, Root, test};
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
        test("what_is_no_number_is_refused", &[Need::Root], refused),
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
        "root",
        "",
        ":",
        "1000:",
        ":1000",
        "-1",
        "+0",
        "0x0",
        " 0",
        "0 ",
        "1e3",
        "1000:root",
        "0:0:0",
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
