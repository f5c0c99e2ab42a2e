//! Root directories found in strange ways, and on top of what others have mounted.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use furnace_core::{Container, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;

use crate::host_mounts::HostMount;
use crate::oddities::Odd;
use crate::outside::{Outside, snapshot};
use crate::verdict::{Looker, Verdict, explains, judge, whole};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("root_through_each_strange_way", &[Need::Root], strange_ways),
        test("root_with_each_strange_byte_in_its_path", &[Need::Root], strange_bytes),
        test("root_that_is_no_directory", &[Need::Root], no_directory),
        test("root_that_is_a_mount_point_twice_over", &[Need::Root], mount_points),
        test("root_that_is_the_hosts", &[Need::Root], hosts),
        test("root_on_an_overlay", &[Need::Root], on_an_overlay),
        test("root_on_overlays_as_deep_as_they_go", &[Need::Root], on_two_overlays),
    ]
}

/// Starts plainly and ephemerally, and is right both times.
fn right(root: &Path, looker: &Looker) -> Result<(), String> {
    for ephemeral in [false, true] {
        let mut builder = Container::builder(root);
        let verdict = judge(builder.ephemeral(ephemeral), looker, &["/name"], &[], || Ok(()))
            .map_err(|why| format!("{}, ephemeral {ephemeral}: {why}", root.display()))?;
        match verdict {
            Verdict::Right(shown) if shown == "the root" => {}
            other => return Err(format!("{}, ephemeral {ephemeral}: {other:?}", root.display())),
        }
    }
    Ok(())
}

fn strange_ways() -> Outcome {
    let (looker, scratch) = (Looker::new(), Scratch::new());
    let root = looker.named_root();
    let open = File::open(root.path())?;
    let fd = open.as_raw_fd();
    symlink(root.path(), scratch.join("link"))?;
    symlink("link", scratch.join("link to a link"))?;
    symlink(format!("/proc/self/fd/{fd}"), scratch.join("magic"))?;
    symlink("/", scratch.join("slash"))?;
    let below = |start: PathBuf| start.join(root.path().strip_prefix("/").unwrap());
    let ways = [
        scratch.join("link"),
        scratch.join("link to a link"),
        scratch.join("magic"),
        below(scratch.join("slash")),
        below("/proc/self/root".into()),
        below("/proc/self/root/proc/self/root".into()),
        format!("/proc/self/fd/{fd}").into(),
        format!("/proc/thread-self/fd/{fd}/bin/..").into(),
        format!("/dev/fd/{fd}").into(),
        format!("//{}///./", root.path().display()).into(),
        root.join("bin/../etc/.."),
    ];
    for way in ways {
        if Path::new("/dev/fd").exists() || !way.starts_with("/dev/fd") {
            right(&way, &looker)?;
        }
    }
    let before = std::env::current_dir()?;
    std::env::set_current_dir(root.path())?;
    let results = ["/proc/self/cwd", ".", "bin/..", "/proc/thread-self/cwd"].map(|way| right(way.as_ref(), &looker));
    std::env::set_current_dir(before)?;
    results.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(())
}

fn strange_bytes() -> Outcome {
    let looker = Looker::new();
    // All that a name may have in it, a few at a time: a name has at most 255 bytes.
    let all: Vec<u8> = (1..=255).filter(|byte| *byte != b'/').collect();
    for some in all
        .chunks(120)
        .chain([b"%s%n".as_slice(), b"-o ro", b" (deleted)", b"a\nb c:d\xff,e\\054="])
    {
        let scratch = Scratch::new();
        let root = scratch.join(std::ffi::OsStr::from_bytes(some));
        let made = looker.named_root();
        fs::rename(made.path(), &root)?;
        right(&root, &looker)?;
        let before = snapshot(&root);
        let mut builder = Container::builder(&root);
        let error = builder.bind("/dev/null", "/name/below").start().unwrap_err();
        explains(&error, &["/name/below"])?;
        assert!(
            !error.to_string().bytes().any(|byte| byte.is_ascii_control()),
            "{error:?}"
        );
        assert_eq!(snapshot(&root), before);
    }
    Ok(())
}

