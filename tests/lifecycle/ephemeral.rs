//! A root directory whose changes live in memory.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use furnace_core::Container;
use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;
use rustix::mount::MountFlags;

use crate::inside::{holds, sh, system};
use crate::mounted::Mounted;
use crate::mounts::mounts;
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test(
            "an_ephemeral_root_can_be_changed_and_is_not",
            &[Need::Root],
            changes_vanish,
        ),
        test("each_ephemeral_container_begins_anew", &[Need::Root], begins_anew),
        test(
            "an_ephemeral_root_has_the_mode_and_owner_of_the_root",
            &[Need::Root],
            mode_and_owner,
        ),
        test(
            "an_ephemeral_root_shows_nothing_of_its_layers",
            &[Need::Root],
            no_layers,
        ),
        test("an_ephemeral_root_on_a_tmpfs", &[Need::Root], on_a_tmpfs),
        test("the_whole_system_can_be_ephemeral", &[Need::Root], whole_system),
    ]
}

fn changes_vanish() -> Outcome {
    let root = Root::small();
    let before = tree::snapshot(root.path());
    let container = Container::builder(&root).ephemeral(true).start()?;
    sh(
        &container,
        "echo new > /new; echo more >> /etc/passwd; rm /etc/group; mkdir /tmp/d; chmod 700 /root",
    )?;
    assert_eq!(
        sh(&container, "cat /new; test -e /etc/group || echo gone")?,
        "new\ngone"
    );
    container.stop()?;
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}

fn begins_anew() -> Outcome {
    let mut builder = system();
    builder.hostname("anew");
    for _ in 0..3 {
        let container = builder.start()?;
        assert!(holds(&container, "test ! -e /made && touch /made")?);
    }
    Ok(())
}

fn mode_and_owner() -> Outcome {
    let root = Root::small();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o1751))?;
    chown(root.path(), Some(12), Some(34))?;
    let container = Container::builder(&root).ephemeral(true).start()?;
    assert_eq!(sh(&container, "stat -c '%a %u:%g' /")?, "1751 12:34");
    Ok(())
}

fn no_layers() -> Outcome {
    let root = Root::small();
    let container = Container::builder(&root).ephemeral(true).start()?;
    let found = mounts(&container)?;
    assert_eq!(found[0].kind, "overlay");
    assert_eq!(found.iter().filter(|mount| mount.at == "/").count(), 1, "{found:?}");
    assert!(!holds(&container, "test -e /upper -o -e /work")?);
    Ok(())
}

fn on_a_tmpfs() -> Outcome {
    let root = Root::small();
    let _mounted = Mounted::tmpfs(root.join("tmp"), MountFlags::empty());
    let inner = root.join("tmp/root");
    fs::create_dir(&inner)?;
    let mut builder = Container::builder(&inner);
    builder
        .ephemeral(true)
        .bind_ro(root.join("bin"), "/bin")
        .bind_ro(root.join("lib"), "/lib");
    if root.join("lib64").exists() {
        builder.bind_ro(root.join("lib64"), "/lib64");
    }
    let container = builder.start()?;
    sh(&container, "echo > /new")?;
    assert!(tree::names(&inner).is_empty());
    Ok(())
}

fn whole_system() -> Outcome {
    let container = Container::builder("/").ephemeral(true).start()?;
    assert_eq!(
        sh(&container, "echo > /etc/furnace-test; ls /etc/furnace-test")?,
        "/etc/furnace-test"
    );
    assert!(!std::path::Path::new("/etc/furnace-test").exists());
    Ok(())
}
