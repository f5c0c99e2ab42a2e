//! `--tmpfs`, `--file`, the flags of binds, `--propagation`, and the order of all that is mounted.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use furnace_tests::{Memory, Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;
use rustix::mount::{MountPropagationFlags, mount_change};

use crate::transcript::Transcript;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("tmpfs", &[Need::Root], tmpfs),
        test(
            "tmpfs_has_the_size_mode_and_owner_asked_for",
            &[Need::Root],
            tmpfs_options,
        ),
        test("file_is_a_copy_that_nobody_can_change", &[Need::Root], file),
        test("file_of_the_standard_input_or_a_pipe", &[Need::Root], file_of_a_stream),
        test("file_of_nothing_and_of_many_bytes", &[Need::Root], file_sizes),
        test("flags_of_binds", &[Need::Root], flags),
        test("binds_with_and_without_what_is_mounted_below", &[Need::Root], recursion),
        test(
            "a_bind_that_shows_other_owners",
            &[Need::Root, Need::Kernel(6, 3)],
            id_map,
        ),
        test("propagation_of_all_and_of_one_bind", &[Need::Root], propagation),
        test("later_mounts_lie_over_earlier_ones_of_any_kind", &[Need::Root], order),
        test("mounts_at_paths_with_any_byte", &[Need::Root], any_byte),
        test("mounts_with_everything_else", &[Need::Root], with_everything),
        test("bad_tmpfs", &[Need::Root], bad_tmpfs),
        test("bad_file", &[Need::Root], bad_file),
        test("bad_flags", &[Need::Root], bad_flags),
    ]
}

/// `furnace run OPTION VALUE ROOT sh -c SCRIPT`.
fn run(option: &str, value: &str, root: &Root, script: &str) -> Transcript {
    typed!["run", option, value, root.path(), "sh", "-c", script]
}

/// `SRC:REST`.
fn value(source: &Path, rest: &str) -> String {
    format!("{}:{rest}", source.to_str().unwrap())
}

fn tmpfs() -> Outcome {
    let root = Root::small();
    let script = "stat -f -c %T /new/m; stat -c '%a %u:%g' /new/m; echo x > /new/m/f; cat /new/m/f";
    run("--tmpfs", "/new/m", &root, script)
        .stdout("tmpfs\n755 0:0\nx\n")
        .check()?;
    assert!(root.join("new/m").read_dir()?.next().is_none());
    Ok(())
}

fn tmpfs_options() -> Outcome {
    let root = Root::small();
    let script = "stat -c '%a %u:%g' /m; set -- $(stat -f -c '%b %S' /m); echo $(($1 * $2)); \
                  cat /bin/true > /m/true; chmod 755 /m/true; /m/true 2>&- && echo ran || echo refused";
    run("--tmpfs", "/m:size=1M,mode=1750,uid=12,gid=34,noexec", &root, script)
        .stdout("1750 12:34\n1048576\nrefused\n")
        .check()?;
    run("--tmpfs", "/m:size=65536,gid=5", &root, script)
        .status(0)
        .stdout("755 0:5\n65536\nran\n")
        .check()?;
    // Of the same memory, twice the part is twice as much.
    let output = |size: &str| {
        let output = run("--tmpfs", &format!("/m:size={size}"), &root, "stat -f -c %b /m").output();
        String::from_utf8(output.stdout).unwrap().trim().parse::<u64>().unwrap()
    };
    let (part, double) = (output("10%"), output("20%"));
    assert!(part > 0 && double.abs_diff(part * 2) <= 2, "{part} {double}");
    Ok(())
}

fn file() -> Outcome {
    let (root, outside) = (Root::small(), Scratch::new());
    let source = outside.join("source");
    fs::write(&source, "secret\n")?;
    let script = "cat /run/key; stat -c '%a %u:%g' /run/key; \
                  (echo > /run/key) 2>&- || echo refused; chmod 600 /run/key 2>&- || echo refused";
    run("--file", &value(&source, "/run/key"), &root, script)
        .stdout("secret\n444 0:0\nrefused\nrefused\n")
        .check()?;
    run(
        "--file",
        &value(&source, "run/key:mode=0400,uid=7,gid=8"),
        &root,
        "cat /run/key; stat -c '%a %u:%g' /run/key",
    )
    .stdout("secret\n400 7:8\n")
    .check()?;
    // It is the one that it was when the container started.
    let bind = value(outside.path(), "/out");
    typed![
        "run",
        "--bind",
        bind,
        "--file",
        value(&source, "/etc/passwd"),
        root.path(),
        "sh",
        "-c",
        "echo changed > /out/source; cat /etc/passwd"
    ]
    .stdout("secret\n")
    .check()?;
    assert_eq!(fs::read_to_string(&source)?, "changed\n");
    assert!(fs::read_to_string(root.join("etc/passwd"))?.starts_with("root:"));
    Ok(())
}

