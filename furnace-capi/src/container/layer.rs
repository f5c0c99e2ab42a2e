//! What the root has changed.

use std::ffi::c_int;
use std::mem::MaybeUninit;

use super::furnace_container;
use crate::border::{Failure, boundary, given, place};
use crate::changes::furnace_changes;
use crate::error::furnace_error;

const NO_LAYER: Failure = Failure::NoData("the root has no layer in which changes are kept");

/// How the root differs from the tree below its layer: `*changes` looks as it goes, at any time while the container
/// runs, and also after a stop if it was asked for before. Mount targets that were made are differences too; what is
/// in mounts is not looked at. It has to be freed with furnace_changes_free(); until then it keeps an ephemeral layer
/// in memory, and the loop device of an image.
///
/// -ENODATA where the root has no layer: with furnace_builder_set_overlay() and furnace_builder_set_ephemeral() it
/// has. -ESRCH after a stop; -EOPNOTSUPP for a container that was attached or joined, since only who started it holds
/// its layer.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_container_changes(
    container: Option<&furnace_container>,
    changes: Option<&mut MaybeUninit<Box<furnace_changes>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let container = given(container, "container")?;
        let changes = place(changes, "changes")?;
        let found = container.log.scope(|| container.container.changes())?;
        changes.write(Box::new(furnace_changes::new(found.ok_or(NO_LAYER)?)));
        Ok(())
    })
}

/// How full the file system is that keeps the changes of the root: `*size` bytes in all, of which `*available` can
/// still be taken; `*full` if it can take nothing more, no byte or no file. Each of these may be NULL. A command
/// inside that finds it full fails with ENOSPC, which says nothing of this.
///
/// Fails as furnace_container_changes() does.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_container_layer_usage(
    container: Option<&furnace_container>,
    size: Option<&mut MaybeUninit<u64>>,
    available: Option<&mut MaybeUninit<u64>>,
    full: Option<&mut MaybeUninit<bool>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let container = given(container, "container")?;
        let usage = container.log.scope(|| container.container.layer_usage())?;
        let usage = usage.ok_or(NO_LAYER)?;
        if let Some(size) = size {
            size.write(usage.size());
        }
        if let Some(available) = available {
            available.write(usage.available());
        }
        if let Some(full) = full {
            full.write(usage.is_full());
        }
        Ok(())
    })
}
