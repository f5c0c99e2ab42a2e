//! The only place that acts: each step of a plan is a kernel call, made here.

use super::message::failed;
use super::plan::Plan;
use super::syscalls::{self as kernel, CString, Fd, Result};
use super::target;
use crate::wire::{Reply, Step};

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
        Step::AddAttributes {
            mount,
            attributes,
            recursive,
        } => kernel::add_mount_attributes(plan.get(mount)?, attributes, recursive != 0),
        Step::OpenDirectory { path, out } => plan.put(out, kernel::open_directory(plan.text(path)?)?),
        Step::OpenMade { directory, name, out } => {
            plan.put(out, kernel::open_child(plan.get(directory)?, plan.text(name)?)?)
        }
        Step::OpenFs { kind, out } => plan.put(out, kernel::open_fs(plan.text(kind)?)?),
        Step::SetOption { fs, key, value } => kernel::set_fs_option(plan.get(fs)?, plan.text(key)?, plan.text(value)?),
        Step::SetFlag { fs, key } => kernel::set_fs_flag(plan.get(fs)?, plan.text(key)?),
        Step::SetDirectory { fs, key, directory } => {
            let name = DescriptorName::of(plan.get(directory)?);
            kernel::set_fs_option(plan.get(fs)?, plan.text(key)?, name.as_c_string())
        }
        Step::CreateFs { fs } => kernel::create_fs(plan.get(fs)?),
        Step::MakeMount { fs, attributes, out } => {
            plan.put(out, kernel::make_mount(plan.get(fs)?, attributes)?)?;
            plan.use_up(fs)
        }
        Step::MakeDirectory { directory, name, mode } => {
            kernel::make_directory(plan.get(directory)?, plan.text(name)?, mode)
        }
        Step::ChangeOwner { directory, uid, gid } => kernel::change_owner(plan.get(directory)?, uid, gid),
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
            plan.use_up(mount)?;
            plan.use_up(at)
        }
        Step::SetHostname { name, length } => kernel::set_hostname(plan.text(name)?, length),
        Step::BringUpLoopback {} => kernel::bring_up_loopback(),
    }
}

/// The name of an open descriptor under /proc.
struct DescriptorName([u8; 32]);

impl DescriptorName {
    fn of(fd: Fd) -> Self {
        let mut name = [0; 32];
        let mut digits = [0; 10];
        let mut rest = fd.unsigned_abs();
        for digit in digits.iter_mut().rev() {
            *digit = b'0'.wrapping_add(u8::try_from(rest % 10).unwrap_or(0));
            rest /= 10;
        }
        let leading_zeros = digits.iter().take(9).take_while(|digit| **digit == b'0').count();
        let characters = b"/proc/self/fd/".iter().chain(digits.iter().skip(leading_zeros));
        for (place, character) in name.iter_mut().zip(characters) {
            *place = *character;
        }
        Self(name)
    }

    fn as_c_string(&self) -> CString {
        // SAFETY: 14 + 10 characters leave room for a NUL; callers use the string while `self` lives.
        unsafe { CString::new(self.0.as_ptr()) }
    }
}
