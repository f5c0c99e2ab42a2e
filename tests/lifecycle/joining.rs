//! Joining what runs already: a container by its name, or any process by its pid.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio as StdStdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use furnace_core::{Container, ErrorKind, JoinOptions, Phase, Stdio, mount};
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::{Failed, Trial};
use rustix::mount::{UnmountFlags, mount_bind, unmount};

use crate::inside::{holds, sh, whole};
use crate::named::Names;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("who_attaches_sees_what_the_starter_saw", &[Need::Root], sees_the_same),
        test(
            "a_command_is_the_child_of_who_asked_for_it",
            &[Need::Root],
            is_the_child,
        ),
        test("an_attached_command_has_its_callers_limits", &[Need::Root], has_limits),
        test("dropping_an_attached_container_leaves_it", &[Need::Root], leaves_it),
        test(
            "who_comes_while_a_container_ends_is_told_so",
            &[Need::Root],
            while_it_ends,
        ),
        test("many_attach_at_once", &[Need::Root], many),
        test("an_attached_container_has_terminals", &[Need::Root], terminals),
        test(
            "an_attached_container_has_terminals_while_others_mount",
            &[Need::Root],
            terminals_meanwhile,
        ),
        test("what_is_no_devpts_gives_no_terminal", &[Need::Root], no_devpts),
        test("an_attached_container_can_be_mounted_into", &[Need::Root], mounting),
        test(
            "an_attached_container_keeps_its_changes_to_itself",
            &[Need::Root],
            changes,
        ),
        test("stopping_ends_what_others_run", &[Need::Root], ends_what_others_run),
        test(
            "a_foreign_process_can_be_joined",
            &[Need::Root, Need::Program("unshare")],
            foreign,
        ),
        test(
            "a_user_namespace_can_be_joined",
            &[Need::Root, Need::Program("unshare")],
            user_namespace,
        ),
        test(
            "a_user_namespace_without_root_can_be_joined",
            &[Need::Root, Need::Program("unshare")],
            without_root,
        ),
        test(
            "a_process_in_a_chroot_can_be_joined",
            &[Need::Root, Need::Program("chroot")],
            in_a_chroot,
        ),
        test(
            "what_was_joined_is_not_ours_to_stop",
            &[Need::Root, Need::Program("unshare")],
            not_ours,
        ),
        test("who_is_not_there_cannot_be_joined", &[Need::Root], not_there),
        test(
            "joined_commands_end_with_what_was_joined",
            &[Need::Root, Need::Program("unshare")],
            end_together,
        ),
    ]
}

fn sees_the_same() -> Outcome {
    let (names, root) = (Names::new(), Root::small());
    let outside = Root::bare();
    fs::write(outside.join("etc/file"), "word")?;
    let container = Container::builder(&root)
        .hostname("there")
        .isolate_network(true)
        .bind(outside.join("etc"), "/mnt/etc")
        .start()?;
    container.detach_as(names.directory().reserve("it")?)?;
    let attached = names.attach("it")?;
    assert_eq!(attached.id(), container.id());
    let looks = [
        "hostname; cat /mnt/etc/file; pwd; id -u; ls /",
        "cat /proc/1/comm; cat /proc/self/mountinfo",
        "for kind in mnt pid ipc uts cgroup net user; do readlink /proc/self/ns/$kind; done",
        "readlink /proc/self/root; ls -l /proc/self/fd | wc -l; cat /proc/self/cgroup",
    ];
    for look in looks {
        assert_eq!(sh(&attached, look)?, sh(&container, look)?, "{look}");
    }
    attached.stop()?;
    names.end()
}

fn is_the_child() -> Outcome {
    let names = Names::new();
    let _container = names.start("it")?;
    let attached = names.attach("it")?;
    let mut child = attached
        .command("sh")
        .args(["-c", "read line; kill -KILL $$"])
        .stdin(Stdio::piped())
        .spawn()?;
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id()))?;
    let parent = stat
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.split_whitespace().nth(1))
        .unwrap();
    assert_eq!(parent, std::process::id().to_string());
    drop(child.stdin.take());
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait()?), Some(9));
    attached.stop()?;
    names.end()
}

fn has_limits() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    let status = Command::new("sh")
        .args(["-c", "umask 027; ulimit -n 77; exec \"$@\"", "sh"])
        .arg(std::env::current_exe()?)
        .env("FURNACE_TEST_PART", "attacher")
        .arg(names.path())
        .output()?;
    assert_eq!(
        String::from_utf8_lossy(&status.stdout),
        "0027\n77\n",
        "{}",
        String::from_utf8_lossy(&status.stderr)
    );
    assert_ne!(sh(&container, "ulimit -n")?, "77");
    container.stop()?;
    names.end()
}

/// Attaches and tells what a command there inherits.
pub(crate) fn attacher() -> Outcome {
    let directory = furnace_core::RuntimeDirectory::at(crate::parts::argument(1));
    let attached = JoinOptions::new().attach_to(&directory.find("it")?)?;
    crate::parts::say(&sh(&attached, "umask; ulimit -n")?)
}

