//! The steps of a plan.

use super::operand::{Bytes, Slot, Target, Text};
use super::word::Word;

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
    /// flock(2), shared or exclusive: for as long as anybody, a loop device too, has the file open. Waits a quarter of a
    /// second for who is about to close it, and no longer.
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
    /// open_tree(2): a detached mount that this plan made earlier than its turn is made anew, for mounts are listed in the
    /// order of their making. It stays as it is where it can't be, before Linux 6.15.
    MakeMountAnew { mount: Slot } = 41,
    /// setns(2) into the namespace that an open file stands for.
    EnterNamespace { namespace: Slot } = 42,
    /// setns(2) back into the mount namespace of the container, for a walker that has left it.
    JoinMountNamespace {} = 60,
    /// openat2(2) with `RESOLVE_IN_ROOT`: what is mounted in the root at `path`; `EINVAL` for what is on the root's own
    /// mount.
    OpenMounted { root: Slot, path: Text, out: Slot } = 61,
    /// umount2(2) with `MNT_DETACH` of an open mount, by its name in the working directory, a /proc/self/fd; uses it up.
    Unmount { mount: Slot } = 62,
    /// openat2(2) with `RESOLVE_IN_ROOT`, sendfile(2): what is in a regular file of the container goes to an open one;
    /// `EINVAL` for what is no regular file, `EFBIG` for one of more than `limit` bytes.
    CopyFile { root: Slot, path: Text, to: Slot, limit: u32 } = 63,
}

fn padded<const N: usize>(given: [u32; N]) -> [u32; STEP_WORDS] {
    let mut words = [0; STEP_WORDS];
    for (word, value) in words.iter_mut().zip(given) {
        *word = value;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{STEP_WORDS, Slot, Step, Target, Text};

    /// Every code there could be, with operands that tell the fields apart.
    fn decodable() -> impl Iterator<Item = Step> {
        (0..256).filter_map(|code| Step::decode([code, 1, 2, 2, 4, 5]))
    }

    #[test]
    fn steps_survive_the_wire() {
        assert!(decodable().count() >= 45);
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
}
