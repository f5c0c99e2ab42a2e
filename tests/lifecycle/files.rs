//! Files from memory.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use furnace_core::mount::{File, Tmpfs};
use furnace_core::{Container, ErrorKind, Phase, Stdio};
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::{Failed, Trial};

use crate::events::Events;
use crate::inside::{fork_server, holds, sh, whole};
use crate::mounts::mount_at;
use crate::overlays::quiet;
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("files_have_exactly_their_bytes", &[Need::Root], bytes),
        test("files_have_a_mode_and_an_owner", &[Need::Root], mode_and_owner),
        test("files_can_be_written_to_by_nobody", &[Need::Root], read_only),
        test("files_cover_what_is_there", &[Need::Root], over_a_file),
        test(
            "files_cover_symlinks_and_do_not_follow_them",
            &[Need::Root],
            over_a_symlink,
        ),
        test("files_where_nothing_is", &[Need::Root], missing),
        test("files_in_what_was_mounted_before", &[Need::Root], in_mounts),
        test("files_leave_no_trace_on_the_host", &[Need::Root], no_trace),
        test("the_bytes_of_files_are_told_to_nobody", &[Need::Root], told_to_nobody),
        test("500_files", &[Need::Root], many),
        test("files_that_make_no_sense_are_refused", &[Need::Root], nonsense),
        test("a_file_on_a_directory_is_told", &[Need::Root], on_a_directory),
    ]
}

fn content(container: &Container, path: &str) -> Result<Vec<u8>, Failed> {
    let output = container.command("cat").arg(path).stdout(Stdio::piped()).output()?;
    assert!(output.status.success(), "{path}");
    Ok(output.stdout)
}

fn bytes() -> Outcome {
    let root = Root::small();
    let every_byte: Vec<u8> = (0..=255).collect();
    let large: Vec<u8> = (0..10_u32 << 20).map(|number| (number % 251) as u8).collect();
    let contents: [&[u8]; 6] = [b"", b"\0", b"a\0b\0", b"no newline", &every_byte, &large];
    let mut builder = quiet(&root);
    for (number, bytes) in contents.iter().enumerate() {
        builder.mount(File::new(format!("/etc/{number}"), bytes));
    }
    for _ in 0..2 {
        let container = builder.start()?;
        for (number, bytes) in contents.iter().enumerate() {
            assert!(content(&container, &format!("/etc/{number}"))? == *bytes, "{number}");
        }
    }
    Ok(())
}

fn mode_and_owner() -> Outcome {
    let root = Root::small();
    let mut builder = quiet(&root);
    builder
        .mount(File::new("/a", "a"))
        .mount(File::new("/b", "b").mode(0o755).owner(1000, 2000))
        .mount(File::new("/c", "#!/bin/sh\necho executed\n").mode(0o555))
        .mount(File::new("/d", "d").mode(0).owner(7, 0));
    let container = builder.start()?;
    assert_eq!(
        sh(&container, "stat -c '%a %u:%g %F' /a /b /c /d; /c")?,
        "444 0:0 regular file\n755 1000:2000 regular file\n555 0:0 regular file\n0 7:0 regular file\nexecuted"
    );
    assert_eq!(
        mount_at(&container, "/a")?.attributes.join(","),
        "ro,nosuid,nodev,relatime"
    );
    let read = |path: &str| container.command("cat").arg(path).uid(1000).gid(1000).output();
    assert_eq!(read("/b")?.stdout, b"b");
    assert!(!read("/d")?.status.success());
    Ok(())
}

fn read_only() -> Outcome {
    let root = Root::small();
    let mut builder = quiet(&root);
    builder.mount(File::new("/etc/hosts", "hosts").mode(0o666));
    let container = builder.start()?;
    for attempt in [
        "echo > /etc/hosts",
        "echo >> /etc/hosts",
        "chmod 777 /etc/hosts",
        "touch /etc/hosts",
        "rm -f /etc/hosts",
    ] {
        assert!(!holds(&container, attempt)?, "{attempt}");
    }
    assert_eq!(sh(&container, "cat /etc/hosts")?, "hosts");
    Ok(())
}