fn leaves_it() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    let attached = names.attach("it")?;
    let mut child = attached
        .command("sh")
        .args(["-c", "read line; echo $line"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    drop(attached);
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"on\n")?;
    assert_eq!(child.wait_with_output()?.stdout, b"on\n");
    assert_eq!(sh(&container, "echo here")?, "here");
    container.stop()?;
    names.end()
}

/// The kernel holds PID 1 in its exit, and to newcomers says that there is no such process.
fn while_it_ends() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    let attached = names.attach("it")?;
    let mut unreaped = attached.command("true").spawn()?;
    crate::named::kill(container.id())?;
    let error = loop {
        match attached.command("true").status() {
            // It has not heard of its end yet.
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Ended, "{}", whole(&error));
    assert!(Path::new(&format!("/proc/{}", container.id())).exists(), "it is held");
    unreaped.wait()?;
    attached.stop()?;
    names.end()
}

fn many() -> Outcome {
    const THREADS: usize = 8;
    let names = Names::new();
    let container = names.start("it")?;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let names = &names;
                scope.spawn(move || {
                    for _ in 0..10 {
                        let attached = names.attach("it")?;
                        assert_eq!(sh(&attached, &format!("echo {number}"))?, number.to_string());
                    }
                    Outcome::Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap())
    })?;
    container.stop()?;
    names.end()
}

fn terminals() -> Outcome {
    let names = Names::new();
    let _container = names.start("it")?;
    let attached = JoinOptions::new()
        .own_session(true)
        .attach_to(&names.directory().find("it")?)?;
    let terminal = attached.terminal()?;
    terminal.set_size(33, 44)?;
    let mut child = attached
        .command("sh")
        .args(["-c", "tty; stty size; echo > /dev/tty"])
        .terminal(&terminal)
        .spawn()?;
    assert!(child.wait()?.success());
    let mut said = Vec::new();
    // It ends with EIO when nobody has the other end any more.
    let _ = fs::File::from(terminal.into_master()).read_to_end(&mut said);
    assert_eq!(String::from_utf8_lossy(&said), "/dev/pts/0\r\n33 44\r\n\r\n");
    attached.stop()?;
    names.end()
}

/// Whatever is mounted, anywhere, makes the kernel lose its way for a moment.
fn terminals_meanwhile() -> Outcome {
    let (names, scratch) = (Names::new(), Scratch::new());
    let _container = names.start("it")?;
    let attached = names.attach("it")?;
    let done = AtomicBool::new(false);
    let place = scratch.join("place");
    fs::create_dir(&place)?;
    let failed = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                mount_bind(&place, &place).unwrap();
                unmount(&place, UnmountFlags::DETACH).unwrap();
            }
        });
        let failed = (0..2000).find_map(|_| attached.terminal().err());
        done.store(true, Ordering::Relaxed);
        failed
    });
    assert!(failed.is_none(), "{failed:?}");
    attached.stop()?;
    names.end()
}

fn no_devpts() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    sh(&container, "mount -t tmpfs none /dev/pts; echo > /dev/pts/ptmx")?;
    let error = names.attach("it")?.terminal().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        whole(&error),
        "cannot make a terminal in the container: it has no devpts on its /dev/pts"
    );
    sh(&container, "umount /dev/pts")?;
    names.attach("it")?.terminal()?;
    container.stop()?;
    names.end()
}

fn mounting() -> Outcome {
    let (names, outside) = (Names::new(), Root::bare());
    let container = names.start("it")?;
    fs::write(outside.join("etc/file"), "word")?;
    let attached = names.attach("it")?;
    attached.mount(mount::Bind::new(outside.join("etc"), "/mnt").read_only(true))?;
    attached.mount(mount::File::new("/run/file", "bytes"))?;
    assert_eq!(sh(&container, "cat /mnt/file; cat /run/file")?, "wordbytes");
    assert!(!holds(&container, "touch /mnt/x")?);
    attached.unmount("/mnt")?;
    assert!(!holds(&container, "test -e /mnt/file")?);
    container.stop()?;
    names.end()
}

fn changes() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    let attached = names.attach("it")?;
    for error in [attached.changes().err().unwrap(), attached.layer_usage().unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{}", whole(&error));
    }
    container.stop()?;
    names.end()
}

fn ends_what_others_run() -> Outcome {
    let names = Names::new();
    let container = names.start("it")?;
    let attached = names.attach("it")?;
    let mut child = attached.command("sleep").arg("1000").spawn()?;
    std::thread::scope(|scope| {
        let stop = scope.spawn(|| names.directory().find("it")?.stop());
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait()?), Some(9));
        stop.join().unwrap()?;
        Outcome::Ok(())
    })?;
    assert_eq!(attached.command("true").status().unwrap_err().kind(), ErrorKind::Ended);
    drop(container);
    names.end()
}

/// Something that runs outside of any container of Furnace.
struct Foreign {
    child: Child,
    /// Of the process to be joined.
    pid: u32,
}

