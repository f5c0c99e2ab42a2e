//! Binds that show the host's owners as others.

use std::ffi::CString;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::Command;

use furnace_core::mount::{Bind, IdMap};
use furnace_core::{ErrorKind, Phase};
use furnace_tests::{DiskImage, Format, Memory, Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::inside::{holds, sh, whole};
use crate::overlays::quiet;
use crate::{parts, tree};

pub(crate) fn trials() -> Vec<Trial> {
    // tmpfs can since then.
    let on_tmpfs = [Need::Root, Need::Kernel(6, 3)];
    let [_, loops, ext4, mke2fs] = Format::Ext4.to_start();
    let on_ext4 = [Need::Root, loops, ext4, mke2fs, Need::Program("losetup")];
    let in_a_user_namespace = [Need::Root, Need::Program("unshare")];
    vec![
        test("owners_are_shown_as_others_on_tmpfs", &on_tmpfs, || {
            shown_as_others(Memory::new().path())
        }),
        test("owners_are_shown_as_others_on_ext4", &on_ext4, on_an_image),
        test("ranges_of_owners", &on_tmpfs, ranges),
        test("340_ranges_of_owners", &on_tmpfs, many_ranges),
        test("owners_that_are_not_mapped", &on_tmpfs, unmapped),
        test("id_maps_go_all_the_way_down", &on_tmpfs, recursive),
        test("id_maps_of_several_binds_are_apart", &on_tmpfs, apart),
        test("id_maps_of_a_file", &on_tmpfs, of_a_file),
        test("a_file_system_without_id_maps_is_named", &[Need::Root], cannot),
        test("id_maps_that_make_no_sense_are_refused", &[Need::Root], nonsense),
        test(
            "id_maps_where_user_namespaces_are_forbidden",
            &in_a_user_namespace,
            forbidden,
        ),
    ]
}

fn owner(path: impl AsRef<Path>) -> (u32, u32) {
    let metadata = fs::symlink_metadata(path).unwrap();
    (metadata.uid(), metadata.gid())
}

/// The files of 1000:1000 in `directory` belong to root inside, and what root makes there to 1000:1000.
fn shown_as_others(directory: &Path) -> Outcome {
    let root = Root::small();
    let home = directory.join("home");
    fs::create_dir(&home)?;
    chown(&home, Some(1000), Some(1000))?;
    fs::write(home.join("file"), "")?;
    chown(home.join("file"), Some(1000), Some(1000))?;
    let container = quiet(&root)
        .mount(Bind::new(&home, "/home").id_map(IdMap::new(1000, 0, 1)))
        .start()?;
    assert_eq!(sh(&container, "stat -c %u:%g /home /home/file")?, "0:0\n0:0");
    sh(
        &container,
        "echo new > /home/new; mkdir /home/d; echo >> /home/file; ln -s x /home/link",
    )?;
    for made in ["new", "d", "link"] {
        assert_eq!(owner(home.join(made)), (1000, 1000), "{made}");
    }
    assert_eq!(sh(&container, "stat -c %u:%g /home/new")?, "0:0");
    container.stop()?;
    assert_eq!(owner(&home), (1000, 1000));
    Ok(())
}

/// A file system on a loop device, for as long as this lives.
struct Attached {
    scratch: Scratch,
}

impl Attached {
    fn ext4() -> Self {
        let scratch = Scratch::new();
        fs::create_dir(scratch.join("mounted")).unwrap();
        fs::create_dir(scratch.join("empty")).unwrap();
        let image = DiskImage::new(Format::Ext4, &scratch, &scratch.join("empty"));
        let output = Command::new("losetup")
            .args(["--find", "--show"])
            .arg(image.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let device = String::from_utf8(output.stdout).unwrap().trim_end().to_owned();
        let no_options: Option<&CString> = None;
        let mounted = mount(
            device.as_str(),
            scratch.join("mounted"),
            "ext4",
            MountFlags::empty(),
            no_options.map(CString::as_c_str),
        );
        // It goes when it is unmounted.
        let detached = Command::new("losetup").arg("--detach").arg(&device).status().unwrap();
        mounted.unwrap();
        assert!(detached.success());
        Self { scratch }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let _ = unmount(self.scratch.join("mounted"), UnmountFlags::DETACH);
    }
}

fn on_an_image() -> Outcome {
    let attached = Attached::ext4();
    shown_as_others(&attached.scratch.join("mounted"))
}

fn ranges() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    for (name, uid, gid) in [("a", 1000, 2000), ("b", 1009, 2001), ("c", 5000, 1000), ("d", 0, 0)] {
        fs::write(memory.join(name), "")?;
        chown(memory.join(name), Some(uid), Some(gid))?;
    }
    fs::set_permissions(memory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))?;
    let map = IdMap::new(1000, 0, 10)
        .users(5000, 70, 5)
        .users(0, 1000, 1)
        .groups(2000, 50, 2)
        .groups(0, 90, 1);
    let container = quiet(&root).mount(Bind::new(memory.path(), "/b").id_map(map)).start()?;
    assert_eq!(
        sh(&container, "cd /b; stat -c %u:%g a b c d")?,
        "0:50\n9:51\n70:0\n1000:90"
    );
    let made = container.command("touch").arg("/b/new").uid(74).gid(51).status()?;
    assert!(made.success());
    assert_eq!(owner(memory.join("new")), (5004, 2001));
    sh(&container, "echo > /b/given; mknod /b/fifo p")?;
    assert_eq!(owner(memory.join("given")), (1000, 1000));
    Ok(())
}

