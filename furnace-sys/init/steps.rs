//! The only place that acts: each step of a plan is a kernel call, made here.

use super::fd;
use super::message::failed;
use super::name::Name;
use super::plan::Plan;
use super::syscalls::{self as kernel, CString, Errno, Fd, MountAttr, Owned, Result};
use super::{content, ids, loops, target};
use crate::wire::{Reply, Slot, Step};

/// Walks the steps from `first` to before `end`; what fails is told by its number.
pub(super) fn walk(plan: &Plan, first: u32, end: u32) -> core::result::Result<(), Reply> {
    for index in first..end {
        let done = plan.step(index).and_then(|step| act(plan, step));
        done.map_err(|errno| failed(index, errno))?;
    }
    Ok(())
}

fn act(plan: &Plan, step: Step) -> Result<()> {
    match step {
        Step::Unshare { namespaces } => kernel::unshare(namespaces),
        Step::SetPropagation { propagation } => kernel::set_propagation_of_all(propagation),
        Step::CloneTree { path, recursive, out } => {
            plan.put(out, kernel::clone_tree(plan.text(path)?, recursive != 0)?)
        }
        Step::SetAttributes {
            mount,
            set,
            clear,
            propagation,
            recursive,
        } => {
            let attr = MountAttr {
                set: set.into(),
                clear: clear.into(),
                propagation: propagation.into(),
                ..MountAttr::default()
            };
            kernel::set_mount_attributes(plan.get(mount)?, &attr, recursive != 0)
        }
        Step::OpenDirectory { path, out } => plan.put(out, kernel::open_directory(plan.text(path)?)?),
        Step::OpenMade { directory, name, out } => {
            plan.put(out, kernel::open_child(plan.get(directory)?, plan.text(name)?)?)
        }
        Step::OpenFs { kind, out } => plan.put(out, kernel::open_fs(plan.text(kind)?)?),
        Step::SetOption { fs, key, value } => kernel::set_fs_option(plan.get(fs)?, plan.text(key)?, plan.text(value)?),
        Step::SetFlag { fs, key } => kernel::set_fs_flag(plan.get(fs)?, plan.text(key)?),
        Step::SetDirectories { fs, key, first, count } => {
            let names = names_of(plan, first, count)?;
            kernel::set_fs_option(plan.get(fs)?, plan.text(key)?, names.as_c_string())
        }
        Step::CreateFs { fs } => kernel::create_fs(plan.get(fs)?),
        Step::MakeMount { fs, attributes, out } => {
            plan.put(out, kernel::make_mount(plan.get(fs)?, attributes)?)?;
            plan.use_up(fs)
        }
        Step::MakeDirectory { directory, name, mode } => {
            kernel::make_directory(plan.get(directory)?, plan.text(name)?, mode)
        }
        Step::ChangeOwner { made, uid, gid } => kernel::change_owner(plan.get(made)?, uid, gid),
        Step::MakeCharacterDevice {
            directory,
            name,
            mode,
            major,
            minor,
        } => kernel::make_character_device(plan.get(directory)?, plan.text(name)?, mode, major, minor),
        Step::MakeBlockDevice {
            directory,
            name,
            mode,
            major,
            minor,
        } => kernel::make_block_device(plan.get(directory)?, plan.text(name)?, mode, major, minor),
        Step::MakeSymlink { directory, name, to } => {
            kernel::make_symlink(plan.get(directory)?, plan.text(name)?, plan.text(to)?)
        }
        Step::AttachOverRoot { mount } => kernel::attach_mount_over_root(plan.get(mount)?),
        Step::EnterDirectory { directory } => kernel::enter_directory(plan.get(directory)?),
        Step::PivotRoot {} => kernel::pivot_to_working_directory(),
        Step::DetachOverRoot {} => kernel::detach_over_root(),
        Step::OpenTarget {
            root,
            path,
            target,
            out,
        } => plan.put(out, target::open(plan.get(root)?, plan.text_address(path)?, target)?),
        Step::Attach { mount, at } => {
            kernel::attach_mount(plan.get(mount)?, plan.get(at)?)?;
            plan.use_up(at)
        }
        Step::AttachIn {
            mount,
            root,
            directory,
            path,
            target,
        } => {
            let (mount, path) = (plan.get(mount)?, plan.text_address(path)?);
            target::attach_in(mount, plan.get(root)?, plan.get(directory)?, path, target)
        }
        Step::MakeMountAnew { mount } => match kernel::clone_mount(plan.get(mount)?) {
            Err(Errno::INVAL) => Ok(()),
            anew => {
                plan.use_up(mount)?;
                plan.put(mount, anew?)
            }
        },
        Step::SetHostname { name, length } => kernel::set_hostname(plan.text(name)?, length),
        Step::BringUpLoopback {} => kernel::bring_up_loopback(),
        Step::MakeFile {
            directory,
            name,
            mode,
            content,
            length,
        } => make_file(
            plan.get(directory)?,
            plan.text(name)?,
            mode,
            plan.bytes(content, length)?,
        ),
        Step::CloneMade { directory, name, out } => {
            plan.put(out, kernel::clone_made(plan.get(directory)?, plan.text(name)?)?)
        }
        Step::OpenFile { path, writable, out } => plan.put(out, kernel::open_file(plan.text(path)?, writable != 0)?),
        Step::MakeDirectoryLike { directory, name, like } => {
            make_directory_like(plan.get(directory)?, plan.text(name)?, plan.get(like)?)
        }
        Step::LeaveSession {} => kernel::new_session(),
        Step::LockFile { file, exclusive } => lock(plan.get(file)?, exclusive != 0),
        Step::AttachLoop {
            image,
            writable,
            part,
            out,
        } => {
            plan.put(
                out,
                loops::attach(plan.get(image)?, writable != 0, plan.bytes(part, 16)?)?,
            )?;
            plan.use_up(image)
        }
        Step::SetLoopDevice { fs, device } => {
            let path = loops::path(kernel::loop_device_number(plan.get(device)?)?);
            kernel::set_fs_option(plan.get(fs)?, CString::literal(c"source"), path.as_c_string())
        }
        Step::MakeUserNamespace {
            users,
            users_length,
            groups,
            groups_length,
            out,
        } => {
            let users = plan.bytes(users, users_length)?;
            let groups = plan.bytes(groups, groups_length)?;
            plan.put(out, ids::user_namespace(users, groups)?)
        }
        Step::MapIds {
            mount,
            users,
            recursive,
        } => kernel::map_ids(plan.get(mount)?, plan.get(users)?, recursive != 0),
        Step::JoinNamespaces { namespaces } => kernel::join_namespaces(fd::PID1, namespaces.into()),
        Step::EnterNamespace { namespace } => kernel::join_namespaces(plan.get(namespace)?, 0),
        Step::ChangeRoot {} => kernel::change_root_to_working_directory(),
        Step::DropGroups {} => kernel::set_groups(&[]),
        Step::BecomeUser { uid, gid } => kernel::set_gid(gid).and_then(|()| kernel::set_uid(uid)),
        Step::JoinMountNamespace {} => kernel::join_namespaces(fd::PID1, kernel::CLONE_NEWNS),
        Step::OpenMounted { root, path, out } => {
            plan.put(out, target::open_mounted(plan.get(root)?, plan.text(path)?)?)
        }
        Step::Unmount { mount } => {
            kernel::detach_named(names_of(plan, mount, 1)?.as_c_string())?;
            plan.use_up(mount)
        }
        Step::CopyFile { root, path, to, limit } => {
            content::copy(plan.get(root)?, plan.text(path)?, plan.get(to)?, limit)
        }
    }
}

