//! Mounting into a container that runs, and unmounting.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::ChildStdout;
use std::time::{Duration, Instant};

use furnace_core::mount::{Bind, File, IdMap, Tmpfs};
use furnace_core::{Child, Container, ErrorKind, Phase, Propagation, Stdio};
use furnace_tests::{Leftovers, Need, Outcome, Root, Scratch, compile_c, test};
use libtest_mimic::{Failed, Trial};
use rustix::fs::{Gid, Uid};
use rustix::mount::MountFlags;

use crate::inside::{fork_server, holds, sh, system, whole};
use crate::mounted::{Mounted, scratch_tmpfs};
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("mounting_a_directory", &[Need::Root], directory),
        test("mounting_a_file_of_the_host", &[Need::Root], file_of_the_host),
        test("mounting_read_only_is_recursive", &[Need::Root], read_only),
        test("mounting_without_what_is_below", &[Need::Root], not_recursive),
        test("mounting_with_other_owners", &[Need::Root], other_owners),
        test("mounting_a_tmpfs", &[Need::Root], tmpfs),
        test("mounting_a_file_from_memory", &[Need::Root], file_from_memory),
        test("mounting_a_large_file_from_memory", &[Need::Root], large_file),
        test("mounting_needs_no_program_inside", &[Need::Root], bare),
        test(
            "mounting_is_seen_by_what_runs_already",
            &[Need::Root],
            seen_by_what_runs,
        ),
        test("mounting_is_not_seen_outside", &[Need::Root], not_seen_outside),
        test("mounting_tells_the_host_nothing", &[Need::Root], tells_the_host_nothing),
        test("mounting_propagates_as_asked", &[Need::Root], propagation),
        test("mounting_below_a_default_mount", &[Need::Root], below_a_default_mount),
        test("mounting_over_what_is_mounted", &[Need::Root], over_what_is_mounted),
        test("mounting_in_an_ephemeral_root", &[Need::Root], ephemeral),
        test("mounting_through_a_symlink_stays_inside", &[Need::Root], symlinks),
        test("mounting_what_makes_no_sense", &[Need::Root], nonsense),
        test("mounting_where_the_root_is_read_only", &[Need::Root], read_only_root),
        test("unmounting_a_busy_mount", &[Need::Root], busy),
        test("unmounting_what_is_not_mounted", &[Need::Root], not_mounted),
        test(
            "unmounting_takes_what_is_mounted_below",
            &[Need::Root],
            with_what_is_below,
        ),
        test("mounting_after_the_end", &[Need::Root], after_the_end),
        test("mounting_makes_no_process_inside", &[Need::Root], no_process_inside),
        test("mounting_from_many_threads", &[Need::Root], many_threads),
        test("mounting_a_thousand_times_leaves_nothing", &[Need::Root], thousand),
    ]
}

/// A directory with a file in it.
fn source() -> Scratch {
    let source = Scratch::new();
    fs::write(source.join("file"), "outside\n").unwrap();
    source
}

/// A path in the container, as the host reaches it.
fn inside(container: &Container, path: &str) -> PathBuf {
    Path::new("/proc")
        .join(container.id().to_string())
        .join("root")
        .join(path.trim_start_matches('/'))
}

/// The container's mounts: where each is, without its number, and how it is mounted.
fn mounts(container: &Container) -> Vec<String> {
    let all = fs::read_to_string(format!("/proc/{}/mountinfo", container.id())).unwrap();
    all.lines()
        .map(|line| line.split(' ').skip(2).collect::<Vec<_>>().join(" "))
        .collect()
}

/// How many mounts there are at `path`.
fn count_at(container: &Container, path: &str) -> usize {
    mounts(container)
        .iter()
        .filter(|line| line.split(' ').nth(2) == Some(path))
        .count()
}

fn directory() -> Outcome {
    let (root, source) = (Root::small(), source());
    let container = Container::builder(&root).start()?;
    container.mount(Bind::new(source.path(), "/made/too"))?;
    assert_eq!(sh(&container, "cat /made/too/file")?, "outside");
    sh(&container, "echo inside > /made/too/new")?;
    assert_eq!(fs::read_to_string(source.join("new"))?, "inside\n");
    assert_eq!(root.join("made/too").metadata()?.permissions().mode() & 0o7777, 0o755);
    container.unmount("/made/too")?;
    assert_eq!(sh(&container, "ls -A /made/too")?, "");
    Ok(())
}

