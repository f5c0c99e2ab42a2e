//! Where the changes of the root go: `--overlay`, `--work`, `--lower`, `--ephemeral=SIZE`, `--read-only`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use furnace_tests::{Memory, Need, Outcome, Root, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("overlay_keeps_what_is_changed", &[Need::Root], overlay),
        test("overlay_with_a_work_directory", &[Need::Root], work),
        test("lower_directories_lie_over_the_root", &[Need::Root], lower),
        test("overlay_at_paths_with_any_byte", &[Need::Root], any_byte),
        test("ephemeral_of_a_size", &[Need::Root], size),
        test("a_full_ephemeral_layer_is_told", &[Need::Root], full),
        test("a_full_upper_directory_is_told", &[Need::Root], full_upper),
        test("read_only", &[Need::Root], read_only),
        test("bad_layers", &[Need::Root], bad),
        test("bad_sizes", &[Need::Root], bad_sizes),
    ]
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn overlay() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    let script = "echo new > /new; rm /etc/group; echo changed > /etc/passwd";
    typed!["run", "--overlay", upper, root.path(), "sh", "-c", script].check()?;
    assert!(root.join("etc/group").exists() && !root.join("new").exists());
    assert_eq!(fs::read_to_string(upper.join("new"))?, "new\n");
    // The work directory is gone.
    assert_eq!(names(memory.path()), ["upper"]);
    let script = "cat /new /etc/passwd; test -e /etc/group || echo gone";
    typed!["run", "--overlay", upper, root.path(), "sh", "-c", script]
        .stdout("new\nchanged\ngone\n")
        .check()
}

fn work() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let (upper, work) = (memory.directory("upper"), memory.directory("work"));
    typed!["run", "--overlay", upper, "--work", work, root.path(), "touch", "/new"].check()?;
    assert!(upper.join("new").exists());
    assert_eq!(names(memory.path()), ["upper", "work"]);
    Ok(())
}

fn lower() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let layers = ["one", "two"].map(|name| {
        let layer = memory.directory(name);
        fs::create_dir(layer.join("etc")).unwrap();
        fs::write(layer.join("etc/passwd"), format!("{name}\n")).unwrap();
        fs::write(layer.join(name), "").unwrap();
        // A root that can't be changed has no other place for the host's.
        fs::write(layer.join("etc/resolv.conf"), "").unwrap();
        layer
    });
    let [one, two] = &layers;
    let script = "cat /etc/passwd; ls -d /one /two /bin; ls /etc/group; touch /new 2>&- || echo refused";
    let seen = |top: &str| format!("{top}\n/bin\n/one\n/two\n/etc/group\nrefused\n");
    for (first, last, top) in [(one, two, "two"), (two, one, "one")] {
        // A root that can't be changed has no place for the host's resolv.conf.
        let words = typed![
            "run",
            "--isolate-network",
            "--lower",
            first,
            "--lower",
            last,
            root.path()
        ];
        words.then("sh").then("-c").then(script).stdout(seen(top)).check()?;
    }
    let upper = memory.directory("upper");
    let script = "echo changed > /etc/passwd; rm /one; ls -d /one /two 2>&-; cat /etc/passwd";
    for layer in [
        ["--overlay", upper.to_str().unwrap()],
        ["--ephemeral", "--isolate-network"],
    ] {
        typed![
            "run",
            "--lower",
            one,
            layer[0],
            layer[1],
            "--lower",
            two,
            root.path(),
            "sh",
            "-c",
            script
        ]
        .stdout("/two\nchanged\n")
        .check()?;
    }
    assert_eq!(fs::read_to_string(one.join("etc/passwd"))?, "one\n");
    assert_eq!(fs::read_to_string(two.join("etc/passwd"))?, "two\n");
    assert!(one.join("one").exists());
    Ok(())
}

fn any_byte() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let odd = |name: &str| {
        let mut bytes = b"a:b,c\\d=\"' \n\xff".to_vec();
        bytes.extend_from_slice(name.as_bytes());
        memory.directory(OsStr::from_bytes(&bytes))
    };
    let (lower, upper, work) = (odd("lower"), odd("upper"), odd("work"));
    fs::write(lower.join("lower"), "")?;
    let run = |words: crate::transcript::Transcript| {
        let words = words.then("--lower").then(&lower).then("--overlay").then(&upper);
        words.then(root.path()).then("sh").then("-c")
    };
    run(typed!["run"])
        .then("ls /lower; touch /new")
        .stdout("/lower\n")
        .check()?;
    run(typed!["run", "--work", work])
        .then("ls /new")
        .stdout("/new\n")
        .check()
}

fn size() -> Outcome {
    let root = Root::small();
    let script = "set -- $(stat -f -c '%b %S' /); echo $(($1 * $2))";
    for (typed, bytes) in [
        ("--ephemeral=1M", 1_u64 << 20),
        ("--ephemeral=65536", 65536),
        ("--ephemeral=2g", 2 << 30),
    ] {
        typed!["run", typed, root.path(), "sh", "-c", script]
            .stdout(format!("{bytes}\n"))
            .check()?;
    }
    // The word after it is the root.
    typed!["run", "--ephemeral", root.path(), "echo", "1M"]
        .stdout("1M\n")
        .check()
}

const FILL: &str = "dd if=/dev/zero of=/big bs=4k 2>&-";

