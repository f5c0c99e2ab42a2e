//! Root directories on file systems that forbid something.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use furnace_core::{Container, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Scratch, compile_c, test};
use libtest_mimic::Trial;
use rustix::fs::{CWD, FileType, Mode, StatVfsMountFlags, makedev, mknodat};
use rustix::mount::MountFlags;

use crate::host_mounts::HostMount;
use crate::outside::snapshot;
use crate::verdict::{Looker, explains, whole};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("root_on_a_read_only_file_system", &[Need::Root], read_only),
        test(
            "root_without_targets_on_a_read_only_file_system",
            &[Need::Root],
            read_only_without_targets,
        ),
        test("root_on_a_noexec_file_system", &[Need::Root], no_exec),
        test("root_on_a_nodev_file_system", &[Need::Root], no_dev),
        test("root_on_a_nosuid_file_system", &[Need::Root], no_suid),
        test("root_keeps_the_flags_of_its_file_system", &[Need::Root], keeps_flags),
        test(
            "ephemeral_root_keeps_the_flags_of_its_file_system",
            &[Need::Root],
            ephemeral_keeps_flags,
        ),
    ]
}

/// Where a root directory is mounted: a file system of its own, or a bind of one.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Tmpfs,
    Bind,
}

const KINDS: [Kind; 2] = [Kind::Tmpfs, Kind::Bind];

const TARGETS: [&str; 5] = ["proc", "dev", "sys", "run", "etc"];

/// A root directory on a file system of these flags. What is bound first is dropped last: the mount goes before
/// its directory.
fn root_on(kind: Kind, flags: MountFlags, looker: &Looker, fill: impl FnOnce(&Path)) -> (Scratch, HostMount) {
    let scratch = Scratch::new();
    let mounted = match kind {
        Kind::Tmpfs => HostMount::tmpfs(scratch.path()),
        Kind::Bind => HostMount::over_itself(scratch.path()),
    };
    looker.install(scratch.path());
    fill(scratch.path());
    let mounted = mounted.with(flags);
    (scratch, mounted)
}

fn with_targets(root: &Path) {
    for target in TARGETS {
        fs::create_dir(root.join(target)).unwrap();
    }
}

fn start(root: &Path, ephemeral: bool) -> furnace_core::Result<Container> {
    Container::builder(root).tmpfiles(false).ephemeral(ephemeral).start()
}

fn read_only() -> Outcome {
    let looker = Looker::new();
    for kind in KINDS {
        let (root, _mounted) = root_on(kind, MountFlags::RDONLY, &looker, with_targets);
        let before = snapshot(root.path());
        for ephemeral in [false, true] {
            let container = start(root.path(), ephemeral)?;
            looker.look(&container, &[])?;
            container.stop()?;
            assert_eq!(snapshot(root.path()), before, "{kind:?}");
        }
    }
    Ok(())
}

fn read_only_without_targets() -> Outcome {
    let looker = Looker::new();
    for kind in KINDS {
        for missing in TARGETS {
            let (root, _mounted) = root_on(kind, MountFlags::RDONLY, &looker, |root| {
                with_targets(root);
                fs::remove_dir(root.join(missing)).unwrap();
            });
            let container = start(root.path(), true)?;
            looker.look(&container, &[])?;
            container.stop()?;
            match start(root.path(), false) {
                // Nobody needs an etc in it, but the others.
                Ok(container) => {
                    assert_eq!(missing, "etc");
                    looker.look(&container, &[])?;
                    container.stop()?;
                }
                Err(error) => {
                    assert_ne!(missing, "etc", "{}", whole(&error));
                    assert_eq!(error.kind(), ErrorKind::ReadOnlyFilesystem, "{}", whole(&error));
                    explains(&error, &[&format!("/{missing}")])?;
                }
            }
        }
    }
    Ok(())
}

