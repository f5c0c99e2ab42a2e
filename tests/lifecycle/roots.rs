//! Which directories can be a root directory, and what becomes of them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use furnace_core::Container;
use furnace_tests::{Need, Outcome, Root, Scratch, compile_c, test};
use libtest_mimic::Trial;

use crate::inside::{holds, sh};
use crate::mounted::Mounted;
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("root_is_a_plain_directory", &[Need::Root], plain),
        test("root_is_a_mount_point", &[Need::Root], mount_point),
        test("root_is_the_system_itself", &[Need::Root], system_itself),
        test("root_is_an_empty_directory", &[Need::Root], empty),
        test("root_has_a_strange_name", &[Need::Root], strange_names),
        test("root_is_a_symlink", &[Need::Root], through_a_symlink),
        test("root_is_relative", &[Need::Root], relative),
        test("root_gets_no_other_directory", &[Need::Root], no_other_directory),
        test("changes_in_a_plain_root_stay", &[Need::Root], changes_stay),
    ]
}

fn plain() -> Outcome {
    let root = Root::small();
    let container = Container::builder(&root).start()?;
    assert_eq!(sh(&container, "pwd; ls -d /bin")?, "/\n/bin");
    Ok(())
}

fn mount_point() -> Outcome {
    let root = Root::small();
    let _mounted = Mounted::over_itself(&root);
    plain_start(root.path())
}

fn plain_start(root: &Path) -> Outcome {
    let container = Container::builder(root).start()?;
    assert!(holds(&container, "test -d /proc/1 && test -c /dev/null")?);
    Ok(())
}

fn system_itself() -> Outcome {
    let container = Container::builder("/").tmpfiles(false).start()?;
    assert_eq!(
        sh(
            &container,
            "echo $$ > /run/pid; test -e /dev/null; cat /proc/sys/kernel/hostname"
        )?,
        "localhost"
    );
    assert!(!Path::new("/run/pid").exists());
    Ok(())
}

fn empty() -> Outcome {
    let (root, programs) = (Scratch::new(), Scratch::new());
    let program = compile_c(programs.path(), "seven", "int main(void) { return 7; }");
    let container = Container::builder(root.path()).bind_ro(program, "/seven").start()?;
    assert_eq!(container.command("/seven").status()?.code(), Some(7));
    Ok(())
}

fn strange_names() -> Outcome {
    let programs = Scratch::new();
    let program = compile_c(programs.path(), "seven", "int main(void) { return 7; }");
    let names: [&[u8]; 5] = [
        b"a space",
        b"a:colon,comma=",
        b"a\nnewline",
        b"\xff\xfe not UTF-8",
        b"back\\slash",
    ];
    for name in names {
        let scratch = Scratch::new();
        let root = scratch.join(OsStr::from_bytes(name));
        fs::create_dir(&root)?;
        fs::copy(&program, root.join("seven"))?;
        for ephemeral in [false, true] {
            let container = Container::builder(&root).ephemeral(ephemeral).start()?;
            assert_eq!(container.command("/seven").status()?.code(), Some(7), "{name:?}");
        }
    }
    Ok(())
}

fn through_a_symlink() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    symlink(root.path(), scratch.join("link"))?;
    plain_start(&scratch.join("link"))
}

fn relative() -> Outcome {
    let root = Root::small();
    let before = std::env::current_dir()?;
    std::env::set_current_dir(root.join("bin"))?;
    let builder = Container::builder("..");
    // What it means was settled when it was said.
    std::env::set_current_dir(before)?;
    let container = builder.start()?;
    assert_eq!(sh(&container, "cat /etc/group | head -1")?, "root:x:0:");
    Ok(())
}

fn no_other_directory() -> Outcome {
    let root = Root::small();
    fs::write(root.join("etc/resolv.conf"), "")?;
    let before = tree::snapshot(root.path());
    let container = Container::builder(&root).start()?;
    assert_eq!(tree::snapshot(root.path()), before);
    container.stop()?;
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}

fn changes_stay() -> Outcome {
    let root = Root::small();
    let container = Container::builder(&root).start()?;
    sh(&container, "echo kept > /root/file")?;
    container.stop()?;
    assert_eq!(fs::read_to_string(root.join("root/file"))?, "kept\n");
    Ok(())
}
