//! The path that a step is about: what of the host it takes, or where inside its work will be.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use furnace_sys::plan::Plan;
use furnace_sys::wire::{Slot, Step, Text};

use super::explain::opens;
use super::text;

/// What a step is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Path(PathBuf),
    /// The tree that becomes the container's root, whatever it is made of.
    Root,
    /// Nothing that has a path.
    Nothing,
}

/// What the step number `index` is about.
pub(crate) fn subject(plan: &Plan, index: usize) -> Subject {
    let Some(step) = plan.steps.get(index) else {
        return Subject::Nothing;
    };
    let of = |slot| Slots { plan, index }.subject(slot);
    match *step {
        Step::CloneTree { path, .. } | Step::OpenDirectory { path, .. } | Step::OpenFile { path, .. } => {
            Subject::Path(on_host(plan, path))
        }
        Step::OpenTarget { path, .. }
        | Step::AttachIn { path, .. }
        | Step::OpenMounted { path, .. }
        | Step::CopyFile { path, .. } => Subject::Path(inside(plan, path)),
        Step::Attach { at: slot, .. }
        | Step::SetAttributes { mount: slot, .. }
        | Step::MapIds { mount: slot, .. }
        | Step::AttachOverRoot { mount: slot }
        | Step::MakeMountAnew { mount: slot }
        | Step::EnterNamespace { namespace: slot }
        | Step::Unmount { mount: slot }
        | Step::SetOption { fs: slot, .. }
        | Step::SetFlag { fs: slot, .. }
        | Step::SetDirectories { fs: slot, .. }
        | Step::CreateFs { fs: slot }
        | Step::MakeMount { fs: slot, .. }
        | Step::OpenFs { out: slot, .. }
        | Step::ChangeOwner { made: slot, .. }
        | Step::AttachLoop { image: slot, .. }
        | Step::LockFile { file: slot, .. }
        | Step::SetLoopDevice { device: slot, .. }
        | Step::EnterDirectory { directory: slot }
        | Step::MakeUserNamespace { out: slot, .. } => of(slot),
        Step::MakeDirectory { directory, name, .. }
        | Step::MakeCharacterDevice { directory, name, .. }
        | Step::MakeBlockDevice { directory, name, .. }
        | Step::MakeSymlink { directory, name, .. } => match of(directory) {
            Subject::Path(above) => Subject::Path(above.join(as_path(plan, name))),
            other => other,
        },
        // Their names are of Furnace's own, and seen by nobody.
        Step::OpenMade { directory, .. }
        | Step::CloneMade { directory, .. }
        | Step::MakeFile { directory, .. }
        | Step::MakeDirectoryLike { directory, .. } => of(directory),
        Step::PivotRoot {} | Step::DetachOverRoot {} | Step::ChangeRoot {} => Subject::Root,
        Step::Unshare { .. }
        | Step::SetPropagation { .. }
        | Step::SetHostname { .. }
        | Step::BringUpLoopback {}
        | Step::LeaveSession {}
        | Step::JoinNamespaces { .. }
        | Step::DropGroups {}
        | Step::BecomeUser { .. }
        | Step::JoinMountNamespace {} => Subject::Nothing,
    }
}

fn as_path(plan: &Plan, which: Text) -> &Path {
    Path::new(OsStr::from_bytes(text(plan, which).to_bytes()))
}

fn on_host(plan: &Plan, which: Text) -> PathBuf {
    as_path(plan, which).to_owned()
}

fn inside(plan: &Plan, which: Text) -> PathBuf {
    Path::new("/").join(as_path(plan, which))
}

/// What descriptors are to the step number `index`.
struct Slots<'a> {
    plan: &'a Plan,
    index: usize,
}

impl Slots<'_> {
    /// Where it comes from, if that has a path; else where it will go.
    fn subject(&self, slot: Slot) -> Subject {
        self.origin(slot).unwrap_or_else(|| self.destination(slot))
    }

    /// The latest step that fills the slot.
    fn opener(&self, slot: Slot) -> Option<(usize, &Step)> {
        let mut before = self.plan.steps.iter().enumerate().take(self.index).rev();
        before.find(|(_, step)| opens(**step) == Some(slot))
    }

    fn at(&self, index: usize) -> Self {
        Self { plan: self.plan, index }
    }

    fn origin(&self, slot: Slot) -> Option<Subject> {
        let (index, opener) = self.opener(slot)?;
        let then = self.at(index);
        match *opener {
            Step::CloneTree { path, .. } | Step::OpenDirectory { path, .. } | Step::OpenFile { path, .. } => {
                Some(Subject::Path(on_host(self.plan, path)))
            }
            Step::OpenTarget { path, .. } | Step::OpenMounted { path, .. } => {
                Some(Subject::Path(inside(self.plan, path)))
            }
            Step::AttachLoop { image: from, .. } | Step::OpenMade { directory: from, .. } => Some(then.subject(from)),
            _ => None,
        }
    }

    fn destination(&self, slot: Slot) -> Subject {
        let made = self.opener(slot).map_or(self.index, |(index, _)| index);
        let mut over_root = Subject::Nothing;
        for (index, step) in self.plan.steps.iter().enumerate().skip(made) {
            let goes_into = match *step {
                Step::Attach { mount, at } if mount == slot => return self.at(index).subject(at),
                Step::AttachIn { mount, path, .. } if mount == slot => return Subject::Path(inside(self.plan, path)),
                // What is mounted nowhere else: the root, or what it is made of.
                Step::AttachOverRoot { mount } if mount == slot => {
                    over_root = Subject::Root;
                    continue;
                }
                Step::MakeMount { fs, out, .. } if fs == slot => out,
                Step::CloneMade { directory, out, .. } if directory == slot => out,
                Step::MapIds { mount, users, .. } if users == slot => return self.at(index).subject(mount),
                _ => continue,
            };
            return self.at(index + 1).destination(goes_into);
        }
        over_root
    }
}
