//! What Furnace needs it takes from the kernel or the host, never from the tree.

use std::fs;
use std::os::unix::fs::symlink;

use furnace_core::Stdio;
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use crate::attackers::{builder, root_with};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("source_in_tree_untrusted", &[Need::Root], source_in_tree_untrusted),
        test("fake_proc", &[Need::Root], fake_proc),
    ]
}

/// Devices and name servers that the tree brings are neither used nor changed.
fn source_in_tree_untrusted() -> Outcome {
    let scratch = Scratch::new();
    let marker = scratch.join("marker");
    fs::write(&marker, "untouched").unwrap();
    let root = Root::small();
    fs::create_dir(root.join("dev/pts")).unwrap();
    for name in [
        "dev/null",
        "dev/pts/0",
        "dev/ptmx",
        "dev/console",
        "dev/tty",
        "etc/resolv.conf",
    ] {
        symlink(&marker, root.join(name)).unwrap();
    }
    let mut builder = builder(&root);
    let container = builder.resolv_conf(true).start()?;
    let shell = |script: &str| -> Result<String, furnace_core::Error> {
        let mut command = container.command("/bin/sh");
        let output = command.args(["-c", script]).stdin(Stdio::null()).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(shell("stat -c '%F %t:%T' /dev/null")?, "character special file 1:3\n");
    assert_eq!(shell("echo x >/dev/null; echo $?")?, "0\n");
    if fs::metadata("/etc/resolv.conf").is_ok_and(|file| file.is_file()) {
        assert_eq!(
            shell("cat /etc/resolv.conf")?,
            fs::read_to_string("/etc/resolv.conf").unwrap()
        );
        assert_ne!(shell("echo x >/etc/resolv.conf; echo $?")?, "0\n");
    }
    container.stop()?;
    assert_eq!(fs::read_to_string(&marker).unwrap(), "untouched");
    assert_eq!(fs::read_link(root.join("etc/resolv.conf")).unwrap(), marker);
    Ok(())
}

/// Neither a false /proc in the tree nor one mounted inside later leads a start or a command astray.
fn fake_proc() -> Outcome {
    let root = root_with(&[
        ("cover_proc", include_str!("programs/cover_proc.c")),
        ("own", include_str!("programs/own.c")),
    ]);
    fs::write(root.join("etc/target"), "untouched").unwrap();
    for directory in [
        "proc/self/fd",
        "proc/1",
        "proc/self/attr",
        "proc/thread-self",
        "proc/sys",
    ] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    for number in 0..16 {
        symlink("/etc/target", root.join(format!("proc/self/fd/{number}"))).unwrap();
    }
    symlink("/etc/target", root.join("proc/self/exe")).unwrap();
    symlink("/etc", root.join("proc/1/root")).unwrap();
    fs::write(root.join("proc/self/attr/exec"), "").unwrap();

    let container = builder(&root).start()?;
    let said = container.command("/bin/own").output()?;
    assert!(
        String::from_utf8_lossy(&said.stdout).contains("cwd: /\n"),
        "it is not the real /proc"
    );
    assert!(container.command("/bin/cover_proc").status()?.success());
    for _ in 0..3 {
        let mut command = container.command("/bin/true");
        assert!(
            command
                .current_dir("/etc")
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .output()?
                .status
                .success()
        );
    }
    container.stop()?;
    assert_eq!(fs::read_to_string(root.join("etc/target")).unwrap(), "untouched");
    assert_eq!(fs::read_to_string(root.join("proc/self/attr/exec")).unwrap(), "");
    Ok(())
}
