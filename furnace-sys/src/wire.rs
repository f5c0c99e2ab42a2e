//! What the caller and furnace-init say to each other. Compiled into both, so that it cannot disagree with itself.
//!
//! - A **plan** travels in a sealed memfd: [`PlanHeader`], the [`Step`]s, room for the descriptors they open, the texts
//!   they name. furnace-init maps it privately and walks it.
//! - A **request** is one message that begins with an [`Envelope`]. For a command [`RequestHeader`] follows, then its
//!   body, or the body in a memfd of its own. A walk has nothing but descriptors: a plan, and what fills its first slots.
//!   To detach takes nothing at all.
//! - A **reply** is one message: [`Reply`]. With a container come the pidfd of its PID 1 and what its plan hands over; with
//!   a command or a walker the pipe for its report, then its pidfd.
//! - A **report** is what a newcomer that could not become its command leaves in its pipe: [`Report`]. A walker leaves a
//!   [`Reply`] there, in any case.
//!
//! Everything is 32-bit words in the machine's own byte order, encoded and decoded field by field: there is no padding
//! that could carry a piece of the caller's memory, and no cast that could misread one.

/// The name that `ps` shows for furnace-init, whichever of its two parts it plays.
pub const PROGRAM_NAME: &core::ffi::CStr = c"furnace-init";

/// The descriptors that furnace-init is started with.
pub mod inherited {
    /// The socket on which requests come and replies go.
    pub const CONTROL: i32 = 0;
    /// The memfd with the plan.
    pub const PLAN: i32 = 1;
    /// A pidfd of the process that owns the container; when it becomes readable, the container ends.
    pub const OWNER: i32 = 2;
    /// A pidfd of the PID 1 of the container to be joined; where one is to be made, the owner's takes its number.
    pub const PID1: i32 = 3;
    /// How many there are.
    pub const COUNT: usize = 4;
}

/// What a [`Reply`] to a start names instead of a step when it was none of the plan's that failed.
pub mod beside_the_plan {
    /// furnace-init's own preparation, or its settling down.
    pub const PREPARATION: u32 = u32::MAX;
    /// The making of PID 1.
    pub const PID1: u32 = u32::MAX - 1;
}

/// The longest body that travels in the message itself, in bytes; a longer one travels in a memfd. Two pages: room for
/// an ordinary environment, and all that the fork server ever keeps resident for it.
pub const INLINE_BODY_MAX: usize = 8192;

/// How many descriptors one message can carry (`SCM_MAX_FD`, unix(7)).
pub const DESCRIPTORS_MAX: usize = 253;

/// How many descriptors a plan can hand to the caller.
pub const HANDED_MAX: usize = 3;

/// A value that fits a word and can be told from any other.
pub trait Word: Sized {
    /// The value as a word.
    fn to_word(self) -> u32;
    /// The value that `word` stands for, if it does.
    fn from_word(word: u32) -> Option<Self>;
}

impl Word for u32 {
    fn to_word(self) -> u32 {
        self
    }
    fn from_word(word: u32) -> Option<Self> {
        Some(word)
    }
}

impl Word for i32 {
    fn to_word(self) -> u32 {
        u32::from_ne_bytes(self.to_ne_bytes())
    }
    fn from_word(word: u32) -> Option<Self> {
        Some(Self::from_ne_bytes(word.to_ne_bytes()))
    }
}

/// A text of the plan: the offset of its first byte in the table of texts. It ends with a NUL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Text(pub u32);

/// Bytes among the texts of the plan, of a length that is told beside it: the offset of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bytes(pub u32);

/// A place that holds a descriptor from the step that opens it to the step that uses it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot(pub u32);

/// What a mount target has to be, and what is made where it is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A directory; symlinks lead to it inside the root only.
    Directory,
    /// A directory that no symlink leads to: what a container is to have at a place is at that place.
    DirectoryItself,
    /// Anything but a directory; symlinks lead to it inside the root only.
    File,
    /// Anything but a directory, a symlink at its end included: that is covered, not followed.
    FileOrSymlink,
}

impl Word for Text {
    fn to_word(self) -> u32 {
        self.0
    }
    fn from_word(word: u32) -> Option<Self> {
        Some(Self(word))
    }
}

impl Word for Bytes {
    fn to_word(self) -> u32 {
        self.0
    }
    fn from_word(word: u32) -> Option<Self> {
        Some(Self(word))
    }
}

impl Word for Slot {
    fn to_word(self) -> u32 {
        self.0
    }
    fn from_word(word: u32) -> Option<Self> {
        Some(Self(word))
    }
}

