//! A root that is read-only because it was asked to be.
//!
//! Root inside, with `CAP_SYS_ADMIN`, may mount it anew as it likes, as it may on the host: no more is promised here than
//! that nothing is changed by those who don't.

use std::fs;

use furnace_core::{Container, mount};
use furnace_tests::{Memory, Need, Outcome, Root, Scratch, test};
use libtest_mimic::{Failed, Trial};
use rustix::mount::MountFlags;

use crate::inside::{holds, sh};
use crate::mounted::Mounted;
use crate::mounts::mount_at;
use crate::overlays::quiet;
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test(
            "nothing_in_a_root_made_read_only_can_be_written_to",
            &[Need::Root],
            nothing,
        ),
        test("what_is_mounted_below_it_is_made_read_only_too", &[Need::Root], below),
        test(
            "mounts_asked_for_in_it_can_be_written_to",
            &[Need::Root],
            mounts_asked_for,
        ),
        test(
            "missing_mount_targets_are_made_before_it_is_read_only",
            &[Need::Root],
            targets,
        ),
        test(
            "what_is_read_only_already_can_be_made_read_only",
            &[Need::Root],
            already,
        ),
        test("an_ephemeral_root_can_be_made_read_only", &[Need::Root], ephemeral),
        test("an_overlay_can_be_made_read_only", &[Need::Root], overlay),
        test("lower_directories_can_be_made_read_only", &[Need::Root], lower),
        test("the_whole_system_can_be_made_read_only", &[Need::Root], whole_system),
        test("a_root_made_read_only_is_not_so_on_the_host", &[Need::Root], host),
    ]
}

/// Whoever tries, by whatever way.
fn cannot_be_changed(container: &Container, directory: &str) -> Result<(), Failed> {
    for attempt in [
        "touch new",
        "mkdir new",
        "ln -s x new",
        "mknod new p",
        "chmod 700 .",
        "touch .",
    ] {
        let script = format!("cd {directory} && {attempt}");
        assert!(!holds(container, &script)?, "{script}");
    }
    assert!(holds(container, &format!("cd {directory}"))?);
    Ok(())
}

fn nothing() -> Outcome {
    let root = Root::small();
    let before = tree::snapshot(root.path());
    let container = quiet(&root).read_only(true).start()?;
    for directory in ["/", "/etc", "/tmp", "/root", "/bin"] {
        cannot_be_changed(&container, directory)?;
    }
    assert!(!holds(&container, "echo >> /etc/passwd")? && !holds(&container, "rm -f /etc/passwd")?);
    sh(
        &container,
        "echo > /dev/shm/new; echo > /run/new; echo > /dev/null; echo > /dev/new",
    )?;
    container.stop()?;
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}

fn below() -> Outcome {
    let root = Root::small();
    let _outer = Mounted::tmpfs(root.join("tmp"), MountFlags::NOEXEC);
    let _inner = Mounted::tmpfs(root.join("tmp/inner"), MountFlags::NOSUID);
    let container = quiet(&root).read_only(true).start()?;
    for directory in ["/", "/tmp", "/tmp/inner"] {
        cannot_be_changed(&container, directory)?;
    }
    assert_eq!(mount_at(&container, "/tmp")?.attributes.join(","), "ro,noexec,relatime");
    assert_eq!(
        mount_at(&container, "/tmp/inner")?.attributes.join(","),
        "ro,nosuid,relatime"
    );
    fs::write(root.join("tmp/inner/file"), "")?;
    assert!(holds(&container, "test -e /tmp/inner/file")?);
    Ok(())
}

fn mounts_asked_for() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    let mut builder = quiet(&root);
    builder
        .read_only(true)
        .bind(source.path(), "/root")
        .bind_ro(source.path(), "/etc/below")
        .mount(mount::Tmpfs::new("/tmp"))
        .mount(mount::File::new("/etc/hosts", "hosts"));
    let container = builder.start()?;
    sh(&container, "echo > /root/new; echo > /tmp/new")?;
    cannot_be_changed(&container, "/etc")?;
    cannot_be_changed(&container, "/etc/below")?;
    assert_eq!(sh(&container, "cat /etc/hosts; ls /etc/below")?, "hostsnew");
    Ok(())
}

fn targets() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    fs::remove_dir_all(root.join("run"))?;
    fs::remove_dir_all(root.join("proc"))?;
    fs::write(source.join("file"), "outside")?;
    let mut builder = quiet(&root);
    builder
        .read_only(true)
        .bind(source.path(), "/a/b/c")
        .bind(source.join("file"), "/d/e");
    let container = builder.start()?;
    assert_eq!(sh(&container, "cat /a/b/c/file /d/e")?, "outsideoutside");
    for directory in ["/", "/a", "/a/b", "/d"] {
        cannot_be_changed(&container, directory)?;
    }
    Ok(())
}

fn already() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    let _mounted = Mounted::over_itself(&root).read_only();
    let container = quiet(&root).read_only(true).bind(source.path(), "/tmp").start()?;
    cannot_be_changed(&container, "/")?;
    sh(&container, "echo > /tmp/new")?;
    Ok(())
}

fn ephemeral() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    let before = tree::snapshot(root.path());
    let container = quiet(&root)
        .ephemeral(true)
        .read_only(true)
        .bind(source.path(), "/not/there")
        .start()?;
    for directory in ["/", "/etc", "/not"] {
        cannot_be_changed(&container, directory)?;
    }
    sh(&container, "echo > /not/there/new")?;
    container.stop()?;
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}

fn overlay() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let upper = memory.directory("upper");
    sh(&quiet(&root).overlay(&upper).start()?, "echo kept > /kept")?;
    let container = quiet(&root).overlay(&upper).read_only(true).start()?;
    assert_eq!(sh(&container, "cat /kept")?, "kept");
    cannot_be_changed(&container, "/")?;
    container.stop()?;
    assert_eq!(tree::names(&upper), ["kept"]);
    Ok(())
}

fn lower() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    let container = quiet(&root).lower(memory.directory("lower")).read_only(true).start()?;
    cannot_be_changed(&container, "/")
}

fn whole_system() -> Outcome {
    let container = quiet("/").read_only(true).start()?;
    for directory in ["/", "/etc", "/usr"] {
        cannot_be_changed(&container, directory)?;
    }
    Ok(())
}

fn host() -> Outcome {
    let root = Root::small();
    let _container = quiet(&root).read_only(true).start()?;
    fs::write(root.join("new"), "")?;
    let another = quiet(&root).start()?;
    sh(&another, "rm /new")?;
    Ok(())
}