fn full() -> Outcome {
    let root = Root::small();
    let run = |size: &str, script: &str| typed!["run", size, root.path(), "sh", "-c", script];
    run("--ephemeral=1M", &format!("{FILL}; exit 7"))
        .status(7)
        .stderr(
            "furnace: the ephemeral layer (1 MiB) is full\n  \
             help: --ephemeral=SIZE makes a larger one; --overlay UPPER keeps what is changed on a disk\n",
        )
        .check()?;
    run("--ephemeral=1M", &format!("{FILL}; kill -9 $$"))
        .complains(137, &["the ephemeral layer (1 MiB) is full"])
        .check()?;
    // Whoever can live with it is not bothered, nor who fails for another reason.
    run("--ephemeral=1M", &format!("{FILL}; true")).check()?;
    run("--ephemeral=1M", &format!("{FILL}; rm /big; false"))
        .status(1)
        .check()?;
    run("--ephemeral=1M", "exit 7").status(7).check()?;
    // Of many small files it has its own measure.
    let files = "i=0; while echo > /f$i; do i=$((i + 1)); done 2>&-; exit 3";
    run("--ephemeral=64K", files)
        .complains(3, &["the ephemeral layer (64 KiB) is full"])
        .check()
}

fn full_upper() -> Outcome {
    let (root, memory) = (Root::small(), Memory::with("size=1m"));
    let upper = memory.directory("up\nper");
    typed![
        "run",
        "--overlay",
        upper,
        root.path(),
        "sh",
        "-c",
        format!("{FILL}; exit 7")
    ]
    .complains(
        7,
        &["the file system of the upper directory", r"/up\nper is full", "help: "],
    )
    .check()
}

fn read_only() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    let upper = upper.to_str().unwrap();
    let script = "touch /new 2>&- || echo refused; touch /run/x /dev/shm/x /t/x && echo taken";
    for layer in [vec![], vec!["--ephemeral"], vec!["--overlay", upper]] {
        let words = layer
            .iter()
            .fold(typed!["run", "--read-only"], |words, word| words.then(word));
        let words = words.then("--tmpfs").then("/t").then(root.path());
        words
            .then("sh")
            .then("-c")
            .then(script)
            .stdout("refused\ntaken\n")
            .check()?;
    }
    assert!(!root.join("new").exists());
    Ok(())
}

fn bad() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let (upper, work) = (memory.directory("upper"), memory.directory("work"));
    let missing = memory.path().join("missing");
    let file = memory.path().join("file");
    fs::write(&file, "")?;
    let inside = root.join("upper");
    fs::create_dir(&inside)?;
    let in_upper = upper.join("work");
    fs::create_dir(&in_upper)?;
    let bad = |options: &[&Path], complaint: &[&str]| {
        let words = options.iter().fold(typed!["run"], |words, word| words.then(word));
        let words = words.then(root.path()).then("echo").then("ran");
        words.complains(125, complaint).check()
    };
    let [overlay, with_work, over, ephemeral] = ["--overlay", "--work", "--lower", "--ephemeral"].map(Path::new);
    bad(
        &[overlay, &missing],
        &["missing as the upper directory", "(ENOENT)", "help: make it first"],
    )?;
    bad(&[overlay, &file], &["file as the upper directory", "(ENOTDIR)"])?;
    bad(
        &[overlay, Path::new("/proc/self")],
        &["the upper directory", "type proc", "help: "],
    )?;
    bad(&[overlay, &inside], &["it is within"])?;
    bad(&[overlay, root.path()], &["it is the same directory as"])?;
    bad(&[overlay, Path::new("")], &["--overlay"])?;
    bad(&[with_work, &work], &["cannot use a work directory", "there is none"])?;
    bad(
        &[overlay, &upper, with_work, &missing],
        &["missing as the work directory", "(ENOENT)"],
    )?;
    bad(&[overlay, &upper, with_work, &in_upper], &["around"])?;
    bad(&[overlay, &upper, with_work, root.path()], &["the same directory as"])?;
    bad(
        &[over, &missing],
        &["missing as a lower directory", "(ENOENT)", "help: "],
    )?;
    bad(&[over, &file], &["file as a lower directory", "(ENOTDIR)"])?;
    bad(&[ephemeral, overlay, &upper], &["not in both"])?;
    typed!["run", "--overlay", upper, "--overlay", work, root.path(), "true"]
        .complains(125, &["--overlay"])
        .check()?;
    typed!["run", "--overly", upper, root.path(), "true"]
        .complains(125, &["'--overly'", "--overlay"])
        .check()?;
    assert_eq!(names(memory.path()), ["file", "upper", "work"]);
    Ok(())
}

fn bad_sizes() -> Outcome {
    let root = Root::small();
    for (typed, complaint) in [
        ("", "--ephemeral"),
        ("0", "`0`"),
        ("-1", "`-1`"),
        ("1.5G", "`1.5G`"),
        ("1X", "`1X`"),
        ("101%", "100%"),
        ("99999999999999999999", "`99999999999999999999`"),
        ("x", "`x`"),
        ("\x1b", r"\u{1b}"),
    ] {
        typed!["run", format!("--ephemeral={typed}"), root.path(), "echo", "ran"]
            .complains(125, &[complaint])
            .check()?;
    }
    Ok(())
}