impl Foreign {
    /// Has `program` execute a shell, which waits until it is dropped.
    fn start(program: &mut Command) -> Result<Self, Failed> {
        let script = "read pid rest < /proc/self/stat; echo ready; exec cat";
        let mut child = program
            .args(["sh", "-c", script])
            .stdin(StdStdio::piped())
            .stdout(StdStdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line)?;
        assert_eq!(line, "ready\n");
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id()))?;
        let pid = match children.split_whitespace().next() {
            Some(pid) => pid.parse()?,
            None => child.id(),
        };
        Ok(Self { child, pid })
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn namespaces_of(pid: &str) -> Vec<u64> {
    let kinds = ["mnt", "pid", "ipc", "uts", "cgroup", "net", "user"];
    let inode = |kind| fs::metadata(format!("/proc/{pid}/ns/{kind}")).unwrap().ino();
    kinds.into_iter().map(inode).collect()
}

/// That a command in what was joined is where the process is.
fn is_there(container: &Container, foreign: &Foreign) -> Outcome {
    let mut child = container.command("sleep").arg("1000").spawn()?;
    let (theirs, its) = (
        namespaces_of(&foreign.pid.to_string()),
        namespaces_of(&child.id().to_string()),
    );
    child.kill()?;
    child.wait()?;
    assert_eq!(its, theirs);
    Ok(())
}

fn foreign() -> Outcome {
    let mut unshare = Command::new("unshare");
    let foreign =
        Foreign::start(unshare.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--mount-proc"]))?;
    let joined = Container::join(foreign.pid)?;
    assert_eq!(joined.id(), foreign.pid);
    is_there(&joined, &foreign)?;
    sh(
        &joined,
        "hostname joined; test $(hostname) = joined; test $(cat /proc/1/comm) = cat",
    )?;
    assert_ne!(fs::read_to_string("/proc/sys/kernel/hostname")?.trim_end(), "joined");
    Ok(())
}

fn user_namespace() -> Outcome {
    let mut unshare = Command::new("unshare");
    let foreign = Foreign::start(unshare.args([
        "--user",
        "--map-root-user",
        "--mount",
        "--pid",
        "--fork",
        "--mount-proc",
    ]))?;
    let joined = Container::join(foreign.pid)?;
    is_there(&joined, &foreign)?;
    assert_eq!(sh(&joined, "id -u; id -g; cat /proc/1/comm")?, "0\n0\ncat");
    joined.mount(mount::Tmpfs::new("/mnt"))?;
    assert!(holds(&joined, "touch /mnt/x")?);
    Ok(())
}

fn without_root() -> Outcome {
    let mut unshare = Command::new("unshare");
    let foreign = Foreign::start(unshare.args(["--user", "--map-user=1234", "--map-group=4321", "--mount"]))?;
    let joined = Container::join(foreign.pid)?;
    is_there(&joined, &foreign)?;
    assert_eq!(sh(&joined, "id -u; id -g")?, "1234\n4321");
    Ok(())
}

fn in_a_chroot() -> Outcome {
    let root = Root::small();
    fs::write(root.join("etc/file"), "word")?;
    let mut mounting = Command::new("unshare");
    let script = "mount -t proc none \"$0\"/proc; exec chroot \"$0\" \"$@\"";
    let foreign = Foreign::start(mounting.args(["--mount", "sh", "-c", script]).arg(root.path()))?;
    let joined = Container::join(foreign.pid)?;
    assert_eq!(sh(&joined, "cat /etc/file; pwd")?, "word/");
    Ok(())
}

fn not_ours() -> Outcome {
    let mut unshare = Command::new("unshare");
    let foreign = Foreign::start(unshare.args(["--mount"]))?;
    let joined = Container::join(foreign.pid)?;
    let error = joined.stop().unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Unsupported, Phase::Stop));
    drop(joined);
    assert_eq!(sh(&Container::join(foreign.pid)?, "echo here")?, "here");
    Ok(())
}

fn not_there() -> Outcome {
    let mut child = Command::new("true").spawn()?;
    child.wait()?;
    let error = Container::join(child.id()).unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::NotFound, Phase::Attach),
        "{}",
        whole(&error)
    );
    for pid in [0, u32::MAX, 1 << 31] {
        let error = Container::join(pid).unwrap_err();
        assert_eq!(error.phase(), Phase::Attach, "{}", whole(&error));
    }
    // One that has ended, but has not been reaped.
    let mut child = Command::new("true").spawn()?;
    std::thread::sleep(Duration::from_millis(50));
    let error = Container::join(child.id()).unwrap_err();
    child.wait()?;
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::Ended, Phase::Attach),
        "{}",
        whole(&error)
    );
    Ok(())
}

fn end_together() -> Outcome {
    let mut unshare = Command::new("unshare");
    let foreign = Foreign::start(unshare.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]))?;
    let joined = Container::join(foreign.pid)?;
    let mut child = joined.command("sleep").arg("1000").spawn()?;
    std::thread::scope(|scope| {
        scope.spawn(|| drop(foreign));
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait()?), Some(9));
        Outcome::Ok(())
    })?;
    // Joining lets nobody wait for the end; soon it is told.
    while joined.command("true").status().is_ok() {
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}