impl Word for Target {
    fn to_word(self) -> u32 {
        match self {
            Self::Directory => 0,
            Self::File => 1,
            Self::FileOrSymlink => 2,
            Self::DirectoryItself => 3,
        }
    }
    fn from_word(word: u32) -> Option<Self> {
        match word {
            0 => Some(Self::Directory),
            1 => Some(Self::File),
            2 => Some(Self::FileOrSymlink),
            3 => Some(Self::DirectoryItself),
            _ => None,
        }
    }
}

/// How many words a [`Step`] takes: its code and up to five operands.
pub const STEP_WORDS: usize = 6;

/// Declares [`Step`] with its two conversions from one list.
macro_rules! steps {
    ($($(#[doc = $doc:literal])* $name:ident { $($field:ident: $kind:ty),* } = $code:literal,)*) => {
        /// One thing that furnace-init does to make a container: a kernel call with its arguments.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the fields are the arguments of the call that each step names")]
        pub enum Step {
            $($(#[doc = $doc])* $name { $($field: $kind),* },)*
        }

        impl Step {
            /// The step as words.
            #[must_use]
            pub fn encode(self) -> [u32; STEP_WORDS] {
                match self {
                    $(Self::$name { $($field),* } => padded([$code, $($field.to_word()),*]),)*
                }
            }

            /// The step that `words` stand for, if they stand for one.
            #[must_use]
            pub fn decode(words: [u32; STEP_WORDS]) -> Option<Self> {
                let [code, operands @ ..] = words;
                let mut operands = operands.into_iter();
                match code {
                    $($code => Some(Self::$name { $($field: Word::from_word(operands.next()?)?),* }),)*
                    _ => None,
                }
            }
        }
    };
}

steps! {
    /// unshare(2) with these `CLONE_NEW*` flags.
    Unshare { namespaces: u32 } = 1,
    /// mount_setattr(2): the propagation of every mount there is, `MS_SLAVE` or `MS_PRIVATE`.
    SetPropagation { propagation: u32 } = 2,
    /// open_tree(2): a detached copy of what is mounted at `path`, with all mounts below it if `recursive` is not 0.
    CloneTree { path: Text, recursive: u32, out: Slot } = 3,
    /// mount_setattr(2) of a mount that this plan made: sets and clears `MOUNT_ATTR_*`, and changes the propagation
    /// unless that is 0; also of those below it if `recursive` is not 0.
    SetAttributes { mount: Slot, set: u32, clear: u32, propagation: u32, recursive: u32 } = 4,
    /// openat(2) of a directory of the host, as a mere place (`O_PATH`).
    OpenDirectory { path: Text, out: Slot } = 5,
    /// openat(2) of what this plan made in `directory`, as a mere place (`O_PATH`).
    OpenMade { directory: Slot, name: Text, out: Slot } = 6,
    /// fsopen(2).
    OpenFs { kind: Text, out: Slot } = 7,
    /// fsconfig(2), `FSCONFIG_SET_STRING`.
    SetOption { fs: Slot, key: Text, value: Text } = 8,
    /// fsconfig(2), `FSCONFIG_SET_FLAG`.
    SetFlag { fs: Slot, key: Text } = 9,
    /// fsconfig(2), `FSCONFIG_SET_STRING`, the value being the names of `count` open directories below /proc/self/fd,
    /// which is the working directory then, with colons between: so any character may be in their paths, and there is
    /// room for many in the 256 bytes that a value may take. The directories are in consecutive slots.
    SetDirectories { fs: Slot, key: Text, first: Slot, count: u32 } = 10,
    /// fsconfig(2), `FSCONFIG_CMD_CREATE`.
    CreateFs { fs: Slot } = 11,
    /// fsmount(2): uses up `fs`, makes a detached mount with these `MOUNT_ATTR_*`.
    MakeMount { fs: Slot, attributes: u32, out: Slot } = 12,
    /// mkdirat(2) in a file system made by this plan.
    MakeDirectory { directory: Slot, name: Text, mode: u32 } = 13,
    /// fchown(2) of what this plan made.
    ChangeOwner { made: Slot, uid: u32, gid: u32 } = 14,
    /// mknodat(2) of a character device in a file system made by this plan.
    MakeCharacterDevice { directory: Slot, name: Text, mode: u32, major: u32, minor: u32 } = 15,
    /// mknodat(2) of a block device in a file system made by this plan.
    MakeBlockDevice { directory: Slot, name: Text, mode: u32, major: u32, minor: u32 } = 25,
    /// symlinkat(2) in a file system made by this plan.
    MakeSymlink { directory: Slot, name: Text, to: Text } = 16,
    /// move_mount(2) over the root directory, where it waits to become the root.
    AttachOverRoot { mount: Slot } = 17,
    /// fchdir(2).
    EnterDirectory { directory: Slot } = 18,
    /// pivot_root(2) from and to the working directory: the old root lies over the new one.
    PivotRoot {} = 19,
    /// umount2(2) with `MNT_DETACH` of what lies topmost over the root directory.
    DetachOverRoot {} = 20,
    /// openat2(2) with `RESOLVE_IN_ROOT`: the place in the root where a mount is to be attached; what is missing of it
    /// is made.
    OpenTarget { root: Slot, path: Text, target: Target, out: Slot } = 21,
    /// move_mount(2): attaches a detached mount, uses up `at`. The mount stays open, for all are closed at once in the end.
    Attach { mount: Slot, at: Slot } = 22,
    /// sethostname(2).
    SetHostname { name: Text, length: u32 } = 23,
    /// netdevice(7), `SIOCSIFFLAGS`: brings up `lo`.
    BringUpLoopback {} = 24,
    /// A file with these bytes in a file system made by this plan.
    MakeFile { directory: Slot, name: Text, mode: u32, content: Bytes, length: u32 } = 26,
    /// open_tree(2): a detached mount of what this plan made in `directory`, which is attached somewhere.
    CloneMade { directory: Slot, name: Text, out: Slot } = 27,
    /// openat(2) of a file of the host, for reading, and for writing if `writable` is not 0.
    OpenFile { path: Text, writable: u32, out: Slot } = 28,
    /// loop(4): a free loop device for a part of an open file, gone when nobody has it open or mounted any more. The
    /// offset and the length in bytes are two 64-bit numbers; a length of 0 means up to the end.
    AttachLoop { image: Slot, writable: u32, part: Bytes, out: Slot } = 29,
    /// fsconfig(2): the open loop device becomes the source.
    SetLoopDevice { fs: Slot, device: Slot } = 30,
    /// user_namespaces(7): a user namespace with these lines in its `uid_map` and `gid_map`, and nothing in it. The
    /// working directory has to be a /proc.
    MakeUserNamespace { users: Bytes, users_length: u32, groups: Bytes, groups_length: u32, out: Slot } = 31,
    /// mount_setattr(2), `MOUNT_ATTR_IDMAP`, Linux 5.12: a detached mount, and those below it if `recursive` is not 0, show
    /// ids as the user namespace maps them.
    MapIds { mount: Slot, users: Slot, recursive: u32 } = 32,
    /// flock(2) without waiting, shared or exclusive: for as long as anybody, a loop device too, has the file open.
    LockFile { file: Slot, exclusive: u32 } = 33,
    /// mkdirat(2) in a file system made by this plan, with the mode and the owner of an open directory.
    MakeDirectoryLike { directory: Slot, name: Text, like: Slot } = 35,
    /// setsid(2): away from the caller's terminal, with all that will be cloned.
    LeaveSession {} = 34,
    /// move_mount(2): attaches a detached mount at `path` in the root, of which all but the last component is the open
    /// `directory`: for many mounts in one, cheaper than [`Step::OpenTarget`] and [`Step::Attach`], which do it where the
    /// last component is not what it has to be.
    AttachIn { mount: Slot, root: Slot, target: Target, directory: Slot, path: Text } = 36,
    /// setns(2) into these namespaces of the container to be joined.
    JoinNamespaces { namespaces: u32 } = 37,
    /// chroot(2) to the working directory.
    ChangeRoot {} = 38,
    /// setgroups(2): no supplementary groups.
    DropGroups {} = 39,
    /// setgid(2) and setuid(2).
    BecomeUser { uid: u32, gid: u32 } = 40,
    /// setns(2) back into the mount namespace of the container, for a walker that has left it.
    JoinMountNamespace {} = 60,
    /// openat2(2) with `RESOLVE_IN_ROOT`: what is mounted in the root at `path`; `EINVAL` for what is on the root's own
    /// mount.
    OpenMounted { root: Slot, path: Text, out: Slot } = 61,
    /// umount2(2) with `MNT_DETACH` of an open mount, by its name in the working directory, a /proc/self/fd; uses it up.
    Unmount { mount: Slot } = 62,
}

fn padded<const N: usize>(given: [u32; N]) -> [u32; STEP_WORDS] {
    let mut words = [0; STEP_WORDS];
    for (word, value) in words.iter_mut().zip(given) {
        *word = value;
    }
    words
}

/// Declares a fixed message of words with its two conversions.
macro_rules! message {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $fdoc:literal])* $field:ident: $kind:ty,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[doc = $fdoc])* pub $field: $kind,)*
        }

        impl $name {
            /// How many words it takes.
            pub const WORDS: usize = [$(stringify!($field)),*].len();
            /// How many bytes it takes.
            pub const BYTES: usize = Self::WORDS * 4;

            /// The message as words.
            #[must_use]
            pub fn encode(self) -> [u32; Self::WORDS] {
                [$(self.$field.to_word()),*]
            }

            /// The message that `words` stand for, if they stand for one.
            #[must_use]
            pub fn decode(words: [u32; Self::WORDS]) -> Option<Self> {
                let mut words = words.into_iter();
                Some(Self { $($field: Word::from_word(words.next()?)?,)* })
            }
        }
    };
}