fn no_exec() -> Outcome {
    let looker = Looker::new();
    for kind in KINDS {
        let (root, _mounted) = root_on(kind, MountFlags::NOEXEC, &looker, with_targets);
        let container = start(root.path(), false)?;
        let error = container.command("/right").status().unwrap_err();
        assert_eq!(
            (error.phase(), error.kind()),
            (Phase::Execute, ErrorKind::PermissionDenied)
        );
        assert!(error.to_string().contains("/right"), "{}", whole(&error));
        assert!(
            error.remedy().is_some_and(|remedy| remedy.contains("noexec")),
            "{}",
            whole(&error)
        );
        container.stop()?;
        // A program from elsewhere runs, and all is there.
        let programs = looker.root();
        let mut builder = Container::builder(root.path());
        let container = builder
            .tmpfiles(false)
            .bind_ro(programs.join("right"), "/right")
            .start()?;
        looker.look(&container, &[])?;
        container.stop()?;
    }
    Ok(())
}

/// The nodes in /dev are on a file system of the container's own; those of the tree stay useless.
fn no_dev() -> Outcome {
    let looker = Looker::new();
    for kind in KINDS {
        let (root, _mounted) = root_on(kind, MountFlags::NODEV, &looker, |root| {
            with_targets(root);
            node(&root.join("null"));
        });
        let container = start(root.path(), false)?;
        looker.look(&container, &[])?;
        let seen = looker.look(&container, &["/null"]).unwrap_err();
        assert!(seen.contains("can't read /null"), "{seen}");
        container.stop()?;
    }
    Ok(())
}

fn node(at: &Path) {
    let mode = Mode::from_raw_mode(0o666);
    mknodat(CWD, at, FileType::CharacterDevice, mode, makedev(1, 3)).unwrap();
}

const WHO: &str = "#include <unistd.h>\nint main(void) { return geteuid() == 0 ? 0 : 9; }";

fn no_suid() -> Outcome {
    let (looker, programs) = (Looker::new(), Scratch::new());
    let who = compile_c(programs.path(), "who", WHO);
    for kind in KINDS {
        for (flags, as_root) in [(MountFlags::empty(), true), (MountFlags::NOSUID, false)] {
            let (root, _mounted) = root_on(kind, flags, &looker, |root| {
                with_targets(root);
                fs::copy(&who, root.join("who")).unwrap();
                fs::set_permissions(root.join("who"), fs::Permissions::from_mode(0o4755)).unwrap();
                fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
            });
            let container = start(root.path(), false)?;
            looker.look(&container, &[])?;
            let status = container.command("/who").uid(1000).gid(1000).status()?;
            // A machine's directory for temporary files may be nosuid itself.
            if matches!(kind, Kind::Tmpfs) || !as_root {
                assert_eq!(status.code(), Some(if as_root { 0 } else { 9 }), "{kind:?} {flags:?}");
            }
            container.stop()?;
        }
    }
    Ok(())
}

/// What the root of a container forbids, as statvfs(3) has it.
fn forbidden(container: &Container) -> StatVfsMountFlags {
    let root = format!("/proc/{}/root/", container.id());
    let all = StatVfsMountFlags::NOSUID | StatVfsMountFlags::NODEV | StatVfsMountFlags::NOEXEC;
    rustix::fs::statvfs(root).unwrap().f_flag & all
}

fn flags_of_a_root(ephemeral: bool) -> Outcome {
    let looker = Looker::new();
    let each = [
        (MountFlags::NOSUID, StatVfsMountFlags::NOSUID),
        (MountFlags::NODEV, StatVfsMountFlags::NODEV),
        (MountFlags::NOEXEC, StatVfsMountFlags::NOEXEC),
    ];
    let mut lost = Vec::new();
    for kind in KINDS {
        for (flag, expected) in each {
            let (root, _mounted) = root_on(kind, flag, &looker, with_targets);
            let container = start(root.path(), ephemeral)?;
            if !forbidden(&container).contains(expected) {
                lost.push(format!("{expected:?} of a {kind:?}"));
            }
            container.stop()?;
        }
    }
    if lost.is_empty() {
        Ok(())
    } else {
        Err(format!("lost: {lost:?}").into())
    }
}

fn keeps_flags() -> Outcome {
    flags_of_a_root(false)
}

/// Programs and devices that the host does not let have any power get none by a layer over them.
fn ephemeral_keeps_flags() -> Outcome {
    flags_of_a_root(true)
}