fn file_of_a_stream() -> Outcome {
    let root = Root::small();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    run("--file", "-:/run/key", &root, "cat /run/key; cat")
        .stdin(bytes.clone())
        .stdout(bytes)
        .check()?;
    typed!["run", "--file=-:/run/key", root.path(), "cat", "/run/key"]
        .by_shell("exec \"$@\" <&-")
        .check()?;
    // What a shell makes of `<(echo secret)`.
    run(
        "--file",
        "/dev/fd/9:/run/key",
        &root,
        "cat /run/key; cat; ls /proc/self/fd",
    )
    .by_shell("echo secret | { exec \"$@\" 9<&0 </dev/null; }")
    .stdout("secret\n0\n1\n2\n3\n")
    .check()
}

fn file_sizes() -> Outcome {
    let (root, outside) = (Root::small(), Scratch::new());
    run("--file", "/dev/null:/run/key", &root, "stat -c %s /run/key")
        .stdout("0\n")
        .check()?;
    let source = outside.join("source");
    let most = 64 << 20;
    fs::File::create(&source)?.set_len(most)?;
    run("--file", &value(&source, "/run/key"), &root, "stat -c %s /run/key")
        .stdout(format!("{most}\n"))
        .check()?;
    fs::File::create(&source)?.set_len(most + 1)?;
    for source in [source.as_path(), Path::new("/dev/zero")] {
        run("--file", &value(source, "/run/key"), &root, "echo ran")
            .complains(125, &[source.to_str().unwrap(), "more than 64 MiB", "--bind-ro"])
            .check()?;
    }
    Ok(())
}

/// Says the options of the mount at /m, as /proc/self/mountinfo has them.
const OPTIONS: &str = "while read id parent device from at options rest; do \
                       test \"$at\" = /m && echo $options; done < /proc/self/mountinfo; true";

fn flags() -> Outcome {
    let (root, outside) = (Root::small(), Scratch::new());
    let options = |option: &str, flags: &str| {
        let output = run(option, &value(outside.path(), &format!("/m{flags}")), &root, OPTIONS).output();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let options = String::from_utf8(output.stdout).unwrap();
        options.trim().split(',').map(str::to_owned).collect::<Vec<_>>()
    };
    let before = options("--bind", "");
    assert!(before.contains(&"rw".to_owned()), "{before:?}");
    for flag in ["nosuid", "nodev", "noexec"] {
        assert!(
            options("--bind", &format!(":{flag}")).contains(&flag.to_owned()),
            "{flag}"
        );
    }
    for (option, flags) in [
        ("--bind", ":ro"),
        ("--bind", ":nodev,ro,nosuid"),
        ("--bind-ro", ":nodev,nosuid"),
        ("--bind-ro", ":ro"),
    ] {
        let after = options(option, flags);
        assert!(after.contains(&"ro".to_owned()), "{option} {flags}: {after:?}");
        assert_eq!(
            flags.contains("nodev") || before.contains(&"nodev".to_owned()),
            after.contains(&"nodev".to_owned()),
            "{option} {flags}: {after:?}"
        );
    }
    Ok(())
}

fn recursion() -> Outcome {
    let root = Root::small();
    let outer = Memory::new();
    let inner = outer.directory("inner");
    let below = Memory::new();
    fs::write(below.path().join("file"), "")?;
    rustix::mount::mount_bind(below.path(), &inner)?;
    let seen = run("--bind", &value(outer.path(), "/m"), &root, "ls /m/inner")
        .stdout("file\n")
        .check();
    let unseen = run("--bind", &value(outer.path(), "/m:norec"), &root, "ls /m/inner").check();
    let ro = run(
        "--bind-ro",
        &value(outer.path(), "/m"),
        &root,
        "touch /m/inner/x 2>&- || echo refused",
    )
    .stdout("refused\n")
    .check();
    rustix::mount::unmount(&inner, rustix::mount::UnmountFlags::DETACH)?;
    seen.and(unseen).and(ro)
}

fn id_map() -> Outcome {
    let root = Root::small();
    let outside = Memory::new();
    for (name, owner) in [("one", 1000), ("two", 2001), ("other", 5)] {
        let file = outside.path().join(name);
        fs::write(&file, "")?;
        std::os::unix::fs::chown(&file, Some(owner), Some(owner))?;
    }
    std::os::unix::fs::chown(outside.path(), Some(1000), Some(1000))?;
    let script = "stat -c '%u:%g' /m/one /m/two /m/other; touch /m/new";
    run(
        "--bind",
        &value(outside.path(), "/m:idmap=1000-0,idmap=2000-10-2"),
        &root,
        script,
    )
    .stdout("0:0\n11:11\n65534:65534\n")
    .check()?;
    let about = fs::metadata(outside.path().join("new"))?;
    use std::os::unix::fs::MetadataExt;
    assert_eq!((about.uid(), about.gid()), (1000, 1000));
    run(
        "--bind",
        &value(Path::new("/proc"), "/m:idmap=1000-0"),
        &root,
        "echo ran",
    )
    .complains(125, &["/proc", "proc", "help: "])
    .check()
}

