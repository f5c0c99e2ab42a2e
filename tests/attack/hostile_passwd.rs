//! Trees that want a user to be another one, root best of all, or whoever looks a user up to wait, or to read too much.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use furnace_core::{Container, Error, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use crate::attackers::{Attacker, builder, root_with, rounds};
use crate::outside::Outside;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("hostile_passwd", &[Need::Root], contents),
        test("hostile_passwd_of_another_kind", &[Need::Root], kinds),
        test("hostile_passwd_that_leads_out", &[Need::Root], leads_out),
        test("hostile_passwd_without_an_end", &[Need::Root], endless),
        test("hostile_passwd_that_is_swapped", &[Need::Root], swapped),
        test(
            "hostile_passwd_of_a_mute_file_system",
            &[Need::Root, Need::File("/dev/fuse")],
            mute,
        ),
    ]
}

fn write(root: &Root, passwd: impl AsRef<[u8]>) {
    fs::write(root.join("etc/passwd"), passwd).unwrap();
}

#[track_caller]
fn refused(container: &Container, user: &str, kind: ErrorKind) -> Error {
    let error = match container.find_user(user) {
        Ok(found) => panic!("{user:?} is {found:?}"),
        Err(error) => error,
    };
    assert_eq!(error.kind(), kind, "{user:?}: {error:?}");
    error
}

/// Numbers that are names, names that are numbers, and what is neither.
fn contents() -> Outcome {
    let root = root_with(&[]);
    let container = builder(&root).start()?;
    // What consists of digits is a number, whoever is called so.
    write(&root, "1000:x:0:0::/:/bin/sh\n007:x:0:0::/:/bin/sh\n");
    fs::write(root.join("etc/group"), "1000:x:0:1000\n5:x:0:1000\n")?;
    for (typed, ids) in [("1000", (1000, 1000)), ("007", (7, 7)), ("1000:5", (1000, 5))] {
        let user = container.find_user(typed)?;
        assert_eq!((user.uid, user.gid), ids);
        assert_eq!((user.name, user.groups), (None, vec![]));
    }
    // What would be too much for a number is none.
    let too_much = [
        "4294967295",
        "4294967296",
        "4294968296",
        "18446744073709551616",
        "1:4294967296",
    ];
    for typed in too_much
        .into_iter()
        .chain(["-1", "-0", "+0", " 0", "0x0", "", ":", "a\0", "1000\n"])
    {
        let error = refused(&container, typed, ErrorKind::InvalidInput);
        assert_eq!(error.phase(), Phase::Configure, "{typed:?}");
    }
    for id in [
        "4294967296",
        "4294967295",
        "-1",
        "",
        "+0",
        " 0",
        "0x0",
        "0\0",
        "1e3",
        "99999999999999999999",
    ] {
        for line in [
            format!("mallory:x:{id}:1000::/:/bin/sh\n"),
            format!("mallory:x:1000:{id}::/:/bin/sh\n"),
        ] {
            write(&root, &line);
            let error = refused(&container, "mallory", ErrorKind::InvalidInput);
            assert_eq!(error.path(), Some(Path::new("/etc/passwd")), "{line:?}");
        }
        write(&root, "mallory:x:1000:1000::/:/bin/sh\n");
        for line in [
            format!("wheel:x:{id}:mallory\n"),
            format!("root:x:0:\nwheel:x:{id}:a,mallory,b"),
        ] {
            fs::write(root.join("etc/group"), &line)?;
            refused(&container, "mallory", ErrorKind::InvalidInput);
            refused(&container, "1000:wheel", ErrorKind::InvalidInput);
        }
    }
    for line in [
        "mallory",
        "mallory:x:0",
        "mallory:x:0:0:::/bin/sh:",
        "mallory\0:x:0:0::/:\nmallory:x:1:1::/:/bin/sh",
    ] {
        write(&root, line);
        refused(&container, "mallory", ErrorKind::InvalidInput);
    }
    // Nor does a part of a name, or of a line, make somebody of it.
    write(
        &root,
        "mal:x:0:0::/:\n:mallory:0:0::/:\nx mallory:x:0:0::/:\nMALLORY:x:0:0::/:\n\nmallory2:x:0:0::/:\n",
    );
    refused(&container, "mallory", ErrorKind::NotFound);
    Ok(container.stop()?)
}

fn kinds() -> Outcome {
    let root = root_with(&[]);
    let container = builder(&root).start()?;
    let passwd = root.join("etc/passwd");
    let begun = Instant::now();
    refused(&container, "mallory", ErrorKind::NotFound);
    for kind in [FileType::Fifo, FileType::Socket] {
        mknodat(CWD, &passwd, kind, Mode::RWXU, 0)?;
        refused(&container, "mallory", ErrorKind::InvalidInput);
        fs::remove_file(&passwd)?;
    }
    // zero, a terminal that hangs up or is waited for, and a disk.
    for (kind, device) in [
        (FileType::CharacterDevice, makedev(1, 5)),
        (FileType::CharacterDevice, makedev(5, 0)),
        (FileType::BlockDevice, makedev(7, 0)),
    ] {
        mknodat(CWD, &passwd, kind, Mode::RWXU, device)?;
        refused(&container, "mallory", ErrorKind::InvalidInput);
        fs::remove_file(&passwd)?;
    }
    fs::create_dir(&passwd)?;
    refused(&container, "mallory", ErrorKind::InvalidInput);
    assert!(begun.elapsed() < PATIENCE);
    Ok(container.stop()?)
}