fn over_a_file() -> Outcome {
    let root = Root::small();
    fs::write(root.join("etc/hosts"), "of the tree")?;
    let before = tree::snapshot(root.path());
    let mut builder = quiet(&root);
    builder
        .mount(File::new("/etc/hosts", "first"))
        .mount(File::new("etc//hosts", "second"))
        .mount(File::new("/etc/passwd", "nobody"));
    let container = builder.start()?;
    assert_eq!(sh(&container, "cat /etc/hosts /etc/passwd")?, "secondnobody");
    container.stop()?;
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}

fn over_a_symlink() -> Outcome {
    let (root, outside) = (Root::small(), Scratch::new());
    fs::write(outside.join("file"), "outside")?;
    symlink("/etc/passwd", root.join("etc/a"))?;
    symlink("nowhere", root.join("etc/b"))?;
    symlink(outside.join("file"), root.join("etc/c"))?;
    symlink("d", root.join("etc/d"))?;
    let before = [root.path(), outside.path()].map(tree::snapshot);
    let mut builder = quiet(&root);
    for name in ["a", "b", "c", "d"] {
        builder.mount(File::new(format!("/etc/{name}"), name));
    }
    let container = builder.start()?;
    assert_eq!(
        sh(&container, "cd /etc; cat a b c d; test -L a || head -c 4 passwd")?,
        "abcdroot"
    );
    container.stop()?;
    assert_eq!([root.path(), outside.path()].map(tree::snapshot), before);
    Ok(())
}

fn missing() -> Outcome {
    let root = Root::small();
    let container = quiet(&root).mount(File::new("/a/b/c", "content")).start()?;
    assert_eq!(sh(&container, "cat /a/b/c; stat -c %a /a /a/b")?, "content755\n755");
    container.stop()?;
    // The mount target stays, with nothing in it.
    assert_eq!(fs::read(root.join("a/b/c"))?, b"");
    Ok(())
}

fn in_mounts() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    let mut builder = quiet(&root);
    builder
        .mount(Tmpfs::new("/tmp"))
        .mount(File::new("/tmp/a/b", "in the tmpfs"))
        .mount(File::new("/run/c", "in run"))
        .mount(File::new("/dev/d", "in dev"))
        .bind(source.path(), "/root")
        .mount(File::new("/root/e", "in the bind"));
    let container = builder.start()?;
    assert_eq!(
        sh(&container, "cat /tmp/a/b /run/c /dev/d /root/e")?,
        "in the tmpfsin runin devin the bind"
    );
    container.stop()?;
    assert_eq!(fs::read(source.join("e"))?, b"");
    assert!(tree::names(&root.join("tmp")).is_empty());
    Ok(())
}

/// In pieces, so that this program's own file has it nowhere.
fn secret() -> String {
    ["c0ffee", "and", "5ecret"].join("-of-")
}

/// The files right in a directory, changed since then, that have the secret in them.
fn with_the_secret(directory: &Path, since: SystemTime) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| {
            let modified = entry.metadata().and_then(|about| about.modified());
            modified.is_ok_and(|modified| modified >= since)
        })
        .filter(|entry| {
            entry
                .metadata()
                .is_ok_and(|about| about.is_file() && about.len() < 1 << 20)
        })
        .filter(|entry| fs::read(entry.path()).is_ok_and(|bytes| has_the_secret(&bytes)))
        .map(|entry| entry.path().display().to_string())
        .collect()
}

fn has_the_secret(bytes: &[u8]) -> bool {
    let secret = secret();
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

/// The open files of a process, by their names.
fn open_files(pid: u32) -> Vec<String> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    descriptors
        .filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.display().to_string()))
        .collect()
}