fn file_of_the_host() -> Outcome {
    let (root, source) = (Root::small(), source());
    let container = Container::builder(&root).start()?;
    container.mount(Bind::new(source.join("file"), "etc/made/there"))?;
    sh(&container, "echo inside >> /etc/made/there")?;
    assert_eq!(fs::read_to_string(source.join("file"))?, "outside\ninside\n");
    container.unmount("etc/made/there")?;
    assert_eq!(sh(&container, "cat /etc/made/there")?, "");
    Ok(())
}

/// A directory that has a tmpfs mounted below it.
fn source_with_a_mount() -> (Scratch, Mounted) {
    let source = source();
    let below = Mounted::tmpfs(source.join("below"), MountFlags::NOSUID);
    fs::write(below.join("deep"), "deep\n").unwrap();
    (source, below)
}

fn read_only() -> Outcome {
    let (source, _below) = source_with_a_mount();
    let container = system().start()?;
    container.mount(Bind::new(source.path(), "/tmp/there").read_only(true).no_exec(true))?;
    assert_eq!(
        sh(&container, "cat /tmp/there/file /tmp/there/below/deep")?,
        "outside\ndeep"
    );
    assert!(!holds(&container, "touch /tmp/there/new")?);
    assert!(!holds(&container, "touch /tmp/there/below/new")?);
    let found = mounts(&container);
    let line = found
        .iter()
        .find(|line| line.contains(" /tmp/there/below "))
        .ok_or("it is not there")?;
    assert!(line.contains(" ro,nosuid,noexec"), "{line}");
    assert_eq!(tree::names(source.path()), ["below", "file"]);
    Ok(())
}

fn not_recursive() -> Outcome {
    let (source, _below) = source_with_a_mount();
    let container = system().start()?;
    container.mount(Bind::new(source.path(), "/tmp/there").recursive(false))?;
    assert_eq!(
        sh(&container, "cat /tmp/there/file; ls -A /tmp/there/below")?,
        "outside"
    );
    Ok(())
}

fn other_owners() -> Outcome {
    let (_scratch, mounted) = scratch_tmpfs(MountFlags::empty());
    fs::write(mounted.join("file"), "outside\n")?;
    rustix::fs::chown(mounted.path(), Some(Uid::from_raw(1000)), Some(Gid::from_raw(1000)))?;
    let container = system().start()?;
    let map = IdMap::new(1000, 0, 1);
    container.mount(
        Bind::new(mounted.path(), "/tmp/there")
            .id_map(map.clone())
            .read_only(true),
    )?;
    assert_eq!(
        sh(&container, "stat -c '%u %g' /tmp/there /tmp/there/file")?,
        "0 0\n65534 65534"
    );
    container.unmount("/tmp/there")?;
    // The kernel can't map the owners of everything that is mounted below this.
    let error = container
        .mount(Bind::new("/proc", "/tmp/there").id_map(map))
        .expect_err("it is proc");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{}", whole(&error));
    assert!(whole(&error).contains("type proc"), "{}", whole(&error));
    Ok(())
}

fn tmpfs() -> Outcome {
    let root = Root::small();
    let container = Container::builder(&root).start()?;
    container.mount(
        Tmpfs::new("/scratch")
            .size(1 << 20)
            .mode(0o1770)
            .owner(3, 4)
            .no_exec(true),
    )?;
    assert_eq!(sh(&container, "stat -c '%a %u %g' /scratch")?, "1770 3 4");
    assert!(!holds(&container, "head -c 2000000 /dev/zero > /scratch/large")?);
    let found = mounts(&container);
    let line = found
        .iter()
        .find(|line| line.contains(" /scratch "))
        .ok_or("it is not there")?;
    assert!(
        line.contains("rw,nosuid,nodev,noexec") && line.contains("size=1024k"),
        "{line}"
    );
    container.unmount("/scratch")?;
    assert_eq!(tree::names(&root.join("scratch")), [""; 0]);
    assert_eq!(sh(&container, "ls -A /scratch")?, "");
    Ok(())
}