fn many_ranges() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    fs::write(memory.join("file"), "")?;
    chown(memory.join("file"), Some(339), Some(0))?;
    let mut map = IdMap::new(0, 1000, 1);
    for number in 1..340 {
        map = map.users(number, 1000 + 2 * number, 1);
    }
    let mut builder = quiet(&root);
    let container = builder
        .mount(Bind::new(memory.path(), "/b").id_map(map.clone()))
        .start()?;
    assert_eq!(sh(&container, "stat -c %u:%g /b/file")?, "1678:1000");
    // One more; and as many with numbers that take more than a page to be written down.
    let many = (1..340).fold(IdMap::new(0, 0, 1), |map, number| {
        map.users(number, 1_000_000 + 2 * number, 1)
    });
    for (map, figure) in [(map.users(340, 5000, 1), "340"), (many, "4095")] {
        let error = quiet(&root)
            .mount(Bind::new(memory.path(), "/b").id_map(map))
            .start()
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.phase()),
            (ErrorKind::InvalidInput, Phase::Configure)
        );
        assert!(whole(&error).contains(figure), "{}", whole(&error));
    }
    Ok(())
}

fn unmapped() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    chown(memory.path(), Some(1000), Some(1000))?;
    fs::set_permissions(memory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))?;
    fs::write(memory.join("file"), "content")?;
    chown(memory.join("file"), Some(3000), Some(3000))?;
    let container = quiet(&root)
        .mount(Bind::new(memory.path(), "/b").id_map(IdMap::new(1000, 0, 1)))
        .start()?;
    assert_eq!(
        sh(&container, "stat -c %u:%g /b/file; cat /b/file")?,
        "65534:65534\ncontent"
    );
    // Nobody that has no id on the host makes anything there.
    let made = container.command("touch").arg("/b/new").uid(77).gid(77).output()?;
    assert!(!made.status.success());
    assert!(!memory.join("new").exists());
    // Nor can root write to what has no owner there that root could be.
    assert!(!holds(&container, "echo more >> /b/file")?);
    assert!(!holds(&container, "chmod 777 /b/file")?);
    sh(&container, "echo > /b/of-root")?;
    assert_eq!(owner(memory.join("of-root")), (1000, 1000));
    assert_eq!(owner(memory.join("file")), (3000, 3000));
    Ok(())
}

fn recursive() -> Outcome {
    let (root, outer, inner) = (Root::small(), Memory::new(), Memory::new());
    let place = outer.directory("below");
    for directory in [outer.path(), inner.path()] {
        chown(directory, Some(1000), Some(1000))?;
    }
    rustix::mount::mount_bind(inner.path(), &place)?;
    let started = [true, false].map(|recursive| {
        let bind = Bind::new(outer.path(), "/b").recursive(recursive);
        quiet(&root).mount(bind.id_map(IdMap::new(1000, 0, 1))).start()
    });
    unmount(&place, UnmountFlags::DETACH)?;
    let [all, top] = started;
    let all = all?;
    assert_eq!(sh(&all, "stat -c %u:%g /b /b/below; echo > /b/below/new")?, "0:0\n0:0");
    assert_eq!(owner(inner.join("new")), (1000, 1000));
    // The directory beneath is the host's root's.
    assert_eq!(sh(&top?, "stat -c %u:%g /b /b/below")?, "0:0\n65534:65534");
    Ok(())
}