fn leads_out() -> Outcome {
    let root = root_with(&[]);
    let outside = Outside::like_a_root();
    fs::create_dir_all(outside.path().join("etc"))?;
    let theirs = "mallory:x:0:0:theirs:/:/bin/sh\n";
    fs::write(outside.path().join("etc/passwd"), theirs)?;
    let container = builder(&root).start()?;
    let passwd = root.join("etc/passwd");
    for link in [
        outside.path().join("etc/passwd"),
        outside.below("../../../../../../..").join("etc/passwd"),
        outside.below("/proc/self/root").join("etc/passwd"),
        outside.below("/proc/1/root").join("etc/passwd"),
        "/proc/self/cwd/etc/passwd".into(),
        "passwd".into(),
    ] {
        symlink(&link, &passwd)?;
        let found = container.find_user("mallory");
        assert!(found.is_err(), "{}: {found:?}", link.display());
        fs::remove_file(&passwd)?;
    }
    fs::remove_dir_all(root.join("etc"))?;
    symlink(outside.path().join("etc"), root.join("etc"))?;
    assert!(container.find_user("mallory").is_err());
    // One that stays inside is what a system may have.
    fs::remove_file(root.join("etc"))?;
    fs::create_dir_all(root.join("usr/etc"))?;
    symlink("/usr/etc", root.join("etc"))?;
    symlink("../../passwd", root.join("usr/etc/passwd"))?;
    fs::write(root.join("passwd"), "mallory:x:7:8::/:/bin/sh\n")?;
    assert_eq!(container.find_user("mallory")?.uid, 7);
    Ok(container.stop()?)
}

fn endless() -> Outcome {
    let root = root_with(&[]);
    let container = builder(&root).start()?;
    let passwd = root.join("etc/passwd");
    let begun = Instant::now();
    let line = "mallory:x:0:0::/:/bin/sh\n";
    write(&root, line);
    File::options().write(true).open(&passwd)?.set_len(1 << 30)?;
    let error = refused(&container, "mallory", ErrorKind::InvalidInput);
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "it has more than 1 MiB"
    );
    // A regular file without an end, and one that is not as long as it says.
    fs::remove_file(&passwd)?;
    for endless in ["/proc/kpagecount", "/proc/sys/kernel/random/uuid"] {
        symlink(endless, &passwd)?;
        assert!(container.find_user("mallory").is_err());
        fs::remove_file(&passwd)?;
    }
    write(&root, "\n".repeat((1 << 16) + 1) + line);
    refused(&container, "mallory", ErrorKind::InvalidInput);
    write(&root, "#".repeat((1 << 20) - line.len() - 1) + "\n" + line);
    assert_eq!(container.find_user("mallory")?.uid, 0);
    write(&root, "#".repeat((1 << 20) - line.len()) + "\n" + line);
    refused(&container, "mallory", ErrorKind::InvalidInput);
    assert!(begun.elapsed() < PATIENCE);
    Ok(container.stop()?)
}

/// A process inside exchanges /etc with a symlink to another one, all the time.
fn swapped() -> Outcome {
    let root = root_with(&[("swap", include_str!("programs/swap.c"))]);
    let outside = Outside::like_a_root();
    fs::write(outside.path().join("passwd"), "mallory:x:0:0:theirs:/:/bin/sh\n")?;
    write(&root, "mallory:x:7:8::/:/bin/sh\n");
    for (number, to) in [
        outside.path().to_owned(),
        "/proc/1/root/etc".into(),
        "/".into(),
        "/no/such".into(),
    ]
    .into_iter()
    .enumerate()
    {
        symlink(to, root.join(format!("link-{number}")))?;
    }
    let container = builder(&root).start()?;
    let swap = Attacker::start(&container, "swap", &["/etc"]);
    let (mut found, mut refused) = (0, 0);
    for _ in 0..rounds(300) {
        match container.find_user("mallory") {
            Ok(user) => {
                assert_eq!((user.uid, user.gid), (7, 8));
                found += 1;
            }
            Err(_) => refused += 1,
        }
    }
    drop(swap);
    assert!(found > 0 && refused > 0, "{found} found, {refused} refused");
    Ok(container.stop()?)
}

const PATIENCE: Duration = Duration::from_secs(20);

/// Whoever asks it for something waits, and may be past killing. Only the one who looks a user up waits, and not for ever.
fn mute() -> Outcome {
    let root = root_with(&[("mute", include_str!("programs/mute.c"))]);
    for how in ["take", "leave"] {
        let container = builder(&root).time_limit(Duration::from_secs(1)).start()?;
        let mute = Attacker::start(&container, "mute", &["/etc", how]);
        let begun = Instant::now();
        refused(&container, "mallory", ErrorKind::TimedOut);
        assert_eq!(container.find_user("1000")?.uid, 1000);
        assert!(begun.elapsed() < PATIENCE);
        container.stop()?;
        assert!(begun.elapsed() < PATIENCE);
        drop(mute);
    }
    Ok(())
}
