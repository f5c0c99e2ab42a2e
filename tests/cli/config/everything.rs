//! What is in a file means what it means when it is typed.

use std::fs;

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use super::written;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        test("config_says_all_that_can_be_typed", &[], container),
        test("config_says_what_the_command_begins_with", &[Need::Root], command),
        test("config_lists_changes_beside_the_file", &[Need::Root], changes),
        test("config_is_for_shell_too", &[Need::Root], shell),
        test("config_mounts_in_the_order_of_the_file", &[Need::Root], order),
        test("config_with_a_terminal", &[Need::Root], terminal),
    ]
}

/// The plan is the same, so the container is.
fn container() -> Outcome {
    let (root, scratch) = (Root::bare(), Scratch::new());
    for directory in ["upper", "work", "lower", "lower2", "source"] {
        fs::create_dir(scratch.join(directory))?;
    }
    fs::write(scratch.join("secret"), "secret")?;
    let file = written(
        &scratch,
        r#"
            overlay = "upper"
            work = "./work"
            lower = ["lower", "lower2"]
            read-only = false
            bind = ["source:/bind:nodev,noexec", "/etc"]
            bind-ro = ["source:/bind-ro"]
            tmpfs = ["/tmpfs:size=1M"]
            file = ["secret:/run/secret:mode=400"]
            propagation = "private"
            dev = "host"
            device = ["/dev/null"]
            isolate-network = true
            hostname = "from-file"
        "#,
    );
    let typed = typed!["explain", "--json", "--overlay=upper", "--work=work", "--lower=lower"]
        .then("--lower=lower2")
        .then("--bind=source:/bind:nodev,noexec")
        .then("--bind=/etc")
        .then("--bind-ro=source:/bind-ro")
        .then("--tmpfs=/tmpfs:size=1M")
        .then("--file=secret:/run/secret:mode=400")
        .then("--propagation=private")
        .then("--dev=host")
        .then("--device=/dev/null")
        .then("--isolate-network")
        .then("--hostname=from-file")
        .then(root.path())
        .in_directory(scratch.path());
    let typed = String::from_utf8(typed.output().stdout)?;
    // Only the paths are told as they were given.
    let place = scratch.path().to_str().unwrap();
    let plain = |text: &str| text.replace(&format!("{place}/"), "").replace("./work", "work");
    let filed = typed!["explain", "--json", "--config", file, root.path()].output();
    assert_eq!(String::from_utf8_lossy(&filed.stderr), "");
    assert_eq!(plain(&String::from_utf8(filed.stdout)?), plain(&typed));
    assert!(typed.contains("/bind-ro") && typed.lines().count() > 50, "{typed}");

    for (written, typed) in [
        ("ephemeral = true", "--ephemeral"),
        ("ephemeral = \"8M\"", "--ephemeral=8M"),
        ("ephemeral = 8388608", "--ephemeral=8M"),
        ("read-only = true", "--read-only"),
    ] {
        let file = super::written(&scratch, written);
        let typed = typed!["explain", "--json", typed, root.path()].output();
        typed!["explain", "--json", "--config", file, root.path()]
            .stdout(typed.stdout)
            .check()?;
    }
    Ok(())
}

fn command() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let file = written(
        &scratch,
        &format!(
            r#"
                root = "{}"
                clear-env = true
                env = ["A=1", "B=$HOME ${{A}} ü"]
                workdir = "etc"
                user = 1000
                interactive = false
                command = ["sh", "-c", 'pwd; id -u; id -g; echo "$A,$B,${{HOME-unset}}"; for word; do echo "$word"; done', "--", "-v", "--", "--config", "-", "", "a b"]
            "#,
            root.path().display()
        ),
    );
    typed!["run", "--config", &file]
        .stdout("/etc\n1000\n1000\n1,$HOME ${A} ü,unset\n-v\n--\n--config\n-\n\na b\n")
        .check()?;
    // What begins with a dash is no option.
    let dashes = written(
        &scratch,
        "hostname = '-v'\nenv = ['--user=1']\nlower = ['-T']\nephemeral = true\ncommand = ['hostname']\n",
    );
    fs::create_dir(scratch.join("-T"))?;
    typed!["run", "--config", dashes, root.path()].stdout("-v\n").check()?;
    let user = written(&scratch, "user = '1000:5'");
    typed!["run", "--config", user, root.path(), "id", "-g"]
        .stdout("5\n")
        .check()
}

fn changes() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    fs::create_dir(scratch.join("elsewhere"))?;
    let file = written(&scratch, "ephemeral = true\nchanges = 'list'\n");
    typed!["run", "--config", &file, root.path(), "touch", "/new"]
        .in_directory(&scratch.join("elsewhere"))
        .check()?;
    assert!(fs::read_to_string(scratch.join("list"))?.contains("\"path\":\"new\""));
    let file = written(&scratch, "ephemeral = true\nchanges = '-'\n");
    let output = typed!["run", "--config", &file, root.path(), "touch", "/new"].output();
    assert!(String::from_utf8(output.stdout)?.contains("\"path\":\"new\""));
    Ok(())
}

/// What a shell has no option for is no mistake: one file is for all commands.
fn shell() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let file = written(
        &scratch,
        &format!(
            "root = '{}'\nhostname = 'from-file'\ncommand = ['false']\nterminal = true\n",
            root.path().display()
        ),
    );
    let output = typed!["shell", "--config", &file].stdin("hostname\nexit 7\n").output();
    assert_eq!(output.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&output.stdout).contains("from-file"));
    Ok(())
}

fn order() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    fs::create_dir(scratch.join("source"))?;
    fs::write(scratch.join("source/here"), "")?;
    let listed = |text: &str, seen: &str| {
        let file = written(&scratch, text);
        typed!["run", "--config", file, root.path(), "ls", "/m"]
            .stdout(seen)
            .check()
    };
    listed("bind = ['source:/m']\ntmpfs = ['/m']\n", "")?;
    listed("tmpfs = ['/m']\nbind = ['source:/m']\n", "here\n")?;
    // What is typed is mounted last.
    let file = written(&scratch, "bind = ['source:/m']\n");
    typed!["run", "--config", file, "--tmpfs=/m", root.path(), "ls", "/m"].check()
}

fn terminal() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let file = written(&scratch, "terminal = true\n");
    let on_terminal = |option: &str| typed!["run", option, "--config", &file, root.path(), "tty"].output();
    assert!(String::from_utf8(on_terminal("--verbose").stdout)?.starts_with("/dev/"));
    // Either forbids the other.
    for option in ["-T", "--without=terminal"] {
        let output = on_terminal(option);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "not a tty\n", "{option}");
    }
    let file = written(&scratch, "no-terminal = true\n");
    let output = typed!["run", "-t", "--config", file, root.path(), "tty"].output();
    assert!(String::from_utf8(output.stdout)?.starts_with("/dev/"));
    Ok(())
}
