//! What is mounted in a container.

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

use furnace_core::Mount;
use furnace_core::mount::{Bind, File, IdMap, Tmpfs};

use crate::border::{Failure, boundary, bytes, given, number_in, path, place, value};
use crate::builder::mounts::propagation_of;
use crate::error::furnace_error;
use crate::types::{gid_t, mode_t, uid_t};

/// The ids of users are mapped.
pub const FURNACE_IDS_USERS: c_int = 1;

/// The ids of groups are mapped.
pub const FURNACE_IDS_GROUPS: c_int = 2;

/// The ids of users and of groups are mapped.
pub const FURNACE_IDS_BOTH: c_int = 3;

/// What is mounted in a container: a bind, a tmpfs, or a file from memory. A setter of another kind of mount than it
/// is fails with -EINVAL.
///
/// One thread at a time may set something, while no other uses it.
#[derive(Debug)]
pub struct furnace_mount {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Bind(Bind, Option<IdMap>),
    Tmpfs(Tmpfs),
    File(File),
}

impl furnace_mount {
    pub(crate) fn to_core(&self) -> Mount {
        match &self.kind {
            Kind::Bind(bind, None) => bind.clone().into(),
            Kind::Bind(bind, Some(map)) => bind.clone().id_map(map.clone()).into(),
            Kind::Tmpfs(tmpfs) => tmpfs.clone().into(),
            Kind::File(file) => file.clone().into(),
        }
    }
}

/// A change of each kind of mount that knows it.
#[derive(Default)]
struct Change<'a> {
    bind: Option<&'a dyn Fn(Bind) -> Bind>,
    tmpfs: Option<&'a dyn Fn(Tmpfs) -> Tmpfs>,
    file: Option<&'a dyn Fn(File) -> File>,
}

impl Change<'_> {
    fn make(&self, mount: Option<&mut furnace_mount>) -> Result<(), Failure> {
        let mount = given(mount, "mount")?;
        // They change by being moved, and come back at once.
        match (&mut mount.kind, self) {
            (Kind::Bind(bind, _), Self { bind: Some(change), .. }) => *bind = change(bind.clone()),
            (
                Kind::Tmpfs(tmpfs),
                Self {
                    tmpfs: Some(change), ..
                },
            ) => *tmpfs = change(tmpfs.clone()),
            (Kind::File(file), Self { file: Some(change), .. }) => *file = change(file.clone()),
            (Kind::Bind(..), _) => return Err(Failure::argument("mount", "is a bind, which has no such thing")),
            (Kind::Tmpfs(_), _) => return Err(Failure::argument("mount", "is a tmpfs, which has no such thing")),
            (Kind::File(_), _) => return Err(Failure::argument("mount", "is a file, which has no such thing")),
        }
        Ok(())
    }
}

/// A bind: the directory or file `source` of the host, shown at `destination` in the container, which is relative to
/// the container's root and never leaves it. By default all that is mounted below it is shown too, and it can be
/// written to. Whatever the source is mounted with (read-only, nosuid, nodev, noexec) stays; what is set here is
/// added, before anybody can see the mount. `*mount` has to be freed with furnace_mount_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_mount_new_bind(
    source: *const c_char,
    destination: *const c_char,
    mount: Option<&mut MaybeUninit<Box<furnace_mount>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let source = unsafe { path(source, "source") }?;
        // SAFETY: as above.
        let destination = unsafe { path(destination, "destination") }?;
        let kind = Kind::Bind(Bind::new(source, destination), None);
        place(mount, "mount")?.write(Box::new(furnace_mount { kind }));
        Ok(())
    })
}

/// A tmpfs: a file system in memory at `destination`, empty at first, gone with the container; nosuid and nodev.
/// `*mount` has to be freed with furnace_mount_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_mount_new_tmpfs(
    destination: *const c_char,
    mount: Option<&mut MaybeUninit<Box<furnace_mount>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let destination = unsafe { path(destination, "destination") }?;
        let kind = Kind::Tmpfs(Tmpfs::new(destination));
        place(mount, "mount")?.write(Box::new(furnace_mount { kind }));
        Ok(())
    })
}

/// A read-only file at `destination` with the `length` bytes at `content`, which are copied: it is never a file of the
/// host's, and gone with the container. `content` may be NULL where `length` is 0. `*mount` has to be freed with
/// furnace_mount_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_mount_new_file(
    destination: *const c_char,
    content: *const c_void,
    length: usize,
    mount: Option<&mut MaybeUninit<Box<furnace_mount>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let destination = unsafe { path(destination, "destination") }?;
        // SAFETY: who calls gives `length` bytes that stay as they are meanwhile, or NULL.
        let content = unsafe { bytes(content, length, "content") }?;
        let mount = place(mount, "mount")?;
        let kind = Kind::File(File::new(destination, content));
        mount.write(Box::new(furnace_mount { kind }));
        Ok(())
    })
}

/// Frees it. What it was added to, or mounted in, keeps what it has.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_mount_free(mount: Option<Box<furnace_mount>>) {
    value((), || drop(mount));
}

/// Of a bind: whether nothing can be changed through it, nor through any mount below it, not for a moment.
///
/// -EINVAL where it is not a bind.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_mount_set_read_only(
    mount: Option<&mut furnace_mount>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let bind = |bind: Bind| bind.read_only(wanted);
        let change = Change {
            bind: Some(&bind),
            ..Change::default()
        };
        change.make(mount)
    })
}

