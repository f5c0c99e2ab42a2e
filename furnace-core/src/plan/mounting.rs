//! Plans for a container that runs already. A walker takes these steps: it begins in the container's root directory, and
//! nothing of the host is there.

use std::ffi::CStr;

use furnace_sys::flags::{MountAttributes, Namespaces, Propagation};
use furnace_sys::plan::Plan;
use furnace_sys::wire::{Slot, Step, Target};

use super::parts::{attach, new_mount, open_directory, open_made};
use super::sources::{change_clone, make_files, make_tmpfs};
use super::writer::Writer;
use crate::mount::{CheckedBind, CheckedFile, CheckedMount, CheckedTmpfs};

/// The steps that mount `mount`. A detached copy of a bind's source is to be in the first slot: only the caller can make
/// that.
pub(crate) fn mount(mount: &CheckedMount) -> Plan {
    let mut writer = Writer::default();
    match mount {
        CheckedMount::Bind(bind) => mount_bind(&mut writer, bind),
        CheckedMount::Tmpfs(tmpfs) => mount_tmpfs(&mut writer, tmpfs),
        CheckedMount::File(file) => mount_file(&mut writer, file),
    }
    writer.finish()
}

fn mount_bind(writer: &mut Writer, bind: &CheckedBind) {
    let copy = writer.given();
    let root = open_root(writer);
    change_clone(writer, bind, copy, make_proc);
    put(writer, root, copy, &bind.destination, bind.target);
}

fn mount_tmpfs(writer: &mut Writer, tmpfs: &CheckedTmpfs) {
    let root = open_root(writer);
    let made = make_tmpfs(writer, tmpfs);
    put(writer, root, made, &tmpfs.destination, Target::Directory);
}

/// Files are taken out of a file system that has a place in the mount namespace, where nobody may see it. So the walker
/// leaves the container's mount namespace for a copy of its own, and comes back with the file.
fn mount_file(writer: &mut Writer, file: &CheckedFile) {
    let root = open_root(writer);
    let namespaces = Namespaces::MOUNT.bits();
    writer.step(Step::Unshare { namespaces });
    // Whoever is inside may have made every mount shared; the copies are to tell them nothing.
    let propagation = Propagation::Private.bits();
    writer.step(Step::SetPropagation { propagation });
    let made = make_files(writer, &[file]);
    writer.step(Step::JoinMountNamespace {});
    for made in made {
        put(writer, root, made, &file.destination, Target::FileOrSymlink);
    }
}

/// The steps that unmount what is mounted at `destination`. umount2(2) takes only a path: so that none is looked up
/// twice, it is the one that the open mount has in a /proc.
pub(crate) fn unmount(destination: &CStr) -> Plan {
    let mut writer = Writer::default();
    let root = open_root(&mut writer);
    let proc = make_proc(&mut writer);
    let [descriptors, mount] = [(); 2].map(|()| writer.slot());
    open_made(&mut writer, proc, c"self/fd", descriptors);
    let path = writer.text(destination);
    writer.step(Step::OpenMounted { root, path, out: mount });
    writer.step(Step::EnterDirectory { directory: descriptors });
    writer.step(Step::Unmount { mount });
    writer.finish()
}

fn open_root(writer: &mut Writer) -> Slot {
    open_directory(writer, c"/")
}

/// A /proc that is mounted nowhere, of the walker's pid namespace: what is at /proc in the container may be anything.
fn make_proc(writer: &mut Writer) -> Slot {
    new_mount(writer, c"proc", &[], MountAttributes::empty())
}

fn put(writer: &mut Writer, root: Slot, mount: Slot, destination: &CStr, target: Target) {
    let at = writer.slot();
    attach(writer, root, mount, destination, target, at);
}

#[cfg(test)]
mod tests {
    use furnace_sys::plan::Plan;

    use super::{mount, unmount};
    use crate::mount::{Bind, File, IdMap, Mount, Sources, Tmpfs};
    use crate::plan::explain::explain;

    fn sentences(plan: &Plan) -> Vec<String> {
        (0..plan.steps.len())
            .map(|index| explain(plan, index).expect("there is such a step"))
            .collect()
    }

    fn mounting(what: impl Into<Mount>) -> Vec<String> {
        sentences(&mount(
            &what.into().check(&mut Sources::default()).expect("it makes sense"),
        ))
    }

    #[test]
    fn a_bind_is_complete_before_it_is_attached() {
        assert_eq!(
            mounting(Bind::new("/", "/a").read_only(true).id_map(IdMap::new(0, 1, 1))),
            [
                "open /",
                "set up a new file system of type proc",
                "set source=proc on the new proc",
                "make the new proc",
                "make a mount of the new proc",
                "enter the new proc",
                "make a user namespace that maps ids",
                "show the owners in it as other ids",
                "make it read-only, private",
                "find or make the directory /a in the container, to mount on it",
                "mount it on /a",
            ]
        );
    }

    #[test]
    fn a_file_is_taken_where_nobody_sees_it() {
        let said = mounting(File::new("/a", "bytes"));
        let position = |wanted: &str| said.iter().position(|sentence| sentence == wanted).expect(wanted);
        let (leave, come_back) = (
            position("make new mount namespaces"),
            position("go back to the mounts of the container"),
        );
        assert!(position("keep mounts from being seen from either side") == leave + 1);
        let attached = |sentence: &String| sentence.starts_with("put ");
        assert!((leave..come_back).contains(&said.iter().position(attached).expect("it is attached")));
        assert!(come_back < position("find or make the file /a in the container, to mount on it"));
    }

    #[test]
    fn nothing_is_looked_up_twice_to_be_unmounted() {
        let said = sentences(&unmount(c"a/b"));
        assert_eq!(
            said[said.len() - 3..],
            [
                "find what is mounted on /a/b in the container",
                "enter the directory self/fd",
                "unmount /a/b",
            ]
        );
    }

    #[test]
    fn every_slot_is_filled_before_it_is_used() {
        let all = [
            mounting(Bind::new("/", "/a").id_map(IdMap::new(0, 1, 1))),
            mounting(Tmpfs::new("/a").size(1)),
            mounting(File::new("/a", "bytes").owner(1, 1)),
            sentences(&unmount(c"a")),
        ];
        for sentence in all.iter().flatten() {
            assert!(!sentence.contains("something not opened"), "{sentence}");
        }
    }
}