/// Where the PID 1 of a container comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Origin {
    /// It is made.
    #[default]
    Made,
    /// It is there, and commands join its pid namespace.
    Joined,
    /// It is there, in the pid namespace of the caller.
    Beside,
}

impl Word for Origin {
    fn to_word(self) -> u32 {
        match self {
            Self::Made => 0,
            Self::Joined => 1,
            Self::Beside => 2,
        }
    }
    fn from_word(word: u32) -> Option<Self> {
        match word {
            0 => Some(Self::Made),
            1 => Some(Self::Joined),
            2 => Some(Self::Beside),
            _ => None,
        }
    }
}

message! {
    /// What a plan begins with.
    PlanHeader {
        /// How many steps there are.
        steps: u32,
        /// The first step that PID 1 walks; the fork server walks those before it, then makes PID 1.
        pid1_first: u32,
        /// The first step after those of PID 1; the fork server walks the rest when PID 1 is done.
        pid1_end: u32,
        /// How many slots the steps use.
        slots: u32,
        /// How many bytes the texts take, the last of them a NUL.
        texts: u32,
        /// How many descriptors the steps hold open at once, at most.
        descriptors: u32,
        /// The first of the slots whose descriptors the caller is handed with the container, if it is handed any.
        handed_first: u32,
        /// How many; at most [`HANDED_MAX`].
        handed: u32,
        /// Where PID 1 comes from.
        origin: Origin,
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// A command.
    Command,
    /// That a plan be walked in the container, by a process that nobody inside can see.
    Walk,
    /// That the container live on when its fork server ends.
    Detach,
}

impl Word for Asked {
    fn to_word(self) -> u32 {
        match self {
            Self::Command => 1,
            Self::Walk => 2,
            Self::Detach => 3,
        }
    }
    fn from_word(word: u32) -> Option<Self> {
        match word {
            1 => Some(Self::Command),
            2 => Some(Self::Walk),
            3 => Some(Self::Detach),
            _ => None,
        }
    }
}

message! {
    /// What every request begins with.
    Envelope {
        /// What it asks for.
        asked: Asked,
    }
}

message! {
    /// What a request for a command begins with. Offsets count from the beginning of the body.
    RequestHeader {
        /// How many bytes the body takes.
        body: u32,
        /// Not 0 when the body is in the memfd that is the first descriptor of the message.
        body_in_memfd: u32,
        /// Where the pointers to strings begin: programs to try, arguments, environment, each ended by [`NO_STRING`].
        pointers: u32,
        /// How many words of 64 bits the pointers take.
        pointer_count: u32,
        /// The index of the first argument among the pointers.
        arguments: u32,
        /// The index of the first environment string among the pointers.
        environment: u32,
        /// How many descriptors are to be placed. The body begins with the number of each, and a word of room for each.
        descriptors: u32,
        /// The number of supplementary groups, which follow that, or [`ABSENT`] to keep them.
        groups: u32,
        /// The group id to take, or [`ABSENT`].
        gid: u32,
        /// The user id to take, or [`ABSENT`].
        uid: u32,
        /// Where the working directory's name begins, or [`ABSENT`].
        directory: u32,
        /// The process group to join, 0 for a new one, or [`ABSENT`].
        process_group: u32,
        /// Not 0 for a new session.
        new_session: u32,
        /// The number of the descriptor whose terminal is to control the session, or [`ABSENT`].
        controlling_terminal: u32,
        /// The file mode creation mask, or [`ABSENT`] to keep it.
        umask: u32,
        /// The signals up to 32 to ignore, the lowest bit for signal 1.
        ignored_signals: u32,
        /// Those from 33 on.
        ignored_signals_high: u32,
        /// The signals up to 32 to have their default action, the lowest bit for signal 1.
        default_signals: u32,
        /// Those from 33 on.
        default_signals_high: u32,
    }
}

message! {
    /// The fork server's answer, to a start as to a request; and a walker's, when it has walked.
    Reply {
        /// For a start or a walk: the step that failed; for a request: the [`Stage`] that did.
        step: u32,
        /// 0 for success.
        errno: u32,
        /// The pid of PID 1, of the command or of the walker, in the caller's pid namespace.
        pid: i32,
    }
}

message! {
    /// What a newcomer reports when it cannot become its command; nothing at all means that it has.
    Report {
        /// The [`Stage`] that failed.
        stage: u32,
        /// Why.
        errno: u32,
    }
}

/// "None" where a word may be missing; neither a valid id nor a valid offset.
pub const ABSENT: u32 = u32::MAX;

/// The pointer that ends a list of strings.
pub const NO_STRING: u64 = u64::MAX;

/// Declares [`Stage`] with its two conversions from one list.
macro_rules! stages {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal,)*) => {
        /// The stages of a command's beginning, in their order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Stage {
            $($(#[doc = $doc])* $name,)*
        }

        impl Word for Stage {
            fn to_word(self) -> u32 {
                match self {
                    $(Self::$name => $code,)*
                }
            }
            fn from_word(word: u32) -> Option<Self> {
                match word {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

stages! {
    /// Reading the request.
    Request = 1,
    /// Joining the process group asked for.
    JoinProcessGroup = 2,
    /// Making the thread that clones.
    Thread = 3,
    /// Joining PID 1's pid namespace.
    JoinPidNamespace = 4,
    /// Cloning the newcomer.
    Clone = 5,
    /// Becoming the leader of a new session.
    NewSession = 6,
    /// Becoming the leader of a new process group.
    NewProcessGroup = 7,
    /// Putting the descriptors at their numbers.
    Descriptors = 8,
    /// setgroups(2).
    Groups = 9,
    /// setgid(2).
    Gid = 10,
    /// setuid(2).
    Uid = 11,
    /// Entering the working directory.
    WorkingDirectory = 12,
    /// execve(2).
    Execute = 13,
    /// execve(2) of a program that is there but names an interpreter or a loader that is not.
    Interpreter = 14,
    /// ioctl_tty(2), `TIOCSCTTY`: taking the terminal for the session.
    ControllingTerminal = 15,
}

#[cfg(test)]
mod tests {
    use super::{Asked, Envelope, Reply, STEP_WORDS, Slot, Stage, Step, Target, Text, Word};

    /// Every code there could be, with operands that tell the fields apart.
    fn decodable() -> impl Iterator<Item = Step> {
        (0..256).filter_map(|code| Step::decode([code, 1, 2, 2, 4, 5]))
    }

    #[test]
    fn steps_survive_the_wire() {
        assert!(decodable().count() >= 43);
        for step in decodable() {
            assert_eq!(Step::decode(step.encode()), Some(step));
        }
    }

    #[test]
    fn fields_keep_their_order() {
        let step = Step::OpenTarget {
            root: Slot(1),
            path: Text(2),
            target: Target::FileOrSymlink,
            out: Slot(4),
        };
        assert_eq!(step.encode(), [21, 1, 2, 2, 4, 0]);
    }

    #[test]
    fn what_is_no_step_is_refused() {
        assert_eq!(Step::decode([0; STEP_WORDS]), None);
        assert_eq!(Step::decode([u32::MAX; STEP_WORDS]), None);
        let no_such_target = [21, 1, 2, 4, 4, 0];
        assert_eq!(Step::decode(no_such_target), None);
    }

    #[test]
    fn stages_survive_the_wire() {
        for code in 1..=15 {
            let stage = Stage::from_word(code).expect("there is no gap");
            assert_eq!(stage.to_word(), code);
        }
        assert_eq!(Stage::from_word(0), None);
        assert_eq!(Stage::from_word(16), None);
    }

    #[test]
    fn what_nobody_can_ask_for_is_refused() {
        for asked in [Asked::Command, Asked::Walk, Asked::Detach] {
            let envelope = Envelope { asked };
            assert_eq!(Envelope::decode(envelope.encode()), Some(envelope));
        }
        for word in [0, 4, u32::MAX] {
            assert_eq!(Envelope::decode([word]), None);
        }
    }

    #[test]
    fn messages_survive_the_wire() {
        let reply = Reply {
            step: 7,
            errno: 2,
            pid: -1,
        };
        assert_eq!(Reply::BYTES, 12);
        assert_eq!(Reply::decode(reply.encode()), Some(reply));
    }
}