/// Of a bind: whether set-user-id bits and file capabilities do nothing there.
///
/// -EINVAL where it is not a bind.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_mount_set_no_suid(
    mount: Option<&mut furnace_mount>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let bind = |bind: Bind| bind.no_suid(wanted);
        let change = Change {
            bind: Some(&bind),
            ..Change::default()
        };
        change.make(mount)
    })
}

/// Of a bind: whether device nodes cannot be opened there.
///
/// -EINVAL where it is not a bind.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_mount_set_no_dev(
    mount: Option<&mut furnace_mount>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let bind = |bind: Bind| bind.no_dev(wanted);
        let change = Change {
            bind: Some(&bind),
            ..Change::default()
        };
        change.make(mount)
    })
}

/// Of a bind or a tmpfs: whether nothing can be executed there.
///
/// -EINVAL where it is a file.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_mount_set_no_exec(
    mount: Option<&mut furnace_mount>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let bind = |bind: Bind| bind.no_exec(wanted);
        let tmpfs = |tmpfs: Tmpfs| tmpfs.no_exec(wanted);
        let change = Change {
            bind: Some(&bind),
            tmpfs: Some(&tmpfs),
            ..Change::default()
        };
        change.make(mount)
    })
}

/// Of a bind: whether what is mounted below the source is shown too; by default it is. Otherwise the directories
/// beneath those mounts are seen.
///
/// -EINVAL where it is not a bind.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_mount_set_recursive(
    mount: Option<&mut furnace_mount>,
    wanted: bool,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let bind = |bind: Bind| bind.recursive(wanted);
        let change = Change {
            bind: Some(&bind),
            ..Change::default()
        };
        change.make(mount)
    })
}

/// Of a bind: whether mounts that the host makes below the source later are seen inside (FURNACE_PROPAGATION_*). By
/// default it is as for the container as a whole, but not for a read-only bind: to that they would come writable.
///
/// -EINVAL where it is not a bind, or there is no such propagation.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_mount_set_propagation(
    mount: Option<&mut furnace_mount>,
    propagation: c_int,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let propagation = propagation_of(propagation)?;
        let bind = |bind: Bind| bind.propagation(propagation);
        let change = Change {
            bind: Some(&bind),
            ..Change::default()
        };
        change.make(mount)
    })
}

/// Of a bind: shows the `count` users or groups of the host (`which` is one of FURNACE_IDS_*) from `host` on as those
/// from `inside` on, and lets what is created inside by one of these belong to the host's id; once for each range. There
/// have to be some of users and some of groups. Ids that no range names are shown as nobody's, and can't be used to create
/// anything. Not every file system can.
///
/// -EINVAL where it is not a bind, or there is no such `which`. What the ranges are is looked at when it is mounted.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_mount_add_id_map(
    mount: Option<&mut furnace_mount>,
    which: c_int,
    host: u32,
    inside: u32,
    count: u32,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let mount = given(mount, "mount")?;
        let which = number_in(which, FURNACE_IDS_USERS..=FURNACE_IDS_BOTH, "which")?;
        let Kind::Bind(_, map) = &mut mount.kind else {
            return Err(Failure::argument("mount", "is no bind, and has no ids to map"));
        };
        let (users, groups) = (which != 2, which != 1);
        let mut ranges = map.take().unwrap_or_default();
        if users {
            ranges = ranges.users(host, inside, count);
        }
        if groups {
            ranges = ranges.groups(host, inside, count);
        }
        *map = Some(ranges);
        Ok(())
    })
}

/// Of a tmpfs: how many bytes it can hold, rounded up to whole pages. By default half of the machine's memory.
///
/// -EINVAL where it is not a tmpfs.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_mount_set_size(
    mount: Option<&mut furnace_mount>,
    bytes: u64,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let tmpfs = |tmpfs: Tmpfs| tmpfs.size(bytes);
        let change = Change {
            tmpfs: Some(&tmpfs),
            ..Change::default()
        };
        change.make(mount)
    })
}

/// Of a tmpfs: the mode of its root directory, by default 0755. Of a file: its mode, by default 0444; nobody can write
/// to it, whatever the mode says.
///
/// -EINVAL where it is a bind.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_mount_set_mode(
    mount: Option<&mut furnace_mount>,
    mode: mode_t,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let tmpfs = |tmpfs: Tmpfs| tmpfs.mode(mode);
        let file = |file: File| file.mode(mode);
        let change = Change {
            tmpfs: Some(&tmpfs),
            file: Some(&file),
            ..Change::default()
        };
        change.make(mount)
    })
}

/// Of a tmpfs or a file: user and group that its root directory, or the file, belongs to; by default root.
///
/// -EINVAL where it is a bind.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_mount_set_owner(
    mount: Option<&mut furnace_mount>,
    uid: uid_t,
    gid: gid_t,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let tmpfs = |tmpfs: Tmpfs| tmpfs.owner(uid, gid);
        let file = |file: File| file.owner(uid, gid);
        let change = Change {
            tmpfs: Some(&tmpfs),
            file: Some(&file),
            ..Change::default()
        };
        change.make(mount)
    })
}