fn apart() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    fs::write(memory.join("file"), "")?;
    chown(memory.join("file"), Some(1000), Some(1000))?;
    let bind = |to: &str| Bind::new(memory.path(), to);
    let mut builder = quiet(&root);
    builder
        .mount(bind("/a"))
        .mount(bind("/b").id_map(IdMap::new(1000, 0, 1)))
        .mount(bind("/c").id_map(IdMap::new(1000, 7, 1)).read_only(true));
    let container = builder.start()?;
    assert_eq!(
        sh(&container, "stat -c %u:%g /a/file /b/file /c/file")?,
        "1000:1000\n0:0\n7:7"
    );
    Ok(())
}

fn of_a_file() -> Outcome {
    let (root, memory) = (Root::small(), Memory::new());
    fs::write(memory.join("file"), "")?;
    chown(memory.join("file"), Some(1000), Some(1000))?;
    let container = quiet(&root)
        .mount(Bind::new(memory.join("file"), "/file").id_map(IdMap::new(1000, 5, 1)))
        .start()?;
    assert_eq!(sh(&container, "stat -c %u:%g /file")?, "5:5");
    Ok(())
}

fn cannot() -> Outcome {
    let root = Root::bare();
    for (source, kind) in [
        ("/proc", "proc"),
        ("/sys/kernel", "sysfs"),
        ("/proc/self/status", "proc"),
    ] {
        let error = quiet(&root)
            .mount(
                Bind::new(source, Path::new("/tmp/b").join(source.trim_start_matches('/')))
                    .id_map(IdMap::new(1000, 0, 1)),
            )
            .start()
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.phase()),
            (ErrorKind::Unsupported, Phase::Start),
            "{}",
            whole(&error)
        );
        assert!(error.to_string().contains(source), "{error}");
        let named = format!("type {kind}");
        assert!(
            error.remedy().is_some_and(|remedy| remedy.contains(&named)),
            "{}",
            whole(&error)
        );
    }
    Ok(())
}

fn nonsense() -> Outcome {
    let root = Root::bare();
    let before = tree::snapshot(root.path());
    for (map, word) in [
        (IdMap::new(0, 0, 0), "empty"),
        (IdMap::new(u32::MAX, 0, 1), "beyond"),
        (IdMap::new(0, u32::MAX, 1), "beyond"),
        (IdMap::new(1, 0, u32::MAX), "beyond"),
        (IdMap::new(0, 0, 10).users(5, 100, 1), "overlap"),
        (IdMap::new(0, 0, 10).users(100, 5, 1), "overlap"),
        (IdMap::new(0, 0, 10).groups(5, 100, 1), "overlap"),
    ] {
        let error = quiet(&root)
            .mount(Bind::new("/etc", "/tmp").id_map(map))
            .start()
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.phase()),
            (ErrorKind::InvalidInput, Phase::Configure)
        );
        assert!(whole(&error).contains(word), "{word}: {}", whole(&error));
    }
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}

/// Tries to start a container with an id map; says what becomes of it.
pub(crate) fn mapper() -> Outcome {
    let bind = Bind::new(parts::argument(2), "/tmp").id_map(IdMap::new(0, 5, 1));
    match quiet(parts::argument(1)).mount(bind).start() {
        Ok(_) => parts::say("it has started"),
        Err(error) => parts::say(&format!("{:?}: {}", error.kind(), whole(&error))),
    }
}

/// In a user namespace of its own, where the limit is another.
fn forbidden() -> Outcome {
    let (root, source) = (Root::bare(), Scratch::new());
    let output = parts::command_by(
        "mapper",
        Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
            .arg("echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\""),
    )
    .arg(root.path())
    .arg(source.path())
    .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.starts_with("ResourceExhausted"),
        "{said} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("max_user_namespaces"), "{said}");
    Ok(())
}
