//! Something that is tried, as a plan that furnace-init walks. Its last step can't succeed: so nothing comes of it, and
//! if that is the one that fails, all others have worked.

use std::ffi::CStr;
use std::fmt;
use std::time::Duration;

use furnace_sys::Errno;
use furnace_sys::flags::{MountAttributes, Namespaces, Propagation};
use furnace_sys::fork_server::{ForkServer, LaunchFailure, StartFailure};
use furnace_sys::program::Program;
use furnace_sys::wire::{Slot, Step, beside_the_plan};

use crate::error::OsError;
use crate::plan::Writer;

/// `CLONE_NEWUSER` of user_namespaces(7), which no container unshares yet.
const USER: Namespaces = Namespaces::from_bits_retain(0x1000_0000);

/// Each kind of namespace, and the call that makes one.
const KINDS: [(Namespaces, &str); 6] = [
    (Namespaces::MOUNT, "unshare with CLONE_NEWNS"),
    (Namespaces::IPC, "unshare with CLONE_NEWIPC"),
    (Namespaces::UTS, "unshare with CLONE_NEWUTS"),
    (Namespaces::CGROUP, "unshare with CLONE_NEWCGROUP"),
    (Namespaces::NETWORK, "unshare with CLONE_NEWNET"),
    (USER, "unshare with CLONE_NEWUSER"),
];

/// Only a machine that is stuck takes as long.
const LIMIT: Duration = Duration::from_secs(10);

/// What is tried.
#[derive(Debug)]
pub(super) struct Attempt {
    writer: Writer,
    /// The slot that nothing is ever put into.
    empty: Slot,
    /// What each step calls.
    calls: Vec<&'static str>,
    /// How many steps only prepare what is to be tried.
    preparing: usize,
    /// From which step on it is PID 1 that acts, if one is made.
    pid1: Option<u32>,
}