fn file_from_memory() -> Outcome {
    let root = Root::small();
    fs::write(root.join("etc/hosts"), "of the tree\n")?;
    let container = Container::builder(&root).start()?;
    let before = mounts(&container);
    container.mount(File::new("/etc/hosts", "from memory\n"))?;
    container.mount(File::new("/run/secrets/key", [0, 1, 254, 255]).mode(0o400).owner(5, 6))?;
    assert_eq!(sh(&container, "cat /etc/hosts")?, "from memory");
    assert_eq!(sh(&container, "stat -c '%a %u %g %s' /run/secrets/key")?, "400 5 6 4");
    assert_eq!(fs::read(inside(&container, "/run/secrets/key"))?, [0, 1, 254, 255]);
    for file in ["/etc/hosts", "/run/secrets/key"] {
        assert!(!holds(&container, &format!("echo more >> {file}"))?);
        assert!(!holds(&container, &format!("chmod 777 {file}"))?);
        assert!(!holds(&container, &format!("rm {file}"))?);
        assert_eq!(count_at(&container, file), 1);
    }
    assert_eq!(mounts(&container).len(), before.len() + 2, "only the files are mounted");
    container.unmount("/etc/hosts")?;
    container.unmount("/run/secrets/key")?;
    assert_eq!(sh(&container, "cat /etc/hosts")?, "of the tree");
    assert_eq!(mounts(&container), before);
    assert_eq!(fs::read_to_string(root.join("etc/hosts"))?, "of the tree\n");
    Ok(())
}

fn large_file() -> Outcome {
    let container = system().start()?;
    let content: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_ne_bytes).collect();
    container.mount(File::new("/tmp/large", &content))?;
    assert!(fs::read(inside(&container, "/tmp/large"))? == content);
    container.mount(File::new("/tmp/empty", ""))?;
    assert_eq!(fs::read(inside(&container, "/tmp/empty"))?, b"");
    Ok(())
}

fn bare() -> Outcome {
    const SHOW: &str = r#"
        #include <fcntl.h>
        #include <unistd.h>
        int main(int count, char **names) {
            char text[100];
            for (int i = 1; i < count; i++) {
                ssize_t got = read(open(names[i], O_RDONLY), text, sizeof text);
                if (got < 0 || write(1, text, got) < 0) return 1;
            }
            return 0;
        }"#;
    let (root, source, scratch) = (Root::bare(), source(), Scratch::new());
    root.install(&compile_c(scratch.path(), "show", SHOW));
    assert_eq!(tree::names(&root.join("bin")), ["show"]);
    let container = Container::builder(&root).start()?;
    container.mount(Bind::new(source.path(), "/a"))?;
    container.mount(Tmpfs::new("/b"))?;
    container.mount(File::new("/b/c", "from memory\n"))?;
    let output = container.command("/bin/show").args(["/a/file", "/b/c"]).output()?;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "outside\nfrom memory\n");
    container.unmount("/b")?;
    container.unmount("/a")?;
    assert!(!container.command("/bin/show").arg("/a/file").status()?.success());
    Ok(())
}

/// A shell that does what it is told, line by line.
struct Shell {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Shell {
    fn start(container: &Container) -> Result<Self, Failed> {
        let mut command = container.command("sh");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let said = BufReader::new(child.stdout.take().ok_or("it is piped")?);
        Ok(Self { child, said })
    }

    /// The first line of what the shell says to `line`.
    fn tell(&mut self, line: &str) -> Result<String, Failed> {
        writeln!(self.child.stdin.as_mut().ok_or("it is piped")?, "{line}")?;
        let mut answer = String::new();
        self.said.read_line(&mut answer)?;
        Ok(answer.trim_end().to_owned())
    }