/// Locks a file, if need be once a container that has just ended has let go of it: of a loop device's file, a worker of the
/// kernel does so a moment later.
fn lock(file: Fd, exclusive: bool) -> Result<()> {
    const TRIES: u32 = 50;
    const MILLISECONDS_BETWEEN: i64 = 5;
    for _ in 1..TRIES {
        match kernel::lock_file(file, exclusive) {
            Err(Errno::AGAIN) => kernel::pause(MILLISECONDS_BETWEEN),
            other => return other,
        }
    }
    kernel::lock_file(file, exclusive)
}

/// The names of open descriptors under /proc/self/fd, with colons between.
fn names_of(plan: &Plan, first: Slot, count: u32) -> Result<Name> {
    let mut names = Name::new(b"");
    for number in 0..count {
        if number > 0 {
            names.push(b":");
        }
        names.push_number(plan.get(Slot(first.0.wrapping_add(number)))?.unsigned_abs());
    }
    Ok(names)
}

fn make_directory_like(directory: Fd, name: CString, like: Fd) -> Result<()> {
    let Owned { mode, uid, gid, .. } = kernel::owned(like)?;
    kernel::make_directory(directory, name, mode)?;
    kernel::change_owner_of_child(directory, name, uid, gid)
}

fn make_file(directory: Fd, name: CString, mode: u32, content: &[u8]) -> Result<()> {
    let file = kernel::make_file(directory, name, mode)?;
    let written = write_all(file, content);
    kernel::close(file);
    written
}

fn write_all(file: Fd, mut content: &[u8]) -> Result<()> {
    while !content.is_empty() {
        let written = kernel::write(file, content)?;
        content = content.get(written..).filter(|_| written > 0).ok_or(Errno::IO)?;
    }
    Ok(())
}