fn propagation() -> Outcome {
    let root = Root::small();
    let shared = Memory::new();
    mount_change(shared.path(), MountPropagationFlags::SHARED)?;
    // The fields between the options and the dash: proc_pid_mountinfo(5).
    let script = "while read id parent device from at options rest; do \
                  test \"$at\" = /m && echo ${rest%% *}; done < /proc/self/mountinfo; true";
    let seen = |options: &[&str], flag: &str| {
        let mut words = typed!["run"];
        for option in options {
            words = words.then(option);
        }
        let bind = value(shared.path(), &format!("/m{flag}"));
        let words = words.then("--bind").then(bind).then(root.path());
        let output = words.then("sh").then("-c").then(script).output();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let field = String::from_utf8(output.stdout).unwrap();
        match field.trim() {
            "-" => "private",
            slave if slave.starts_with("master:") => "slave",
            other => panic!("{other}"),
        }
    };
    let private = ["--propagation", "private"];
    assert_eq!(seen(&[], ""), "slave");
    assert_eq!(seen(&["--propagation=slave"], ""), "slave");
    assert_eq!(seen(&private, ""), "private");
    assert_eq!(seen(&[], ":private"), "private");
    Ok(())
}

fn order() -> Outcome {
    let (root, one, two) = (Root::small(), Scratch::new(), Scratch::new());
    fs::write(one.join("one"), "one\n")?;
    fs::write(two.join("two"), "two\n")?;
    let directories = [
        ("--bind", value(one.path(), "/m"), "one\n"),
        ("--bind-ro", value(two.path(), "/m"), "two\n"),
        ("--tmpfs", "/m".to_owned(), ""),
    ];
    for (first, last) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
        let (first, last) = (&directories[first], &directories[last]);
        typed!["run", first.0, first.1, last.0, last.1, root.path(), "ls", "/m"]
            .stdout(last.2)
            .check()?;
    }
    let files = [
        ("--bind", value(&one.join("one"), "/f"), "one\n"),
        ("--file", value(&two.join("two"), "/f"), "two\n"),
    ];
    for (first, last) in [(0, 1), (1, 0), (1, 1)] {
        let (first, last) = (&files[first], &files[last]);
        typed!["run", first.0, first.1, last.0, last.1, root.path(), "cat", "/f"]
            .stdout(last.2)
            .check()?;
    }
    let file = value(&one.join("one"), "/m/one");
    typed!["run", "--tmpfs", "/m", "--file", file, root.path(), "ls", "/m"]
        .stdout("one\n")
        .check()?;
    typed!["run", "--file", file, "--tmpfs", "/m", root.path(), "ls", "/m"].check()
}

fn any_byte() -> Outcome {
    use std::os::unix::ffi::OsStrExt;
    let (root, outside) = (Root::small(), Scratch::new());
    let odd = std::ffi::OsStr::from_bytes(b"a:b,c\\d \n\xff");
    let typed = std::ffi::OsStr::from_bytes(b"/a\\:b,c\\\\d \n\xff");
    fs::write(outside.join(odd), "outside\n")?;
    let mut file = outside.path().as_os_str().to_owned();
    file.push(typed);
    file.push(":");
    file.push(typed);
    typed!["run", "--file", file, root.path(), "cat", Path::new("/").join(odd)]
        .stdout("outside\n")
        .check()?;
    fs::remove_file(root.join(odd))?;
    let mut tmpfs = typed.to_owned();
    tmpfs.push(":mode=700");
    typed![
        "run",
        "--tmpfs",
        tmpfs,
        root.path(),
        "stat",
        "-c",
        "%a",
        Path::new("/").join(odd)
    ]
    .stdout("700\n")
    .check()
}

fn with_everything() -> Outcome {
    let (root, outside) = (Root::small(), Scratch::new());
    fs::write(outside.join("f"), "content\n")?;
    let script = "id -u; id -g; hostname; ls /sys/class/net; pwd; echo \"$A\"; cat /b/f /run/f; \
                  echo x > /t/x && cat /t/x; touch /x 2>&- || echo refused";
    typed![
        "run",
        "--ephemeral=16M",
        "--read-only",
        "--tmpfs",
        "/t:size=64K,mode=1777",
        "--file",
        value(&outside.join("f"), "/run/f"),
        "--bind",
        value(outside.path(), "/b:nodev,noexec,norec"),
        "--propagation",
        "private",
        "--dev",
        "minimal",
        "--isolate-network",
        "--hostname",
        "all",
        "--user",
        "1000:1001",
        "--clear-env",
        "--env",
        "A=1",
        "--workdir",
        "/etc",
        root.path(),
        "/bin/sh",
        "-c",
        format!("PATH=/bin; {script}")
    ]
    .started(|command| {
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(outside.path(), open).unwrap();
        command.env("A", "2");
    })
    .stdout("1000\n1001\nall\nlo\n/etc\n1\ncontent\ncontent\nx\nrefused\n")
    .check()
}

