//! What a user, or an accident, can do to the names of containers: a pid that means another process by now, and paths
//! that somebody was at before.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use furnace_core::{ErrorKind, RuntimeDirectory, Standing};
use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;
use rustix::fs::{CWD, FileType, Mode, RenameFlags, mknodat, renameat_with};
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};

use crate::attackers::{builder, root_with, rounds};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test(
            "state_pid_reuse",
            &[Need::Root, Need::File("/proc/sys/kernel/ns_last_pid")],
            pid_reuse,
        ),
        test("squatted_paths", &[Need::Root], squatted),
        test("squatted_paths_that_are_swapped", &[Need::Root], swapped),
    ]
}

/// A process that has nothing to do with containers.
struct Bystander(Child);

impl Bystander {
    fn new() -> Self {
        Self(Command::new("sleep").arg("1000").spawn().unwrap())
    }

    /// The next one to start may get this pid, if nobody else is faster.
    fn with_pid(pid: u32) -> Self {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).unwrap();
            let bystander = Self::new();
            if bystander.0.id() == pid {
                return bystander;
            }
            assert!(Instant::now() < deadline, "others always get {pid}");
        }
    }

    fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// In ticks of the clock since the boot.
fn start_time(pid: u32) -> String {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    fields.split(' ').nth(19).unwrap().to_owned()
}

/// The pid of a container that has died is used again, by a process that must not be taken for it.
fn pid_reuse() -> Outcome {
    let (root, scratch) = (root_with(&[]), Scratch::new());
    let names = RuntimeDirectory::at(scratch.join("run"));
    for last in ["stop", "collect", "reserve"] {
        // So that the container's PID 1 can be reaped here.
        set_child_subreaper(Some(getpid()))?;
        let container = builder(&root).start()?;
        container.detach_as(names.reserve("it")?)?;
        let pid = container.id();
        // A container that is held since before is held by its pidfd.
        let held = names.find("it")?;
        drop(container);
        let pid1 = Pid::from_raw(pid.cast_signed()).unwrap();
        kill_process(pid1, Signal::KILL)?;
        waitpid(Some(pid1), WaitOptions::empty())?;
        set_child_subreaper(None)?;

        let mut bystander = Bystander::with_pid(pid);
        // Whether the clock has ticked since or not.
        let listed = names.list()?;
        assert_eq!((listed[0].id, listed[0].standing), (Some(pid), Standing::Ended));
        assert_eq!(names.find("it").unwrap_err().kind(), ErrorKind::Ended);
        match last {
            "stop" => held.stop()?,
            "collect" => assert_eq!(names.collect()?, ["it"]),
            _ => drop(names.reserve("it")?),
        }
        assert!(bystander.is_alive(), "{last}");
        assert!(names.list()?.is_empty(), "{last}");
    }
    Ok(())
}

/// Somebody else's directory, and what they have left in it to be taken for root's.
struct Bait {
    scratch: Scratch,
    bystander: Bystander,
}

impl Bait {
    fn new() -> Self {
        let (scratch, bystander) = (Scratch::new(), Bystander::new());
        let bait = Self { scratch, bystander };
        // Root's own, elsewhere: it would do for a runtime directory, and has what a collection would remove.
        fs::create_dir(bait.elsewhere()).unwrap();
        fs::write(bait.elsewhere().join("it.json"), "").unwrap();
        fs::set_permissions(bait.elsewhere(), fs::Permissions::from_mode(0o700)).unwrap();
        bait
    }

    fn elsewhere(&self) -> PathBuf {
        self.scratch.join("elsewhere")
    }

    /// A record of the bystander's, as good as root's own would be.
    fn record(&self) -> String {
        let id = self.bystander.0.id();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        let namespace = std::os::unix::fs::MetadataExt::ino(&fs::metadata("/proc/self/ns/pid").unwrap());
        format!(
            "{{\"version\":1,\"pid1\":{{\"pid\":{id},\"start_time\":{},\"boot\":\"{}\",\"pid_namespace\":{namespace},\
             \"own_pid_namespace\":{namespace}}},\
             \"root\":\"/\",\"started\":1}}\n",
            start_time(id),
            boot.trim_end()
        )
    }