fn no_trace() -> Outcome {
    // The clocks of file systems go by ticks.
    let begun = SystemTime::now() - Duration::from_secs(1);
    let root = Root::small();
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    let container = quiet(&root)
        .ephemeral(true)
        .mount(File::new("/root/secret", secret()).mode(0o400))
        .start()?;
    assert_eq!(sh(&container, "cat /root/secret")?, secret());
    for directory in [
        std::env::temp_dir().as_path(),
        Path::new("/tmp"),
        Path::new("/dev/shm"),
        Path::new("/run"),
        Path::new("/var/tmp"),
        root.path(),
        &root.join("root"),
    ] {
        assert!(with_the_secret(directory, begun).is_empty(), "{}", directory.display());
    }
    assert_eq!(fs::read_to_string("/proc/self/mountinfo")?, mounts);
    // Nor does what is inside, or could be reached from there, hold the plan.
    for pid in [container.id(), fork_server(&container)?] {
        let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
        assert!(!maps.contains("furnace-plan"), "{maps}");
        let open = open_files(pid);
        assert!(open.iter().all(|name| !name.contains("furnace-plan")), "{open:?}");
    }
    Ok(())
}

fn told_to_nobody() -> Outcome {
    let root = Root::small();
    let told = Arc::new(Mutex::new(String::new()));
    let mut builder = quiet(&root);
    builder.mount(File::new("/root/secret", secret()));
    Events::until_the_end(&told, || -> Outcome {
        sh(&builder.start()?, "cat /root/secret")?;
        // Another start of the same plan, and one that fails.
        drop(builder.start()?);
        builder.mount(Tmpfs::new("/etc/passwd"));
        let error = builder.start().unwrap_err();
        told.lock().unwrap().push_str(&format!("{} {error:?}", whole(&error)));
        Ok(())
    })?;
    let told = told.lock().unwrap().clone();
    assert!(told.contains("make the file"), "{told}");
    let shown = format!("{builder:?} {builder:#?}");
    for text in [&told, &shown] {
        assert!(!has_the_secret(text.as_bytes()), "{text}");
        let as_numbers = format!("{:?}", secret().as_bytes());
        assert!(!text.contains(as_numbers.trim_matches(['[', ']'])), "{text}");
    }
    assert!(shown.contains("/root/secret") && shown.contains(&secret().len().to_string()));
    Ok(())
}

fn many() -> Outcome {
    let root = Root::small();
    let mut builder = quiet(&root);
    for number in 0..500 {
        builder.mount(File::new(format!("/tmp/{number}"), format!("{number}\n")));
    }
    let container = builder.start()?;
    let expected: String = (0..500).map(|number| format!("{number}\n")).collect();
    assert_eq!(sh(&container, "cd /tmp; cat * | sort -n")?, expected.trim_end());
    Ok(())
}

fn nonsense() -> Outcome {
    let root = Root::bare();
    let before = tree::snapshot(root.path());
    for (file, word) in [
        (File::new("/a", "").mode(0o1000), "mode"),
        (File::new("/a", "").mode(0o4755), "mode"),
        (File::new("/a", "").owner(u32::MAX, 0), "user"),
        (File::new("/a/", ""), "directory"),
        (File::new("/", ""), "directory"),
        (File::new("", ""), "root"),
        (File::new("/a/../b", ""), ".."),
        (File::new("a\0b", ""), "NUL"),
    ] {
        let error = quiet(&root).mount(file).start().unwrap_err();
        assert_eq!(
            (error.kind(), error.phase()),
            (ErrorKind::InvalidInput, Phase::Configure)
        );
        assert!(whole(&error).contains(word), "{word}: {}", whole(&error));
    }
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}

fn on_a_directory() -> Outcome {
    let root = Root::bare();
    let error = quiet(&root).mount(File::new("/etc", "")).start().unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::NotADirectory, Phase::Start));
    assert!(error.to_string().contains("/etc"), "{error}");
    assert!(error.remedy().is_some());
    Ok(())
}