    fn end(mut self) -> Outcome {
        drop(self.child.stdin.take());
        self.said.read_to_string(&mut String::new())?;
        assert!(self.child.wait()?.success());
        Ok(())
    }
}

fn seen_by_what_runs() -> Outcome {
    let source = source();
    let container = system().start()?;
    let mut shell = Shell::start(&container)?;
    assert_eq!(shell.tell("cd /tmp && mkdir there && pwd")?, "/tmp");
    container.mount(Bind::new(source.path(), "/tmp/there"))?;
    assert_eq!(shell.tell("cat there/file")?, "outside");
    container.unmount("/tmp/there")?;
    assert_eq!(shell.tell("test -e there/file; echo $?")?, "1");
    shell.end()
}

fn not_seen_outside() -> Outcome {
    let (root, source) = (Root::small(), source());
    let _mounted = Mounted::over_itself(&root).shared();
    let before = Leftovers::now();
    let container = Container::builder(&root).start()?;
    container.mount(Bind::new(source.path(), "/tmp"))?;
    container.mount(Tmpfs::new("/root"))?;
    container.mount(File::new("/etc/hosts", "from memory\n"))?;
    assert!(!root.join("tmp/file").exists());
    assert_eq!(fs::read(root.join("etc/hosts"))?, b"");
    let here = fs::read_to_string("/proc/self/mountinfo")?;
    container.unmount("/tmp")?;
    assert_eq!(fs::read_to_string("/proc/self/mountinfo")?, here);
    container.stop()?;
    drop(container);
    Ok(before.compare()?)
}

/// The source is on a mount that tells its copies of what is mounted below it, and is told by them.
fn tells_the_host_nothing() -> Outcome {
    let (_scratch, mounted) = scratch_tmpfs(MountFlags::empty());
    let mounted = mounted.shared();
    fs::create_dir(mounted.join("below"))?;
    let container = system().start()?;
    let before = fs::read_to_string("/proc/self/mountinfo")?;
    container.mount(Bind::new(mounted.path(), "/tmp/there"))?;
    sh(
        &container,
        "mount -t tmpfs tmpfs /tmp/there/below && touch /tmp/there/below/inside",
    )?;
    assert_eq!(fs::read_to_string("/proc/self/mountinfo")?, before);
    assert_eq!(tree::names(&mounted.join("below")), [""; 0]);
    container.unmount("/tmp/there")?;
    assert_eq!(fs::read_to_string("/proc/self/mountinfo")?, before);
    Ok(())
}

fn propagation() -> Outcome {
    let (_scratch, mounted) = scratch_tmpfs(MountFlags::empty());
    let mounted = mounted.shared();
    let container = system().start()?;
    container.mount(Bind::new(mounted.path(), "/tmp/slave"))?;
    container.mount(Bind::new(mounted.path(), "/tmp/private").propagation(Propagation::Private))?;
    let later = Mounted::tmpfs(mounted.join("later"), MountFlags::empty());
    fs::write(later.join("file"), "")?;
    assert!(holds(&container, "test -e /tmp/slave/later/file")?);
    assert!(!holds(&container, "test -e /tmp/private/later/file")?);
    Ok(())
}

fn below_a_default_mount() -> Outcome {
    let source = source();
    let container = system().start()?;
    container.mount(Bind::new(source.path(), "/run/a/b"))?;
    container.mount(Bind::new("/dev/full", "/dev/furnace-test"))?;
    assert_eq!(sh(&container, "cat /run/a/b/file")?, "outside");
    assert!(!holds(&container, "echo > /dev/furnace-test")?);
    Ok(())
}

fn over_what_is_mounted() -> Outcome {
    let source = source();
    let container = system().start()?;
    let before = mounts(&container);
    container.mount(Tmpfs::new("/tmp"))?;
    container.mount(Bind::new(source.path(), "/tmp"))?;
    assert_eq!(
        (sh(&container, "cat /tmp/file")?.as_str(), count_at(&container, "/tmp")),
        ("outside", 2)
    );
    container.unmount("/tmp")?;
    assert_eq!(
        (sh(&container, "ls -A /tmp")?.as_str(), count_at(&container, "/tmp")),
        ("", 1)
    );
    container.unmount("/tmp")?;
    assert_eq!(mounts(&container), before);
    Ok(())
}

fn ephemeral() -> Outcome {
    let (root, source) = (Root::small(), source());
    let before = tree::snapshot(root.path());
    let container = Container::builder(&root).ephemeral(true).start()?;
    container.mount(Bind::new(source.path(), "/made/too"))?;
    container.mount(File::new("/made/file", "from memory\n"))?;
    assert_eq!(sh(&container, "cat /made/too/file /made/file")?, "outside\nfrom memory");
    container.stop()?;
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}

fn symlinks() -> Outcome {
    let (root, source, outside) = (Root::small(), source(), Scratch::new());
    let name = outside.path().strip_prefix("/")?;
    fs::create_dir_all(root.join(name))?;
    symlink(outside.path(), root.join("absolute"))?;
    symlink(Path::new("../../../../..").join(name), root.join("relative"))?;
    let container = Container::builder(&root).start()?;
    let before = mounts(&container);
    for link in ["/absolute", "/relative"] {
        container.mount(Bind::new(source.path(), link))?;
        assert_eq!(count_at(&container, outside.path().to_str().ok_or("a name")?), 1);
        container.unmount(link)?;
        container.mount(Tmpfs::new(format!("{link}/made/too")))?;
        container.unmount(format!("{link}/made/too"))?;
        container.mount(File::new(format!("{link}/a-file"), ""))?;
        container.unmount(format!("{link}/a-file"))?;
    }
    assert_eq!(mounts(&container), before);
    assert_eq!(tree::names(outside.path()), [""; 0]);
    assert_eq!(tree::names(&root.join(name)), ["a-file", "made"]);
    // Magic links lead out, and are not followed.
    for link in ["/proc/1/root", "/proc/self/root"] {
        symlink(link, root.join("magic"))?;
        let error = container.mount(Tmpfs::new("/magic/tmp")).expect_err("it leads out");
        assert_eq!(error.phase(), Phase::Mount, "{}", whole(&error));
        fs::remove_file(root.join("magic"))?;
    }
    Ok(())
}

fn nonsense() -> Outcome {
    let (root, source) = (Root::small(), source());
    symlink("/nowhere/at/all", root.join("dangling"))?;
    let container = Container::builder(&root).start()?;
    let before = mounts(&container);
    let refused = |mount: Result<(), furnace_core::Error>, kind: ErrorKind, words: &str| {
        let error = mount.expect_err(words);
        assert_eq!(error.kind(), kind, "{}", whole(&error));
        assert!(whole(&error).contains(words), "{}", whole(&error));
    };
    let file = source.join("file");
    refused(
        container.mount(Bind::new("/no/such", "/a")),
        ErrorKind::NotFound,
        "/no/such",
    );
    refused(
        container.mount(Bind::new(&file, "/a/../b")),
        ErrorKind::InvalidInput,
        "..",
    );
    refused(container.mount(Tmpfs::new("/")), ErrorKind::InvalidInput, "root itself");
    refused(
        container.mount(Tmpfs::new("/x").size(0)),
        ErrorKind::InvalidInput,
        "size is 0",
    );
    refused(
        container.mount(Bind::new(&file, "/tmp")),
        ErrorKind::NotADirectory,
        "cannot mount it on /tmp",
    );
    refused(
        container.mount(Tmpfs::new("/etc/passwd")),
        ErrorKind::NotADirectory,
        "a tmpfs on /etc/passwd",
    );
    refused(
        container.mount(Tmpfs::new("/etc/passwd/x")),
        ErrorKind::NotADirectory,
        "directory /etc/passwd/x",
    );
    refused(container.mount(Tmpfs::new("/dangling")), ErrorKind::NotFound, "symlink");
    refused(
        container.mount(File::new("/proc/nowhere", "")),
        ErrorKind::NotFound,
        "/proc/nowhere",
    );
    assert_eq!(mounts(&container), before);
    Ok(())
}

fn read_only_root() -> Outcome {
    let root = Root::small();
    let _mounted = Mounted::over_itself(&root).read_only();
    let container = Container::builder(&root).start()?;
    container.mount(Tmpfs::new("/tmp"))?;
    container.mount(Tmpfs::new("/tmp/made"))?;
    let error = container.mount(Tmpfs::new("/made")).expect_err("it can't be made");
    assert_eq!(error.kind(), ErrorKind::ReadOnlyFilesystem, "{}", whole(&error));
    Ok(())
}

fn busy() -> Outcome {
    let source = source();
    let container = system().start()?;
    let mut shell = Shell::start(&container)?;
    container.mount(Bind::new(source.path(), "/tmp/there"))?;
    assert_eq!(shell.tell("cd /tmp/there && exec 3< file && echo well")?, "well");
    container.unmount("/tmp/there")?;
    assert!(!holds(&container, "test -e /tmp/there/file")?);
    assert_eq!(shell.tell("cat <&3")?, "outside");
    assert_eq!(shell.tell("cat file")?, "outside");
    shell.end()
}

fn not_mounted() -> Outcome {
    let root = Root::small();
    symlink("/", root.join("to-root"))?;
    symlink(".", root.join("to-here"))?;
    symlink("/proc/1/root", root.join("magic"))?;
    let container = Container::builder(&root).start()?;
    let before = mounts(&container);
    for place in [
        "/tmp",
        "/etc/passwd",
        "/to-root",
        "/to-here",
        "/proc/1",
        "/dev/null",
        "/run/lock",
    ] {
        let error = container.unmount(place).expect_err(place);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{place}: {}", whole(&error));
        assert_eq!(
            whole(&error),
            format!("cannot unmount {place} in the container: nothing is mounted there")
        );
    }
    for (place, kind) in [
        ("/nowhere", ErrorKind::NotFound),
        ("/etc/passwd/x", ErrorKind::NotADirectory),
        ("/magic", ErrorKind::Other),
        ("/", ErrorKind::InvalidInput),
        ("/tmp/../proc", ErrorKind::InvalidInput),
        ("", ErrorKind::InvalidInput),
    ] {
        let error = container.unmount(place).expect_err(place);
        assert_eq!(error.kind(), kind, "{place}: {}", whole(&error));
    }
    assert_eq!(mounts(&container), before);
    Ok(())
}

fn with_what_is_below() -> Outcome {
    let container = system().start()?;
    let before = mounts(&container);
    container.mount(Tmpfs::new("/tmp"))?;
    container.mount(Tmpfs::new("/tmp/a/b"))?;
    container.mount(File::new("/tmp/a/b/c", "from memory\n"))?;
    assert_eq!(mounts(&container).len(), before.len() + 3);
    container.unmount("/tmp")?;
    assert_eq!(mounts(&container), before);
    // What came with the container can be unmounted too.
    container.unmount("/dev/shm")?;
    assert_eq!(mounts(&container).len(), before.len() - 1);
    Ok(())
}

fn after_the_end() -> Outcome {
    let source = source();
    let container = system().start()?;
    container.stop()?;
    for (phase, error) in [
        (Phase::Mount, container.mount(Bind::new(source.path(), "/tmp"))),
        (Phase::Mount, container.mount(Tmpfs::new("/tmp"))),
        (Phase::Unmount, container.unmount("/proc")),
    ] {
        let error = error.expect_err("it has ended");
        assert_eq!(
            (error.kind(), error.phase()),
            (ErrorKind::Ended, phase),
            "{}",
            whole(&error)
        );
    }
    Ok(())
}

/// Tells the last number that was given to a process inside; makes none for it.
const LAST_PROCESS: &str = "read line < /proc/loadavg; echo ${line##* }";

fn no_process_inside() -> Outcome {
    let source = source();
    let container = system().start()?;
    let mut shell = Shell::start(&container)?;
    let last = shell.tell(LAST_PROCESS)?;
    for _ in 0..50 {
        container.mount(Bind::new(source.path(), "/tmp/a"))?;
        container.mount(File::new("/tmp/b", "from memory"))?;
        container.unmount("/tmp/b")?;
        container.unmount("/tmp/a")?;
    }
    assert_eq!(shell.tell(LAST_PROCESS)?, last);
    sh(&container, "true")?;
    assert_ne!(shell.tell(LAST_PROCESS)?, last);
    shell.end()
}

fn many_threads() -> Outcome {
    let source = source();
    let container = system().start()?;
    let before = mounts(&container);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (container, source) = (&container, &source);
            scope.spawn(move || {
                for turn in 0..20 {
                    let place = format!("/tmp/{thread}/{turn}");
                    match turn % 3 {
                        0 => container.mount(Bind::new(source.path(), &place)).unwrap(),
                        1 => container.mount(Tmpfs::new(&place)).unwrap(),
                        _ => container.mount(File::new(&place, "from memory")).unwrap(),
                    }
                    assert!(container.command("true").status().unwrap().success());
                    container.unmount(&place).unwrap();
                }
            });
        }
    });
    assert_eq!(mounts(&container), before);
    Ok(())
}

/// That the fork server has nothing open but its own, as soon as it is done with the last request.
fn nothing_is_open(container: &Container) -> Outcome {
    let open = PathBuf::from(format!("/proc/{}/fd", fork_server(container)?));
    let deadline = Instant::now() + Duration::from_secs(10);
    while tree::names(&open) != ["0", "1", "2", "3"] {
        if Instant::now() > deadline {
            return Err(format!("the fork server still has {:?} open", tree::names(&open)).into());
        }
        std::thread::yield_now();
    }
    Ok(())
}

fn thousand() -> Outcome {
    let source = source();
    let container = system().start()?;
    nothing_is_open(&container)?;
    let before = mounts(&container);
    for turn in 0..1000 {
        match turn % 3 {
            0 => container.mount(Bind::new(source.path(), "/tmp/there"))?,
            1 => container.mount(Tmpfs::new("/tmp/there"))?,
            _ => container.mount(File::new("/tmp/a-file", "from memory"))?,
        }
        container.unmount(if turn % 3 == 2 { "/tmp/a-file" } else { "/tmp/there" })?;
    }
    assert_eq!(mounts(&container), before);
    nothing_is_open(&container)
}
