//! The device nodes of a container.

use std::fs;
use std::os::unix::fs::FileTypeExt;

use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;
use rustix::fs::Mode;
use rustix::process::umask;

use crate::inside::{holds, sh, system};

pub(crate) fn trials() -> Vec<Trial> {
    let image_tools = [Need::Root, Need::File("/dev/loop-control"), Need::Program("mkfs.ext4")];
    vec![
        test("device_nodes", &[Need::Root], || nodes_with_umask(0o022)),
        test("device_nodes_whatever_the_umask", &[Need::Root], || {
            nodes_with_umask(0o777)
        }),
        test("device_nodes_work", &[Need::Root], nodes_work),
        test("device_links", &[Need::Root], links),
        test(
            "commands_have_the_umask_of_the_start",
            &[Need::Root],
            umask_of_the_start,
        ),
        test("images_can_be_mounted_inside", &image_tools, images),
    ]
}

/// Sets the umask back.
struct Umask(Mode);

impl Umask {
    fn set(mask: u32) -> Self {
        Self(umask(Mode::from_raw_mode(mask)))
    }
}

impl Drop for Umask {
    fn drop(&mut self) {
        umask(self.0);
    }
}

/// Name, type, numbers and mode, as stat(1) has them.
const NODES: [&str; 7] = [
    "null character special file 1:3 666",
    "zero character special file 1:5 666",
    "full character special file 1:7 666",
    "tty character special file 5:0 666",
    "random character special file 1:8 666",
    "urandom character special file 1:9 666",
    "loop-control character special file a:ed 660",
];

fn nodes_with_umask(mask: u32) -> Outcome {
    let container = {
        let _umask = Umask::set(mask);
        system().start()?
    };
    let of_loops = fs::read_dir("/dev")?.filter_map(|entry| {
        let entry = entry
            .ok()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_block_device()))?;
        let name = entry.file_name().into_string().ok()?;
        let number: u32 = name.strip_prefix("loop")?.parse().ok()?;
        Some(format!("{name} block special file 7:{number:x} 660"))
    });
    let mut expected: Vec<String> = NODES.into_iter().map(str::to_owned).chain(of_loops).collect();
    expected.sort();
    let found = sh(
        &container,
        "cd /dev; for f in *; do test -b $f -o -c $f && test ! -L $f && stat -c '%n %F %t:%T %a' $f; done; true",
    )?;
    let mut found: Vec<&str> = found.lines().collect();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(sh(&container, "stat -c %u:%g /dev/null")?, "0:0");
    Ok(())
}

fn nodes_work() -> Outcome {
    let container = system().start()?;
    assert_eq!(sh(&container, "head -c 1000 /dev/zero | tr -d '\\0' | wc -c")?, "0");
    assert_eq!(sh(&container, "head -c 16 /dev/urandom | wc -c")?, "16");
    assert!(holds(
        &container,
        "echo gone > /dev/null && test -z \"$(cat /dev/null)\""
    )?);
    assert!(!holds(&container, "echo more > /dev/full")?);
    Ok(())
}

fn links() -> Outcome {
    let container = system().start()?;
    assert_eq!(sh(&container, "echo through | cat /dev/stdin")?, "through");
    assert_eq!(sh(&container, "echo through > /dev/stdout")?, "through");
    assert_eq!(sh(&container, "echo through 2>&1 > /dev/stderr")?, "through");
    assert_eq!(sh(&container, "echo through | cat /dev/fd/0")?, "through");
    assert_eq!(sh(&container, "readlink /dev/ptmx")?, "pts/ptmx");
    Ok(())
}

fn umask_of_the_start() -> Outcome {
    let container = {
        let _umask = Umask::set(0o027);
        system().start()?
    };
    assert_eq!(sh(&container, "umask")?, "0027");
    Ok(())
}

fn images() -> Outcome {
    let container = system().start()?;
    sh(
        &container,
        "cd /tmp && dd if=/dev/zero of=image bs=1M count=8 2>&1 && mkfs.ext4 -q image && mkdir image.d && \
         mount -o loop image image.d && echo written > image.d/file",
    )?;
    assert_eq!(sh(&container, "cat /tmp/image.d/file")?, "written");
    assert_eq!(sh(&container, "stat -f -c %T /tmp/image.d")?, "ext2/ext3");
    // It is still mounted: the guard of the test sees whether the loop device stays.
    container.stop()?;
    Ok(())
}