/// What failed, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A call that was to be tried.
    Call(&'static str, Errno),
    /// What it takes to try it.
    Untried(&'static str, Errno),
    /// furnace-init ended without a word, or did not answer.
    Silence,
}

impl Attempt {
    pub(super) fn new() -> Self {
        let mut writer = Writer::default();
        // All texts together end with a NUL, also where a script adds none.
        writer.bytes(b"");
        let empty = writer.slot();
        Self {
            writer,
            empty,
            calls: Vec::new(),
            preparing: 0,
            pid1: None,
        }
    }

    fn step(&mut self, call: &'static str, step: Step) {
        self.writer.step(step);
        self.calls.push(call);
    }

    /// All so far was preparation, which has checks of its own: now comes what is to be tried.
    pub(super) fn prepared(&mut self) {
        self.preparing = self.calls.len();
    }

    /// A new namespace of one kind.
    pub(super) fn unshare(&mut self, kind: Namespaces) {
        let named = KINDS.iter().find(|(known, _)| *known == kind);
        let namespaces = kind.bits();
        self.step(named.map_or("unshare", |(_, call)| call), Step::Unshare { namespaces });
    }

    pub(super) fn make_read_only(&mut self, mount: Slot) {
        self.step(
            "mount_setattr",
            Step::SetAttributes {
                mount,
                set: MountAttributes::READ_ONLY.bits(),
                clear: 0,
                propagation: 0,
                recursive: 1,
            },
        );
    }

    /// Mounts of its own, which nobody outside sees: it takes a root directory that is a mount point.
    pub(super) fn unshare_mounts(&mut self) {
        self.unshare(Namespaces::MOUNT);
        self.prepared();
        let propagation = Propagation::Private.bits();
        self.step("mount_setattr of /", Step::SetPropagation { propagation });
    }

    pub(super) fn unshare_user(&mut self) {
        self.unshare(USER);
    }

    /// A PID 1 is made, and does what follows.
    pub(super) fn make_pid1(&mut self) {
        self.pid1 = Some(self.writer.count());
    }

    pub(super) fn clone_tree(&mut self, path: &CStr, recursive: bool) -> Slot {
        let (path, recursive, out) = (self.writer.text(path), recursive.into(), self.writer.slot());
        self.step("open_tree", Step::CloneTree { path, recursive, out });
        out
    }

    pub(super) fn open_fs(&mut self, kind: &CStr) -> Slot {
        let (kind, out) = (self.writer.text(kind), self.writer.slot());
        self.step("fsopen", Step::OpenFs { kind, out });
        out
    }

    pub(super) fn make_mount(&mut self, fs: Slot) -> Slot {
        let out = self.writer.slot();
        self.make_mount_into(fs, out);
        out
    }

    fn make_mount_into(&mut self, fs: Slot, out: Slot) {
        self.step("fsconfig", Step::CreateFs { fs });
        let attributes = 0;
        self.step("fsmount", Step::MakeMount { fs, attributes, out });
    }

    /// A new file system of this type, mounted nowhere.
    pub(super) fn new_mount(&mut self, kind: &CStr) -> Slot {
        let fs = self.open_fs(kind);
        self.make_mount(fs)
    }

    /// Some of them, one after the other; the first.
    pub(super) fn new_mounts(&mut self, kind: &CStr, count: u32) -> Slot {
        let first = self.writer.slots(count);
        for slot in (first.0..).take(count as usize) {
            let fs = self.open_fs(kind);
            self.make_mount_into(fs, Slot(slot));
        }
        first
    }

    pub(super) fn make_directory(&mut self, directory: Slot, name: &CStr) -> Slot {
        let (name, mode, out) = (self.writer.text(name), 0o755, self.writer.slot());
        self.step("mkdirat", Step::MakeDirectory { directory, name, mode });
        self.step("openat", Step::OpenMade { directory, name, out });
        out
    }

    /// A device as /dev/null is one.
    pub(super) fn make_null(&mut self, directory: Slot) {
        let (name, mode, major, minor) = (self.writer.text(c"null"), 0o666, 1, 3);
        self.step(
            "mknodat",
            Step::MakeCharacterDevice {
                directory,
                name,
                mode,
                major,
                minor,
            },
        );
    }

    pub(super) fn attach_over_root(&mut self, mount: Slot) {
        self.step("move_mount", Step::AttachOverRoot { mount });
    }

    pub(super) fn open_directory(&mut self, path: &CStr) -> Slot {
        let (path, out) = (self.writer.text(path), self.writer.slot());
        self.step("openat", Step::OpenDirectory { path, out });
        out
    }

    pub(super) fn enter(&mut self, directory: Slot) {
        self.step("fchdir", Step::EnterDirectory { directory });
    }

    pub(super) fn pivot(&mut self) {
        self.step("pivot_root", Step::PivotRoot {});
        self.step("umount2", Step::DetachOverRoot {});
    }

    /// Of an overlay: directories that were opened one after the other.
    pub(super) fn set_directories(&mut self, fs: Slot, key: &CStr, first: Slot, count: u32) {
        let key = self.writer.text(key);
        self.step("fsconfig", Step::SetDirectories { fs, key, first, count });
    }

    /// Ids of this machine, shown as others.
    pub(super) fn map_ids(&mut self, mount: Slot) {
        const LINE: &[u8] = b"0 1000 1\n";
        let here = self.open_directory(c"/proc");
        self.enter(here);
        let lines = self.writer.bytes(LINE);
        let (length, out) = (LINE.len().try_into().unwrap_or(0), self.writer.slot());
        self.step(
            "clone3",
            Step::MakeUserNamespace {
                users: lines,
                users_length: length,
                groups: lines,
                groups_length: length,
                out,
            },
        );
        let (users, recursive) = (out, 0);
        self.step(
            "mount_setattr",
            Step::MapIds {
                mount,
                users,
                recursive,
            },
        );
    }

    pub(super) fn bring_up_loopback(&mut self) {
        self.step("ioctl", Step::BringUpLoopback {});
    }

    /// Tries it.
    pub(super) fn run(mut self, program: &Program) -> Result<Tried, Refusal> {
        let last = self.writer.count();
        self.writer.step(Step::EnterDirectory { directory: self.empty });
        let end = self.writer.count();
        let mut plan = std::mem::take(&mut self.writer).finish();
        // Where PID 1 has no part, the last step comes before it, and none is made.
        plan.pid1 = self.pid1.unwrap_or(end)..end;
        let sealed = plan.seal().map_err(|errno| Refusal::Untried("memfd_create", errno))?;
        match ForkServer::start(program, &sealed, None, LIMIT) {
            Err(StartFailure::Step(index, Errno::BADF)) if index == last => Ok(self.tried()),
            Err(failure) => Err(self.refusal(&failure)),
            // It can't be; still, nothing may be left of it.
            Ok((server, _)) => {
                server.kill();
                let _ = server.process().wait_within(LIMIT);
                Ok(self.tried())
            }
        }
    }

    fn tried(self) -> Tried {
        let mut calls: Vec<&'static str> = Vec::new();
        for call in self.pid1.map(|_| NEW_PID).into_iter().chain(self.calls) {
            if !calls.contains(&call) {
                calls.push(call);
            }
        }
        Tried(calls)
    }

    fn refusal(&self, failure: &StartFailure) -> Refusal {
        match *failure {
            StartFailure::Channel(errno) => Refusal::Untried("socketpair", errno),
            StartFailure::Launch(LaunchFailure::Clone(errno)) => Refusal::Untried("clone3", errno),
            StartFailure::Launch(LaunchFailure::Descriptors(errno)) => Refusal::Untried("close_range", errno),
            StartFailure::Launch(LaunchFailure::Execute(errno)) => Refusal::Untried("execveat", errno),
            StartFailure::Maker(errno) => Refusal::Untried("clone3", errno),
            StartFailure::Step(beside_the_plan::PID1, errno) if self.preparing > 0 => Refusal::Untried(NEW_PID, errno),
            StartFailure::Step(beside_the_plan::PID1, errno) => Refusal::Call(NEW_PID, errno),
            StartFailure::Step(number, errno) => {
                let index = usize::try_from(number).unwrap_or(usize::MAX);
                match self.calls.get(index) {
                    Some(call) if index >= self.preparing => Refusal::Call(call, errno),
                    Some(call) => Refusal::Untried(call, errno),
                    None => Refusal::Untried("furnace-init", errno),
                }
            }
            StartFailure::Died | StartFailure::TimedOut => Refusal::Silence,
        }
    }
}

/// What makes PID 1.
const NEW_PID: &str = "clone3 with CLONE_NEWPID";

impl Refusal {
    pub(super) fn errno(self) -> Option<Errno> {
        match self {
            Self::Call(_, errno) | Self::Untried(_, errno) => Some(errno),
            Self::Silence => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Call(call, errno) => write!(f, "tried {call}: {}", OsError::new(errno)),
            Self::Untried(call, errno) => write!(f, "not tried, for {call} fails: {}", OsError::new(errno)),
            Self::Silence => f.write_str("tried furnace-init: it ended without a word, or did not answer"),
        }
    }
}

/// The calls that were tried, and worked.
#[derive(Debug)]
pub(super) struct Tried(Vec<&'static str>);

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tried {}", self.0.join(", "))
    }
}
