//! A disk image as ROOT, and `--partition`.

use furnace_tests::{DiskImage, Format, Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let ext4 = Format::Ext4.to_start();
    let disk = [ext4.as_slice(), &[Need::Program("sfdisk")]].concat();
    vec![
        test("an_image_is_a_root", &ext4, whole),
        test(
            "changes_of_an_image_that_cannot_be_changed",
            &Format::Squashfs.to_start(),
            read_only,
        ),
        test("partition", &disk, partition),
        test("bad_partition", &[Need::Root], bad),
    ]
}

fn whole() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let image = DiskImage::ext4(&scratch, root.path(), 64);
    typed!["run", image.path(), "sh", "-c", "cat /etc/group; echo kept > /kept"]
        .stdout("root:x:0:\ntty:x:5:\n")
        .check()?;
    // What is written to the image itself is on no list; this is known before the command runs.
    typed!["run", "--changes", "-", image.path(), "echo", "ran"]
        .complains(125, &["cannot list what has changed", "help: use --ephemeral"])
        .check()?;
    typed![
        "run",
        "--ephemeral",
        "--isolate-network",
        "--changes",
        "-",
        image.path()
    ]
    .then("sh")
    .then("-c")
    .then("cat /kept; rm /kept")
    .stdout("kept\n{\"path\":\"kept\",\"kind\":\"deleted\",\"type\":\"file\",\"size\":5}\n")
    .check()?;
    typed![
        "run",
        "--read-only",
        image.path(),
        "sh",
        "-c",
        "cat /kept; touch /new 2>&- || echo refused"
    ]
    .stdout("kept\nrefused\n")
    .check()
}

fn read_only() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let image = DiskImage::new(Format::Squashfs, &scratch, root.path());
    typed!["run", "--isolate-network", "--changes", "-", image.path()]
        .then("sh")
        .then("-c")
        .then(": > /new")
        .stdout("{\"path\":\"new\",\"kind\":\"created\",\"type\":\"file\",\"size\":0}\n")
        .check()?;
    typed![
        "run",
        "--ephemeral=1M",
        image.path(),
        "sh",
        "-c",
        "dd if=/dev/zero of=/big 2>&-"
    ]
    .complains(1, &["the ephemeral layer (1 MiB) is full"])
    .check()
}

fn partition() -> Outcome {
    let scratch = Scratch::new();
    let parts = ["one", "two"].map(|name| {
        let root = Root::small();
        std::fs::write(root.join("name"), format!("{name}\n")).unwrap();
        DiskImage::ext4(&scratch, root.path(), 64)
    });
    let [one, two] = &parts;
    let disk = DiskImage::gpt(&scratch, &[one, two]);
    for (number, name) in [("1", "one\n"), ("2", "two\n")] {
        typed!["run", "--partition", number, disk.path(), "cat", "/name"]
            .stdout(name)
            .check()?;
    }
    typed!["run", "--partition", "9", disk.path(), "echo", "ran"]
        .complains(125, &[disk.path().to_str().unwrap(), "partition 9"])
        .check()?;
    typed!["run", disk.path(), "echo", "ran"]
        .complains(125, &[disk.path().to_str().unwrap(), "partition"])
        .check()
}

fn bad() -> Outcome {
    let root = Root::small();
    for typed in ["0", "-1", "x", "", "1.5", "4294967296"] {
        typed!["run", "--partition", typed, root.path(), "echo", "ran"]
            .complains(125, &["--partition"])
            .check()?;
    }
    typed!["run", "--partition", "1", root.path(), "echo", "ran"]
        .complains(125, &["partition 1", "a directory, not a disk image"])
        .check()
}
