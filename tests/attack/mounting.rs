//! Something inside wants what is mounted while it runs to land elsewhere, or never to end.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use furnace_core::mount::{Bind, File, Tmpfs};
use furnace_core::{Container, ErrorKind, Phase};
use furnace_tests::{Leftovers, Need, Outcome, Scratch, test};
use libtest_mimic::Trial;

use crate::attackers::{Attacker, builder, count, nothing_found, root_with, rounds};
use crate::destinations::Marker;

pub(crate) fn trials() -> Vec<Trial> {
    let fuse = [Need::Root, Need::File("/dev/fuse")];
    vec![
        test("mounting_swap_race", &[Need::Root], swap_race),
        test("mounting_on_a_mute_file_system", &fuse, mute),
        test("stopping_while_a_mount_is_held_up", &fuse, stop_while_held_up),
        test("mounting_a_file_shows_nothing_else", &[Need::Root], nothing_else),
    ]
}

/// Longer than any of this may take, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(20);

fn mounts(container: &Container) -> usize {
    fs::read_to_string(format!("/proc/{}/mountinfo", container.id()))
        .unwrap()
        .lines()
        .count()
}

/// A process inside exchanges what is on the way to the destination with symlinks, all the time.
fn swap_race() -> Outcome {
    let root = root_with(&[("swap", include_str!("programs/swap.c"))]);
    let marker = Marker::new();
    let source = Scratch::new();
    fs::create_dir_all(root.join("a/b"))?;
    for (link, to) in [
        ("link-0", marker.directory()),
        ("link-1", marker.relative()),
        ("link-2", "/proc/1/root/tmp".into()),
        ("link-3", "/".into()),
    ] {
        symlink(to, root.join(link))?;
    }
    let host = Leftovers::now();
    let container = builder(&root).start()?;
    let swap = Attacker::start(&container, "swap", &["/a/b", "/a"]);
    let (mut worked, mut failed) = (0, 0);
    for round in 0..rounds(500) {
        let place = ["/a/b/c", "/a/b", "/a/b/c/d/e"][round % 3];
        let mounted = match round % 4 {
            0 => container.mount(Tmpfs::new(place)),
            1 => container.mount(File::new(format!("{place}/file"), "from memory")),
            _ => container.mount(Bind::new(source.path(), place).read_only(true)),
        };
        match mounted {
            Ok(()) => worked += 1,
            Err(error) => {
                assert_eq!(error.phase(), Phase::Mount, "{error}");
                failed += 1;
            }
        }
        // What is mounted there now may be something else, or nothing.
        let _ = container.unmount(place);
    }
    swap.end();
    assert!(worked > 0 && failed > 0, "{worked} worked, {failed} failed");
    marker.check()?;
    container.stop()?;
    drop(container);
    host.compare()?;
    assert_eq!(fs::read_dir(source.path())?.count(), 0);
    Ok(())
}

const LIMIT: Duration = Duration::from_secs(1);

/// The destination is below a file system that never answers: whoever asks it for something waits, and where it has
/// taken the question not even SIGKILL ends that. Only the one who wants it mounted waits, and not for ever.
fn mute() -> Outcome {
    let root = root_with(&[("mute", include_str!("programs/mute.c"))]);
    fs::create_dir(root.join("mute"))?;
    for how in ["take", "leave"] {
        let container = builder(&root).time_limit(LIMIT).start()?;
        let before = mounts(&container);
        let mute = Attacker::start(&container, "mute", &["/mute", how]);
        assert_eq!(mounts(&container), before + 1);
        std::thread::scope(|scope| {
            let held_up = [
                scope.spawn(|| container.mount(Tmpfs::new("/mute/a"))),
                scope.spawn(|| container.mount(File::new("/mute/b", "from memory"))),
                scope.spawn(|| container.unmount("/mute/c")),
            ];
            // Meanwhile everything else is served.
            for _ in 0..10 {
                container.mount(Tmpfs::new("/tmp/there")).unwrap();
                container.command("/bin/true").status().unwrap();
                container.unmount("/tmp/there").unwrap();
            }
            for mount in held_up {
                let begun = Instant::now();
                let error = mount.join().unwrap().expect_err("nothing answers");
                assert_eq!(error.kind(), ErrorKind::TimedOut, "{how}: {error}");
                assert!(matches!(error.phase(), Phase::Mount | Phase::Unmount), "{how}: {error}");
                assert!(begun.elapsed() < PATIENCE);
            }
        });
        // It can be got rid of.
        container.unmount("/mute")?;
        assert_eq!(mounts(&container), before);
        let begun = Instant::now();
        container.stop()?;
        assert!(begun.elapsed() < PATIENCE, "{how}");
        drop(mute);
    }
    Ok(())
}

fn stop_while_held_up() -> Outcome {
    let root = root_with(&[("mute", include_str!("programs/mute.c"))]);
    fs::create_dir(root.join("mute"))?;
    for how in ["take", "leave"] {
        // A limit that nobody waits for.
        let container = builder(&root).time_limit(Duration::from_secs(1000)).start()?;
        let mute = Attacker::start(&container, "mute", &["/mute", how]);
        let begun = Instant::now();
        std::thread::scope(|scope| {
            let held_up = scope.spawn(|| container.mount(Tmpfs::new("/mute/a")));
            std::thread::sleep(LIMIT / 4);
            container.stop().unwrap();
            let error = held_up.join().unwrap().expect_err("nothing answers");
            assert_eq!(error.phase(), Phase::Mount, "{how}: {error}");
        });
        assert!(begun.elapsed() < PATIENCE, "{how}");
        drop(mute);
    }
    Ok(())
}

/// A file from memory is taken out of a file system that nobody inside may see: not where every mount is shared, and not
/// where something lies over the root.
fn nothing_else() -> Outcome {
    let root = root_with(&[("watch_mounts", include_str!("programs/watch_mounts.c"))]);
    for how in ["look", "share", "cover"] {
        let container = builder(&root).start()?;
        let watch = Attacker::start(&container, "watch_mounts", &[how]);
        let before = mounts(&container);
        for _ in 0..rounds(200) {
            container.mount(File::new("/tmp/file", "from memory"))?;
            assert_eq!(mounts(&container), before + 1, "{how}");
            container.unmount("/tmp/file")?;
        }
        assert_eq!(mounts(&container), before, "{how}");
        let said = watch.end();
        nothing_found(&said)?;
        assert!(count(&said, "looked") > 0, "{said}");
    }
    Ok(())
}