fn no_directory() -> Outcome {
    let scratch = Scratch::new();
    for odd in Odd::PLAIN.into_iter().filter(|odd| !matches!(odd, Odd::Directory)) {
        let place = scratch.join("root");
        odd.put_instead(&place);
        let before = snapshot(scratch.path());
        let error = Container::builder(&place).start().unwrap_err();
        let kind = match odd {
            Odd::Missing => ErrorKind::NotFound,
            _ => ErrorKind::NotADirectory,
        };
        assert_eq!(
            (error.phase(), error.kind()),
            (Phase::Configure, kind),
            "{odd}: {}",
            whole(&error)
        );
        assert!(
            error.to_string().contains(place.to_str().unwrap()),
            "{odd}: {}",
            whole(&error)
        );
        assert_eq!(snapshot(scratch.path()), before);
    }
    Ok(())
}

fn mount_points() -> Outcome {
    let looker = Looker::new();
    let root = looker.named_root();
    let _once = HostMount::over_itself(root.path());
    right(root.path(), &looker)?;
    let _twice = HostMount::over_itself(root.path());
    right(root.path(), &looker)?;
    // What lies over the targets on the host lies below the container's own.
    let _proc = HostMount::tmpfs(&root.join("proc"));
    let _dev = HostMount::tmpfs(&root.join("dev"));
    right(root.path(), &looker)?;
    Ok(())
}

fn hosts() -> Outcome {
    let outside = Outside::like_a_root();
    let looker = Looker::new();
    let program = looker.root();
    for root in ["/", "//", "/..", "/proc/self/root"] {
        for ephemeral in [false, true] {
            let mut builder = Container::builder(root);
            builder
                .ephemeral(ephemeral)
                .tmpfiles(false)
                .bind_ro(program.join("right"), "/run/right");
            // Only its own mounts are to be noexec, not what is bound there.
            let container = builder.start().map_err(|error| format!("{root}: {}", whole(&error)))?;
            let mut command = container.command("/run/right");
            let output = command.output()?;
            assert!(
                output.status.success(),
                "{root}: {}",
                String::from_utf8_lossy(&output.stdout)
            );
            outside.check()?;
            container.stop()?;
            outside.check()?;
        }
    }
    assert!(!Path::new("/run/right").exists());
    Ok(())
}

fn on_an_overlay() -> Outcome {
    let looker = Looker::new();
    let (root, layers, at) = (looker.named_root(), Scratch::new(), Scratch::new());
    let _memory = HostMount::tmpfs(layers.path());
    let _overlay = HostMount::overlay(at.path(), root.path(), layers.path());
    let before = snapshot(root.path());
    right(at.path(), &looker)?;
    assert_eq!(snapshot(root.path()), before);
    Ok(())
}

/// The kernel stacks two file systems and no more (`FILESYSTEM_MAX_STACK_DEPTH`).
fn on_two_overlays() -> Outcome {
    let looker = Looker::new();
    let (root, layers, at, above) = (looker.named_root(), Scratch::new(), Scratch::new(), Scratch::new());
    let _memory = HostMount::tmpfs(layers.path());
    let _overlay = HostMount::overlay(at.path(), root.path(), &layers.join("one"));
    let _second = HostMount::overlay(above.path(), at.path(), &layers.join("two"));
    let before = snapshot(above.path());
    let mut builder = Container::builder(above.path());
    builder.resolv_conf(false);
    let verdict = judge(&mut builder, &looker, &["/name"], &[], || Ok(()))?;
    assert!(matches!(verdict, Verdict::Right(_)), "{verdict:?}");
    let error = builder.ephemeral(true).start().map(drop).unwrap_err();
    explains(&error, &[above.path().to_str().unwrap()])?;
    assert!(
        error.remedy().is_some_and(|remedy| remedy.contains("overlay")),
        "{}",
        whole(&error)
    );
    assert_eq!(snapshot(above.path()), before);
    Ok(())
}