fn bad_tmpfs() -> Outcome {
    let root = Root::small();
    for (typed, complaint) in [
        ("", "destination is empty"),
        (":size=1M", "destination is empty"),
        ("/m:", "a word is missing"),
        ("/m:size=1M,", "a word is missing"),
        ("/m:size=1M:noexec", "more than one colon"),
        (r"/m\n", "a backslash"),
        ("/m:sise=1M", "did you mean `size=SIZE`?"),
        ("/m:size", "did you mean `size=SIZE`?"),
        ("/m:noexce", "did you mean `noexec`?"),
        ("/m:xyz", "there are size=SIZE, mode=MODE, uid=UID, gid=GID, noexec"),
        ("/m:size=1X", "`1X`"),
        ("/m:size=0", "`0`"),
        ("/m:size=-1", "`-1`"),
        ("/m:mode=8", "octal"),
        ("/m:mode=u+x", "octal"),
        ("/m:mode=17777", "17777 is no mode"),
        ("/m:uid=root", "names are not looked up"),
        ("/m:gid=4294967295", "greater than 4294967294"),
        ("/", "the container's root itself"),
        ("/../m", "`..`"),
    ] {
        run("--tmpfs", typed, &root, "echo ran")
            .complains(125, &[complaint])
            .check()?;
    }
    assert!(!root.join("m").exists());
    Ok(())
}

fn bad_file() -> Outcome {
    let root = Root::small();
    for (typed, complaint) in [
        ("", "the source is empty"),
        (":/f", "the source is empty"),
        ("/etc/passwd", "there is no destination"),
        ("/etc/passwd:", "there is no destination"),
        ("-", "there is no destination"),
        ("--ephemeral", "there is no destination"),
        ("/etc/passwd:/f:", "a word is missing"),
        ("/etc/passwd:/f:mode=400:x", "more than two colons"),
        ("/etc/passwd:/f:mode=9", "octal"),
        ("/etc/passwd:/f:mode=1000", "the highest is 777"),
        ("/etc/passwd:/f:moed=400", "did you mean `mode=MODE`?"),
        ("/etc/passwd:/f:ro", "there are mode=MODE, uid=UID, gid=GID"),
        ("/etc/passwd:/f/", "names one"),
        ("/etc/passwd:..", "`..`"),
        ("/no/such/file:/f", "cannot read /no/such/file for --file: No such file"),
        ("/etc:/f", "cannot read /etc for --file: Is a directory"),
        ("/no\x1b:/f", r"/no\u{1b}"),
    ] {
        run("--file", typed, &root, "echo ran")
            .complains(125, &[complaint])
            .check()?;
    }
    typed!["run", "--file", "-:/a", "--file", "-:/b", root.path(), "true"]
        .complains(125, &["two files from the standard input", "help: "])
        .check()?;
    assert!(!root.join("f").exists() && !root.join("a").exists());
    Ok(())
}

fn bad_flags() -> Outcome {
    let root = Root::small();
    for (flags, complaint) in [
        ("noexce", "`noexce` is no flag of a bind: did you mean `noexec`?"),
        ("ro,noxec", "did you mean `noexec`?"),
        (
            "read-only",
            "there are ro, nosuid, nodev, noexec, norec, slave, private, idmap=",
        ),
        ("slave,private", "not both"),
        ("ro=1", "did you mean `ro`?"),
        ("idmap", "did you mean `idmap=HOST-INSIDE[-COUNT]`?"),
        ("idmap=", "no range of ids"),
        ("idmap=1000", "such as idmap=1000-0"),
        ("idmap=root-0", "no range of ids"),
        ("idmap=1000-0-0", "a range is empty"),
        ("idmap=4294967295-0", "beyond the highest id"),
        ("idmap=0-0-10,idmap=9-100", "ranges overlap"),
        ("\x1b", r"`\u{1b}`"),
    ] {
        for option in ["--bind", "--bind-ro"] {
            run(option, &format!("/etc:/m:{flags}"), &root, "echo ran")
                .complains(125, &[complaint])
                .check()?;
        }
    }
    typed!["run", "--propagation", "shared", root.path(), "true"]
        .complains(125, &["'shared'", "slave, private"])
        .check()?;
    assert!(!root.join("m").exists());
    Ok(())
}