    /// Everything that a user can put at a path.
    fn squats(&self) -> Vec<PathBuf> {
        let path = |name: &str| self.scratch.join(name);
        symlink(self.elsewhere(), path("link")).unwrap();
        symlink("/no/such/directory", path("dangling")).unwrap();
        symlink(path("around"), path("around")).unwrap();
        mknodat(CWD, path("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        fs::write(path("file"), self.record()).unwrap();
        drop(UnixListener::bind(path("socket")).unwrap());
        fs::create_dir(path("foreign")).unwrap();
        fs::write(path("foreign/it.json"), self.record()).unwrap();
        chown(path("foreign"), Some(1234), Some(1234)).unwrap();
        ["link", "dangling", "around", "fifo", "file", "socket", "foreign"]
            .map(path)
            .to_vec()
    }

    fn is_untouched(&mut self) {
        assert!(self.bystander.is_alive());
        let left: Vec<_> = fs::read_dir(self.elsewhere()).unwrap().flatten().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(fs::read(self.elsewhere().join("it.json")).unwrap(), b"");
        assert_eq!(fs::read_to_string(self.scratch.join("file")).unwrap(), self.record());
        assert_eq!(
            fs::read_to_string(self.scratch.join("foreign/it.json")).unwrap(),
            self.record()
        );
        assert!(!Path::new("/no/such/directory").exists());
    }
}

fn squatted() -> Outcome {
    let mut bait = Bait::new();
    for squat in bait.squats() {
        let names = RuntimeDirectory::at(&squat);
        names.reserve("it").unwrap_err();
        names.reserve("other").unwrap_err();
        let error = names.find("it").map(|found| found.stop()).unwrap_err();
        // Where there is nothing at the end of a symlink there is nothing to refuse, but nothing to find either.
        assert_ne!(error.kind(), ErrorKind::Ended, "{squat:?}: {error}");
        assert!(names.list().is_err(), "{squat:?}");
        assert!(names.collect().is_err(), "{squat:?}");
        assert!(names.free("it").is_err(), "{squat:?}");
        bait.is_untouched();
    }
    Ok(())
}

/// The same while somebody exchanges the directory for each of them, all the time.
fn swapped() -> Outcome {
    let mut bait = Bait::new();
    let run = bait.scratch.join("run");
    let squats = bait.squats();
    let names = RuntimeDirectory::at(&run);
    drop(names.reserve("it")?);
    let done = AtomicBool::new(false);
    let (worked, refused, found) = std::thread::scope(|scope| {
        scope.spawn(|| {
            let exchange = |squat: &Path| renameat_with(CWD, &run, CWD, squat, RenameFlags::EXCHANGE).unwrap();
            for squat in squats.iter().cycle() {
                if done.load(Ordering::Relaxed) {
                    return;
                }
                exchange(squat);
                std::thread::yield_now();
                exchange(squat);
                std::thread::yield_now();
            }
        });
        // Until it has been there as well as not.
        let (mut worked, mut refused, mut found) = (0, 0, 0);
        let deadline = Instant::now() + Duration::from_secs(60);
        while (worked.min(refused) == 0 || worked + refused < rounds(1000)) && Instant::now() < deadline {
            match names.reserve("it") {
                Ok(_) => worked += 1,
                Err(_) => refused += 1,
            }
            found += usize::from(names.find("it").is_ok());
            let _ = (names.list(), names.collect(), names.free("it"));
        }
        done.store(true, Ordering::Relaxed);
        (worked, refused, found)
    });
    assert!(
        worked > 0 && refused > 0,
        "{worked} times it was there, {refused} times not"
    );
    assert_eq!(found, 0, "nothing has been started");
    bait.is_untouched();
    Ok(())
}
